/** Whether the machine has what supervising needs, and what the manifest asks of it. Pure. */
import type { ProcessSpec } from '../model/spec.ts';
import type { Cgroup } from '../os/cgroup.ts';
import type { Rlimit } from '../os/rlimits.ts';
import type { Surroundings } from '../os/surroundings.ts';
import type { Failure } from '../model/failure.ts';
import { celeryCommand, optionOf } from './beats.ts';
import { verdict, type Verdict } from './verdict.ts';

export interface MachineFacts {
  /** Null: koffi is loaded; else why not. */
  readonly koffiProblem: string | null;
  readonly canSubreap: boolean;
  /** Null: it locks. */
  readonly flockProblem: Failure | null;
  readonly hasSetpriv: boolean;
  readonly hasPrlimit: boolean;
  readonly cgroup: Cgroup;
  readonly rlimits: Readonly<Record<string, Rlimit>>;
  readonly mayRaiseLimits: boolean;
  /** Processors that a program sees. */
  readonly processors: number;
  readonly around: Surroundings;
  /** Null: nobody tells. */
  readonly clockIsKept: boolean | null;
  /** By how much the wall clock was set while a supervisor ran; `pid` is the supervisor's. */
  readonly clockSet: readonly { readonly pid: number; readonly ms: number }[];
  readonly runtimeFolder: { readonly path: string; readonly problem: string | null };
  readonly lockFolder: { readonly path: string; readonly problem: string | null };
}

export function judgeMachine(facts: MachineFacts, specs: readonly ProcessSpec[]): Verdict[] {
  return [
    ...tools(facts, specs),
    memory(facts),
    ...processors(facts, specs),
    openFiles(facts),
    ...limits(facts, specs),
    firstProcess(facts),
    ...clock(facts),
    ...folders(facts, specs),
    kernelMemory(facts),
  ];
}

const namesOf = (specs: readonly ProcessSpec[]): string[] => [...new Set(specs.map(({ name }) => name))];

function tools(facts: MachineFacts, specs: readonly ProcessSpec[]): Verdict[] {
  const { koffiProblem, canSubreap, flockProblem, hasSetpriv, hasPrlimit } = facts;
  const others = namesOf(specs.filter(({ identity }) => identity.user !== null || identity.group !== null));
  const limited = namesOf(specs.filter(({ identity }) => Object.keys(identity.limits).length > 0));
  const locked = specs.some((spec) => spec.singleton !== null && spec.lockStore.kind === 'file');
  const prlimit = (): Verdict => {
    if (hasPrlimit) return verdict('prlimit', 'ok', { kind: 'there' });
    return limited.length === 0
      ? verdict('prlimit', 'ok', { kind: 'unneeded' })
      : verdict('prlimit', 'bad', { kind: 'missing', needed: limited });
  };
  return [
    koffiProblem === null
      ? verdict('koffi', 'ok', { kind: 'loaded' })
      : verdict('koffi', 'warn', { kind: 'missing', detail: koffiProblem }),
    ...(koffiProblem !== null
      ? []
      : [verdict('subreaper', canSubreap ? 'ok' : 'warn', { kind: canSubreap ? 'can' : 'cannot' })]),
    flockProblem === null
      ? verdict('flock', 'ok', { kind: 'works' })
      : // Every start takes a lock for its own names too.
        verdict('flock', 'bad', { kind: 'failed', problem: flockProblem, needed: locked }),
    hasSetpriv
      ? verdict('setpriv', 'ok', { kind: 'works' })
      : verdict('setpriv', others.length > 0 ? 'bad' : 'warn', { kind: 'missing', needed: others }),
    prlimit(),
  ];
}

/** Of a limit, or of the machine: with less than this left the kernel is about to end somebody. */
const FULL = 0.9;
const LITTLE = 0.05;

function memory({ cgroup, around }: MachineFacts): Verdict {
  const { version, memoryLimit: limit, memoryUsed: used } = cgroup;
  const machine = around.memory;
  if (limit !== null && (machine === null || limit < machine.total)) {
    const isFull = used !== null && used > FULL * limit;
    const kind = isFull ? 'full' : 'room';
    return verdict('memory-limit', isFull ? 'warn' : 'ok', { kind, version, limit, used });
  }
  if (machine === null) return verdict('memory-limit', 'unknown', { kind: 'unseen' });
  const isShort = machine.available < LITTLE * machine.total;
  return verdict('memory-limit', isShort ? 'warn' : 'ok', { kind: isShort ? 'short' : 'none', ...machine });
}

/** Processes for each processor that are too many to work: they wait for one another. */
const CROWD = 4;

function processors({ cgroup, processors: seen }: MachineFacts, specs: readonly ProcessSpec[]): Verdict[] {
  const cpus = cgroup.cpus === null ? seen : Math.min(cgroup.cpus, seen);
  const crowded = specs.flatMap(({ instance, argv }) => {
    const forks = poolSize(argv);
    if (forks === null) return [];
    const byDefault = forks === 'processors';
    const slots = byDefault ? seen : forks;
    // Celery's own number is wrong only where it is not that of what may be used.
    const most = byDefault ? Math.max(1, Math.ceil(cpus)) * 2 - 1 : Math.max(1, cpus) * CROWD;
    return slots <= most
      ? []
      : [verdict('cpu', 'warn', { kind: 'crowded', instance, slots, cpus, byDefault })];
  });
  if (crowded.length > 0) return crowded;
  return [verdict('cpu', 'ok', { kind: 'fits', cpus, limited: cgroup.cpus !== null })];
}

/** Children of a worker that forks them; null: it does not, or it is none. Only these compute at one time. */
export function poolSize(argv: readonly string[]): number | 'processors' | null {
  const command = celeryCommand(argv);
  if (command?.verb !== 'worker') return null;
  const value = (...names: string[]): string | undefined => optionOf(command.args, ...names);
  if (!['prefork', 'processes', undefined].includes(value('--pool', '-P'))) return null;
  const most = Number(value('--autoscale')?.split(',')[0] ?? value('--concurrency', '-c') ?? 0);
  return most > 0 ? most : 'processors';
}

/** Pipes of many processes, and sockets of many clients. */
const FEW_FILES = 1024;

function openFiles({ rlimits }: MachineFacts): Verdict {
  const limit = rlimits['nofile'];
  if (limit === undefined) return verdict('open-files', 'unknown', { kind: 'unseen' });
  return limit.soft < FEW_FILES
    ? verdict('open-files', 'warn', { kind: 'few', ...limit })
    : verdict('open-files', 'ok', { kind: 'enough', soft: limit.soft });
}

function limits({ rlimits, mayRaiseLimits }: MachineFacts, specs: readonly ProcessSpec[]): Verdict[] {
  const first = specs.filter(({ index }) => index === 1);
  const above = first.flatMap(({ name, identity }) =>
    Object.entries(identity.limits).flatMap(([limit, written]) => {
      const wanted = Math.max(
        ...written.split(':').map((side) => (side === 'unlimited' ? Infinity : Number(side))),
      );
      const hard = rlimits[limit]?.hard ?? Infinity;
      if (mayRaiseLimits || wanted <= hard) return [];
      return [verdict('limits', 'bad', { kind: 'above', name, limit, wanted, hard })];
    }),
  );
  return above.length > 0 ? above : [verdict('limits', 'ok', { kind: 'granted' })];
}

/** Dead children that process 1 has left lying: a few may just have died. */
const SOME_ZOMBIES = 5;

function firstProcess({ around }: MachineFacts): Verdict {
  const { first, isContainer, zombies } = around;
  if (!isContainer || first === null) return verdict('process-1', 'ok', { kind: 'host' });
  const { name, argv } = first;
  if (argv.slice(0, 2).includes('prodserver'))
    return verdict('process-1', 'ok', { kind: 'supervisor', name });
  return zombies < SOME_ZOMBIES
    ? verdict('process-1', 'ok', { kind: 'init', name })
    : verdict('process-1', 'warn', { kind: 'careless', name, zombies });
}

/** Less is a process that was slow to write down when it began. Milliseconds. */
const SET_MS = 10_000;

function clock({ clockIsKept, clockSet }: MachineFacts): Verdict[] {
  const set = clockSet
    .filter(({ ms }) => Math.abs(ms) >= SET_MS)
    .map((one) => verdict('clock', 'warn', { kind: 'set', ...one }));
  if (clockIsKept === false) return [...set, verdict('clock', 'warn', { kind: 'free' })];
  if (set.length > 0) return set;
  return [
    clockIsKept === null
      ? verdict('clock', 'unknown', { kind: 'unseen' })
      : verdict('clock', 'ok', { kind: 'kept' }),
  ];
}

function folders({ runtimeFolder, lockFolder }: MachineFacts, specs: readonly ProcessSpec[]): Verdict[] {
  const onFile = specs.some(
    ({ singleton, lockStore }) => singleton !== null && lockStore.kind === 'file' && lockStore.path === null,
  );
  const { path, problem } = runtimeFolder;
  const lock = (): Verdict => {
    if (!onFile) return verdict('lock-folder', 'ok', { kind: 'unneeded' });
    const { path: folder, problem: detail } = lockFolder;
    return detail === null
      ? verdict('lock-folder', 'ok', { kind: 'usable', path: folder })
      : verdict('lock-folder', 'bad', { kind: 'unusable', path: folder, detail });
  };
  return [
    problem === null
      ? verdict('runtime-folder', 'ok', { kind: 'usable', path })
      : verdict('runtime-folder', 'bad', { kind: 'unusable', path, detail: problem }),
    lock(),
  ];
}

/** vm.overcommit_memory that counts every promise, and a promise that every fork of a pool's child asks for. Bytes. */
const STRICT = 2;
const A_FORK = 256 * 1024 ** 2;

function kernelMemory({ around }: MachineFacts): Verdict {
  const { oomScoreAdj, overcommit, commitLeft } = around;
  if (overcommit === STRICT && (commitLeft ?? 0) < A_FORK)
    return verdict('kernel-memory', 'warn', { kind: 'strict', left: commitLeft });
  if (oomScoreAdj !== null && oomScoreAdj <= -900)
    return verdict('kernel-memory', 'warn', { kind: 'unkillable', score: oomScoreAdj });
  return verdict('kernel-memory', 'ok', { kind: 'usual' });
}

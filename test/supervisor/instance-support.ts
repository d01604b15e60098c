/** A world of scripted children, locks and answers for instances: nothing in it happens by itself. */
import { PassThrough } from 'node:stream';
import { failure } from '../../src/model/failure.ts';
import { textOf } from '../../src/logs/framer.ts';
import { newTurns } from '../../src/logs/turns.ts';
import type { Exit, LockHolder, ProbeTrouble } from '../../src/model/process.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import type { Child, SpawnFailure, SpawnOrder } from '../../src/os/spawn.ts';
import type { Grip, LockAnswer } from '../../src/singleton/holder.ts';
import type { Ports } from '../../src/supervisor/instance.ts';
import type { News } from '../../src/supervisor/news.ts';
import type { Member } from '../../src/supervisor/order.ts';
import { newSupervisor } from '../../src/supervisor/supervisor.ts';
import { FakeClock } from '../logs/support.ts';
import { HOLDER, policy, REFUSED } from './machine-support.ts';
import { UNASKED } from '../support/spec.ts';

export const spec = (change: Partial<ProcessSpec> = {}): ProcessSpec => {
  const { startTimeoutMs, stop, restart, permanentExitCodes } = policy();
  const name = change.name ?? 'worker';
  return {
    name,
    instance: `${name}.1`,
    index: 1,
    backend: 'Command',
    argv: ['python', 'job.py'],
    added: [],
    env: { COLOUR: 'red' },
    cwd: '/srv/shop',
    identity: { user: null, group: null, umask: null, limits: {} },
    envFiles: [],
    autostart: true,
    link: false,
    readiness: { kind: 'alive', afterMs: 1000 },
    ...UNASKED,
    startTimeoutMs,
    stop,
    restart,
    permanentExitCodes,
    singleton: null,
    significant: false,
    log: null,
    ...change,
  };
};

/** As beat is: locked, and on the link. */
export const beat = (change: Partial<ProcessSpec> = {}): ProcessSpec =>
  spec({
    name: 'beat',
    link: true,
    readiness: { kind: 'link' },
    singleton: { kind: 'name', name: 'shop' },
    ...change,
  });

export class FakeChild implements Child {
  readonly pid: number;
  through: readonly string[] = [];
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly link = new PassThrough();
  readonly pipes = [this.link];
  readonly exited: Promise<Exit>;
  readonly drained: Promise<void>;
  /** What was done to its tree. */
  readonly done: string[] = [];
  #exit: (exit: Exit) => void = () => undefined;
  #drain: () => void = () => undefined;

  constructor(pid: number) {
    this.pid = pid;
    this.exited = new Promise((done) => (this.#exit = done));
    this.drained = new Promise((done) => (this.#drain = done));
  }

  /** It ends, and somebody else still holds its output. */
  async exits(code: number | null, signal: string | null = null): Promise<void> {
    this.#exit({ code, signal });
    await settle();
  }

  async drains(): Promise<void> {
    this.stdout.end();
    this.stderr.end();
    await settle();
    this.#drain();
    await settle();
  }

  async ends(code: number | null, signal: string | null = null): Promise<void> {
    await this.exits(code, signal);
    await this.drains();
  }

  async reports(event: string, fields: object = {}): Promise<void> {
    this.link.write(`${JSON.stringify({ v: 1, pid: this.pid, at: 1, event, ...fields })}\n`);
    await settle();
  }
}

export interface FakeGrip extends Grip {
  readonly log: string[];
}

export function newGrip(fd: number): FakeGrip {
  const log: string[] = [];
  return {
    fd,
    log,
    env: {},
    feeds: false,
    spawned: (pid) => void log.push(`spawned ${pid}`),
    exited: () => undefined,
    ended() {
      log.push('ended');
      return null;
    },
  };
}

/** An answer that is given later, by hand. */
class Asked<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async answer(value: T): Promise<void> {
    this.#resolve(value);
    await settle();
  }

  async throws(error = new Error('a fault of ours')): Promise<void> {
    this.#reject(error);
    await settle();
  }
}

type SpawnAnswer = Awaited<ReturnType<Ports['spawn']>>;

/** What instances asked for, newest last; each is answered by the test. */
export class World {
  readonly clock = new FakeClock();
  readonly news: News[] = [];
  readonly spawns: { order: SpawnOrder; asked: Asked<SpawnAnswer> }[] = [];
  readonly locks: { abort: AbortSignal; asked: Asked<LockAnswer> }[] = [];
  readonly children: FakeChild[] = [];
  readonly marks: string[] = [];
  /** What was written down, and crossed out again. */
  readonly records: string[] = [];
  readonly watches: { pid: number; ready: () => void; over: boolean }[] = [];
  readonly lives: { pid: number; silent: (trouble: ProbeTrouble) => void; over: boolean }[] = [];
  /** Milliseconds that the next starts must wait for their turn. */
  turns: number[] = [];
  /** By the pid of their main process. */
  readonly workers = new Map<number, number[]>();
  outOfMemory = false;
  /** Calls back at once where true, else `swept` does. */
  sweepsAtOnce = true;
  readonly sweeps: (() => void)[] = [];

  readonly ports: Ports = {
    clock: this.clock,
    chance: () => 0.5,
    spawn: async (order) => {
      const asked = new Asked<SpawnAnswer>();
      this.spawns.push({ order, asked });
      return asked.promise;
    },
    tree: (pid, mark) => {
      this.marks.push(mark);
      const done = this.children.find((child) => child.pid === pid)?.done ?? [];
      return {
        members: () => [pid],
        workers: () => this.workers.get(pid) ?? [],
        signal: (signal) => void done.push(signal),
        kill: () => void done.push('kill'),
        sweep: (answer) => {
          done.push('sweep');
          if (this.sweepsAtOnce) answer();
          else this.sweeps.push(answer);
        },
      };
    },
    watchReadiness: (_, { pid }, ready) => {
      const watch = { pid, ready, over: false };
      this.watches.push(watch);
      return () => void (watch.over = true);
    },
    descriptors: () => [],
    watchLiveness: (_, { pid }, silent) => {
      const watch = { pid, silent, over: false };
      this.lives.push(watch);
      return () => void (watch.over = true);
    },
    turn: () => this.turns.shift() ?? 0,
    oomKilled: () => this.outOfMemory,
    mark: (instance, generation) => `${instance}:${generation}:${process.pid}`,
    ledger: {
      spawned: ({ instance, pid }) => void this.records.push(`${instance} spawned ${pid}`),
      gone: (instance) => void this.records.push(`${instance} gone`),
    },
    locker: {
      wants: ({ singleton }) => singleton !== null,
      take: async (_, abort) => {
        const asked = new Asked<LockAnswer>();
        this.locks.push({ abort, asked });
        return asked.promise;
      },
      abandon: ({ instance }) => void this.records.push(`${instance} abandoned`),
    },
    pss: async () => null,
    nextRun: () => null,
    turns: newTurns(this.clock),
    tell: (news) => void this.news.push(news),
    pass: ({ instance }, stream, pieces) => {
      for (const piece of pieces)
        this.news.push({ type: 'line', line: { instance, stream, text: textOf(piece), cut: piece.cut } });
    },
  };

  /** The newest spawn gives a child. */
  async spawned(): Promise<FakeChild> {
    return this.spawnedFor(last(this.spawns).asked);
  }

  async spawnedFor(asked: Asked<SpawnAnswer>): Promise<FakeChild> {
    const child = new FakeChild(100 + this.children.length);
    this.children.push(child);
    await asked.answer({ ok: true, value: child });
    return child;
  }

  async spawnFails(permanent = false): Promise<void> {
    const error: SpawnFailure = { failure: REFUSED, permanent };
    await last(this.spawns).asked.answer({ ok: false, error });
  }

  async acquired(grip: Grip): Promise<void> {
    await last(this.locks).asked.answer({ kind: 'acquired', grip });
  }

  async refused(holder: LockHolder = HOLDER): Promise<void> {
    await last(this.locks).asked.answer({ kind: 'held', hindrance: { kind: 'lock', holder } });
  }

  async lockFails(permanent = false): Promise<void> {
    const problem = failure('lock-tool', { detail: 'no flock' });
    await last(this.locks).asked.answer({ kind: 'failed', failure: problem, permanent });
  }

  ready(): void {
    last(this.watches).ready();
  }

  lines(): string[] {
    return this.news.flatMap((news) =>
      news.type === 'line' ? [`${news.line.stream}: ${news.line.text}`] : [],
    );
  }

  failures(): string[] {
    return this.news.flatMap((news) => (news.type === 'failed' ? [news.failure.code] : []));
  }
}

export function last<T>(list: readonly T[]): T {
  const one = list.at(-1);
  if (one === undefined) throw new Error('nobody has asked');
  return one;
}

export const stateOf = (instance: Pick<Member, 'machine'>): string => instance.machine().state.id;

/** Everything that was begun comes to where it waits for something else. */
export const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((done) => void setImmediate(done));
};

/** Starts processes of these names, each with its child; says whether the supervisor has ended. */
export async function supervise(names: readonly string[], change: Partial<ProcessSpec> = {}) {
  const world = new World();
  const supervisor = newSupervisor(
    names.map((name) => spec({ name, ...change })),
    world.ports,
  );
  let over = false;
  void supervisor.ended.then(() => (over = true));
  supervisor.start();
  for (const { asked } of world.spawns) await world.spawnedFor(asked);
  return {
    supervisor,
    children: world.children,
    stop: (name: string) => supervisor.stop(supervisor.instances.filter((one) => one.spec.name === name)),
    ended: async (): Promise<boolean> => {
      await settle();
      return over;
    },
  };
}

/** The state of an instance as a row of the control protocol. */
import type { Cause, ProcessRow } from '../control/protocol.ts';
import type { Clock } from '../model/clock.ts';
import type { Failure } from '../model/failure.ts';
import type { Death, Exit, ReplaceCause } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { doneOf } from '../model/vitals.ts';
import { readMemory, type ProcessStat } from '../os/proc.ts';
import type { Holding } from '../singleton/holder.ts';
import type { GrowthSample } from '../supervisor/growth.ts';
import type { Slot } from '../supervisor/slot.ts';
import type { Run } from '../supervisor/run.ts';
import type { FatalCause, State } from '../supervisor/state.ts';
import type { Unfit } from '../supervisor/successor.ts';

const NO_EXIT: Exit = { code: null, signal: null };

/** `stats` are all processes of now: read for each row again, a few hundred rows would hold up supervision for seconds. */
export function statusRow(
  instance: Slot,
  clock: Clock,
  stats: readonly ProcessStat[],
  linesDropped: number,
  queued: ReplaceCause | null,
  holding: Holding | null,
): ProcessRow {
  const { spec } = instance;
  const machine = instance.machine();
  const { state } = machine;
  const run = instance.run();
  const pid = livePid(state);
  const members = membersOf(instance, stats);
  return {
    name: spec.name,
    instance: spec.instance,
    supervisor_pid: process.pid,
    backend: spec.backend,
    state: state.id,
    ready: state.id === 'RUNNING',
    cause: causeOf(state, spec.oneshot, run?.tail() ?? []),
    pid,
    uptime_s: pid === null || run === null ? null : Math.round(run.uptimeMs()) / 1000,
    restarts: machine.restarts,
    attempt: machine.failures,
    next_retry_at:
      state.id === 'BACKOFF' ? new Date(clock.wall() + state.until - clock.now()).toISOString() : null,
    exit: machine.exit ?? NO_EXIT,
    generation: instance.generation(),
    replacing: queued === null ? instance.replacing() : { cause: queued, phase: 'queued', pid: null },
    replacement_failed: failedReplacement(instance),
    members,
    memory: treeMemory(members),
    exits: instance.deaths().map(deathRow),
    growth: pid === null ? [] : (run?.growth() ?? []).map(growthRow),
    cpu_percent: pid === null ? null : (run?.cpuPercent() ?? null),
    tasks: taskCounts(run, pid !== null),
    lock: spec.singleton === null ? null : lockOf(state, pid, run?.startedAt ?? null, holding),
    versions: run?.versions() ?? null,
    log: { file: spec.log?.file ?? null, lines_dropped: linesDropped },
    said: pid === null ? [...(run?.tail() ?? [])] : [],
  };
}

/** What serves comes first. */
const membersOf = (slot: Slot, stats: readonly ProcessStat[]): number[] =>
  slot.all().flatMap((one) => {
    const run = one.run();
    return run === null || livePid(one.machine().state) === null ? [] : run.tree.members(stats);
  });

function failedReplacement(slot: Slot): ProcessRow['replacement_failed'] {
  const failed = slot.failedReplacement();
  if (failed === null) return null;
  const { at, generation, why, said } = failed;
  return { at, generation, cause: unfitCause(why, said) };
}

const deathRow = ({ at, pid, exit, uptimeMs, peakBytes, cause }: Death): ProcessRow['exits'][number] => ({
  at,
  pid,
  code: exit.code,
  signal: exit.signal,
  uptime_s: Math.round(uptimeMs) / 1000,
  peak_rss_bytes: peakBytes,
  reason: cause,
});

const growthRow = ({ ageMs, rssBytes, processes, tasks }: GrowthSample): ProcessRow['growth'][number] => ({
  age_s: Math.round(ageMs) / 1000,
  rss_bytes: rssBytes,
  processes,
  tasks,
});

/** Of the process that runs, or that ran last: then none of its tasks is active. */
export function taskCounts(run: Run | null, alive: boolean): ProcessRow['tasks'] {
  const vitals = run?.vitals() ?? null;
  return {
    done: doneOf(vitals),
    failed: vitals?.kind === 'worker' ? vitals.counts.failed : null,
    active: alive ? (run?.activeTasks() ?? null) : null,
    registered: run?.registered() ?? null,
    unknown: vitals?.kind === 'worker' ? vitals.unknown : null,
  };
}

export function livePid(state: State): number | null {
  if (state.id === 'STARTING' || state.id === 'RUNNING') return state.pid;
  return state.id === 'STOPPING' && state.phase.kind === 'signalled' ? state.phase.pid : null;
}

/** Shared pages are counted once by PSS; where that may not be read it is not known. */
function treeMemory(pids: readonly number[]): ProcessRow['memory'] {
  const parts = pids.map(readMemory);
  const sum = (values: (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length < values.length || known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  };
  return { rss_bytes: sum(parts.map((part) => part.rss)), pss_bytes: sum(parts.map((part) => part.pss)) };
}

/** Of one that waits: who has it; else what is known of it here. */
function lockOf(
  state: State,
  pid: number | null,
  since: string | null,
  holding: Holding | null,
): NonNullable<ProcessRow['lock']> {
  if (state.id === 'WAITING') {
    const holder = state.hindrance?.kind === 'lock' ? state.hindrance.holder : null;
    return { holder, since: holder?.since ?? null, ...numbersOf(holder) };
  }
  return { holder: null, since: pid === null ? null : since, ...numbersOf(holding) };
}

const numbersOf = (
  lease: Holding | null,
): Pick<NonNullable<ProcessRow['lock']>, 'fence' | 'expires_in_s'> => ({
  fence: lease?.fence ?? null,
  expires_in_s: lease?.expiresInMs == null ? null : Math.round(lease.expiresInMs) / 1000,
});

export function causeOf(state: State, oneshot: boolean, said: readonly string[]): Cause | null {
  switch (state.id) {
    case 'STOPPED':
      return state.ordered ? { kind: 'manual' } : null;
    case 'WAITING':
      return state.hindrance === null ? null : { kind: 'waiting', hindrance: state.hindrance };
    case 'STARTING':
    case 'RUNNING':
      return state.trouble === null ? null : { kind: 'broker-unreachable', ...state.trouble };
    case 'BACKOFF':
      return unfitCause(state.cause);
    case 'STOPPING':
      if (state.next.kind === 'reclaim') return { kind: 'lock-lost', loss: state.next.loss };
      return state.next.kind === 'judge' && state.next.verdict.kind === 'unresponsive'
        ? { kind: 'unresponsive', exit: NO_EXIT, trouble: state.next.verdict.trouble }
        : null;
    case 'EXITED':
      return oneshot && state.exit.code === 0 ? { kind: 'completed' } : { kind: 'crash', exit: state.exit };
    case 'FATAL':
      return plain(fatalFailure(state.cause, said));
    default:
      return unreachable(state);
  }
}

/** Why the next start waits, or a successor will not take over. */
function unfitCause(why: Unfit, said: readonly string[] = []): Cause {
  switch (why.kind) {
    case 'failure':
    case 'permanent-exit':
    case 'attempts':
      return plain(fatalFailure(why, said));
    case 'crash':
    case 'start-timeout':
    case 'unresponsive':
      return { ...why };
    default:
      return unreachable(why);
  }
}

const plain = ({ code, facts }: Failure): Cause => ({
  kind: 'failure',
  failure: { code, facts: { ...facts } },
});

/** The failure that a FATAL cause amounts to, with what the process said last. */
export function fatalFailure(cause: FatalCause, output: readonly string[]): Failure {
  switch (cause.kind) {
    case 'failure':
      return cause.failure;
    case 'permanent-exit':
      return { code: 'exit-permanent', facts: { code: cause.exit.code ?? 0, output } };
    case 'attempts':
      return { code: 'attempts-used-up', facts: { attempts: cause.attempts, exit: cause.exit, output } };
    default:
      return unreachable(cause);
  }
}

/** What the status of running supervisors shows. Pure. */
import type { ProcessRow, StatusAnswer } from '../control/protocol.ts';
import type { Failure, Result } from '../model/failure.ts';
import { leakOf, wiseLimit } from './growth.ts';
import { verdict, type Verdict } from './verdict.ts';

/** What a row does not say of its process. */
export interface Limits {
  /** Instances whose memory is bounded by RECYCLE. */
  readonly bounded: ReadonlySet<string>;
  /** Bytes that may still be had by all; null: not known. */
  readonly available: number | null;
}

/** Within the last hour by `wall` (milliseconds since the epoch). */
const HOUR_MS = 3_600_000;
/** Replacements for memory within an hour that are too many, and crashes. */
const OFTEN = 4;
/** A leak that takes longer to matter is no emergency. Milliseconds. */
const SOON_MS = 24 * HOUR_MS;

/** Null: nobody has answered in time. */
export function judgeLive(
  status: Result<readonly StatusAnswer[]> | null,
  limits: Limits,
  wall: number,
): Verdict[] {
  if (status === null) return [];
  if (!status.ok) return [verdict('supervisor', 'bad', { kind: 'failed', problem: status.error })];
  const rows = status.value.flatMap(({ processes }) => processes);
  return [
    ...judgeSupervisors(status.value.map(({ supervisor }) => supervisor)),
    ...judgeProcesses(rows, wall),
    ...judgeBroker(rows),
    ...judgeTasks(rows),
    ...judgeMemory(rows, limits, wall),
  ];
}

export function judgeBroker(rows: readonly ProcessRow[]): Verdict[] {
  const lost = new Map<string, { readonly url: string; readonly error: string; instances: string[] }>();
  for (const { cause, instance } of rows) {
    if (cause?.kind !== 'broker-unreachable') continue;
    const known = lost.get(cause.url);
    if (known === undefined)
      lost.set(cause.url, { url: cause.url, error: cause.error, instances: [instance] });
    else known.instances.push(instance);
  }
  const bad = [...lost.values()].map((one) => verdict('broker', 'bad', { kind: 'unreachable', ...one }));
  // Ready means that it had its broker, and who loses it says so.
  const reached = rows.filter(({ ready, versions, cause }) => ready && versions !== null && cause === null);
  if (bad.length > 0 || reached.length === 0) return bad;
  return [verdict('broker', 'ok', { kind: 'reached', instances: reached.map((row) => row.instance) })];
}

export function judgeTasks(rows: readonly ProcessRow[]): Verdict[] {
  const found: Verdict[] = [];
  const none = rows.filter(({ tasks }) => tasks.registered === 0).map(({ instance }) => instance);
  if (none.length > 0) found.push(verdict('tasks', 'bad', { kind: 'none', instances: none }));
  for (const { instance, tasks } of rows) {
    if (tasks.unknown !== null)
      found.push(verdict('tasks', 'bad', { kind: 'foreign', instance, ...tasks.unknown }));
  }
  const known = rows.filter(({ tasks }) => (tasks.registered ?? 0) > 0).map(({ instance }) => instance);
  if (found.length > 0 || known.length === 0) return found;
  return [verdict('tasks', 'ok', { kind: 'known', instances: known })];
}

export function judgeMemory(rows: readonly ProcessRow[], limits: Limits, wall: number): Verdict[] {
  const found = rows.flatMap((row) => [
    ...outOfMemory(row, limits, wall),
    ...replacedOften(row, wall),
    ...growing(row, limits),
  ]);
  if (found.length > 0) return found;
  const instances = rows.filter(({ growth }) => growth.length > 0).map(({ instance }) => instance);
  return instances.length === 0 ? [] : [verdict('memory-leak', 'ok', { kind: 'steady', instances })];
}

const sinceOf = (at: string, wall: number): number => wall - Date.parse(at);

function outOfMemory({ instance, exits }: ProcessRow, { bounded }: Limits, wall: number): Verdict[] {
  const ends = exits.filter(({ reason, at }) => reason === 'oom' && sinceOf(at, wall) < SOON_MS);
  const last = ends.at(-1);
  if (last === undefined) return [];
  const peak = Math.max(...ends.map((one) => one.peak_rss_bytes ?? 0));
  // Below what it had when the kernel ended it, in steps that people write.
  const wise = bounded.has(instance) || peak === 0 ? null : wiseLimit(peak * 0.4);
  return [
    verdict('memory-leak', 'bad', { kind: 'out-of-memory', instance, times: ends.length, at: last.at, wise }),
  ];
}

function replacedOften({ instance, exits }: ProcessRow, wall: number): Verdict[] {
  const ends = exits.filter(({ reason, at }) => reason === 'memory' && sinceOf(at, wall) < HOUR_MS);
  if (ends.length < OFTEN) return [];
  const ms = sinceOf(ends[0]?.at ?? '', wall);
  return [verdict('memory-leak', 'warn', { kind: 'replaced', instance, times: ends.length, ms })];
}

function growing({ instance, growth }: ProcessRow, { bounded, available }: Limits): Verdict[] {
  const leak = leakOf(growth);
  if (leak === null) return [];
  if (bounded.has(instance)) return [];
  const { bytes, ms, tasks, rate, from } = leak;
  const fullInMs = available === null ? null : Math.round(available / rate);
  const status = fullInMs !== null && fullInMs < SOON_MS ? 'bad' : 'warn';
  const wise = wiseLimit(from);
  return [verdict('memory-leak', status, { kind: 'grows', instance, bytes, ms, tasks, fullInMs, wise })];
}

export function judgeProcesses(rows: readonly ProcessRow[], wall: number): Verdict[] {
  const down = rows.filter(({ state }) => state === 'FATAL' || state === 'BACKOFF' || state === 'EXITED');
  const found = down
    .filter(({ cause }) => cause?.kind !== 'completed')
    .map((row) => verdict('processes', 'bad', { kind: 'down', row }));
  for (const { instance, exits, log } of rows) {
    const ends = exits.filter(({ reason, at }) => UNSTABLE.has(reason) && sinceOf(at, wall) < HOUR_MS);
    if (ends.length >= OFTEN) {
      const ms = sinceOf(ends[0]?.at ?? '', wall);
      found.push(verdict('processes', 'warn', { kind: 'unstable', instance, crashes: ends.length, ms }));
    }
    if (log.lines_dropped > 0)
      found.push(verdict('processes', 'warn', { kind: 'lines-lost', instance, lines: log.lines_dropped }));
  }
  if (found.length > 0 || rows.length === 0) return found;
  return [verdict('processes', 'ok', { kind: 'up', count: rows.length })];
}

const UNSTABLE: ReadonlySet<string> = new Set(['crash', 'start-timeout', 'unresponsive']);

export function judgeSupervisors(supervisors: readonly StatusAnswer['supervisor'][]): Verdict[] {
  if (supervisors.length === 0) return [verdict('supervisor', 'warn', { kind: 'none' })];
  const found = supervisors.flatMap(({ pid, degraded, warnings }) => [
    ...(degraded ? [verdict('supervisor', 'bad', { kind: 'degraded', pid })] : []),
    ...warnings.map((one) =>
      verdict('supervisor', 'warn', { kind: 'warned', pid, problem: one as unknown as Failure }),
    ),
  ]);
  if (found.length > 0) return found;
  return [verdict('supervisor', 'ok', { kind: 'runs', pids: supervisors.map(({ pid }) => pid) })];
}

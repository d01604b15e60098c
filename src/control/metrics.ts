/** What is told to Prometheus and OpenMetrics: names, help and values. How they are written is in `exposition.ts`. */
import { STATE_NAMES } from '../model/process.ts';
import type { ProcessRow, StatusAnswer } from './protocol.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A counter's name ends with `_total`. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** What was counted of an instance since the supervisor began, over all of its runs. */
export interface Tally {
  readonly cpuSeconds: number;
  /** By outcome; null: it is no worker, or has not told. */
  readonly tasks: Readonly<Record<string, number>> | null;
  /** By reason. */
  readonly restarts: Readonly<Record<string, number>>;
}

export interface Sight {
  readonly status: StatusAnswer;
  /** By instance. */
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly healthy: boolean;
  readonly ready: boolean;
  /** Milliseconds since the epoch: now, and when the supervisor began. */
  readonly now: number;
  readonly startedAt: number;
  /** Of the supervisor itself: bytes, and seconds of processor time. */
  readonly own: { readonly rssBytes: number; readonly cpuSeconds: number };
}

/** Reasons that are there from the start, so that the first restart is seen as a change from 0. */
const REASONS = ['crash', 'oom', 'start-timeout', 'unresponsive'] as const;

export function families(sight: Sight): Family[] {
  return [...ofSupervisor(sight), ...ofProcesses(sight)].filter(({ samples }) => samples.length > 0);
}

const flag = (yes: boolean): number => (yes ? 1 : 0);

function ofSupervisor({ status, healthy, ready, now, startedAt, own }: Sight): Family[] {
  const { supervisor } = status;
  const one = (name: string, help: string, value: number, type: Family['type'] = 'gauge'): Family => ({
    name: `prodserver_${name}`,
    help,
    type,
    samples: [{ labels: {}, value }],
  });
  return [
    {
      name: 'prodserver_build_info',
      help: 'The version of the supervisor; always 1.',
      type: 'gauge',
      samples: [{ labels: { version: supervisor.version }, value: 1 }],
    },
    one('ready', '1 while the set is where it was to come to, as /readyz has it.', flag(ready)),
    one('healthy', '1 while every process that is said to live is seen, as /healthz has it.', flag(healthy)),
    one(
      'supervisor_start_time_seconds',
      'When the supervisor began, in seconds since the epoch.',
      startedAt / 1000,
    ),
    one('supervisor_uptime_seconds', 'How long the supervisor has run.', Math.max(0, now - startedAt) / 1000),
    one('supervisor_degraded', '1 after a fault of prodserver itself.', flag(supervisor.degraded)),
    one('supervisor_stopping', '1 while everything is being stopped.', flag(supervisor.stopping)),
    one(
      'supervisor_warnings',
      'Kinds of things that were found wanting since the start.',
      supervisor.warnings.length,
    ),
    one(
      'supervisor_loop_lag_p99_seconds',
      'How late the loop came to its work since the start, 99 times of 100 at most.',
      supervisor.loop_lag_ms.p99 / 1000,
    ),
    one(
      'supervisor_loop_lag_max_seconds',
      'How late the loop came to its work since the start, at most.',
      supervisor.loop_lag_ms.max / 1000,
    ),
    one('supervisor_resident_memory_bytes', 'Resident memory of the supervisor itself.', own.rssBytes),
    one(
      'supervisor_cpu_seconds_total',
      'Processor time of the supervisor itself.',
      own.cpuSeconds,
      'counter',
    ),
  ];
}

/** One sample an instance; null: it has none. */
type Of = (row: ProcessRow) => number | null;

function ofProcesses({ status: { processes }, tallies, now }: Sight): Family[] {
  const labelled = (
    name: string,
    help: string,
    type: Family['type'],
    of: (row: ProcessRow) => Sample[],
  ): Family => ({
    name: `prodserver_${name}`,
    help,
    type,
    samples: processes.flatMap((row) => {
      const labels = { process: row.name, instance: row.instance };
      return of(row).map((sample) => ({ labels: { ...labels, ...sample.labels }, value: sample.value }));
    }),
  });
  const each = (name: string, help: string, of: Of, type: Family['type'] = 'gauge'): Family =>
    labelled(name, help, type, (row) => {
      const value = of(row);
      return value === null ? [] : [{ labels: {}, value }];
    });
  const counts = (row: ProcessRow, label: string, of: (tally: Tally) => Tally['tasks']): Sample[] => {
    const tally = tallies.get(row.instance);
    const counted = tally === undefined ? null : of(tally);
    return Object.entries(counted ?? {}).map(([key, value]) => ({ labels: { [label]: key }, value }));
  };
  const { lease } = locks(now);
  return [
    labelled('process_state', '1 for the state that it is in, 0 for the others.', 'gauge', ({ state }) =>
      STATE_NAMES.map((name) => ({ labels: { state: name }, value: flag(name === state) })),
    ),
    each('process_ready', '1 while it does its work: RUNNING.', ({ ready }) => flag(ready)),
    each('process_uptime_seconds', 'How long its run has lasted.', ({ uptime_s: uptime }) => uptime),
    labelled(
      'process_restarts_total',
      'Runs that took the place of another, by why that was; what an operator starts or stops is not counted.',
      'counter',
      (row) =>
        counts(row, 'reason', ({ restarts }) => ({
          ...Object.fromEntries(REASONS.map((reason) => [reason, 0])),
          ...restarts,
        })),
    ),
    each('process_members', 'Operating system processes that belong to it.', ({ members }) => members.length),
    each(
      'process_resident_memory_bytes',
      'Resident memory of all its members; shared pages count for each.',
      ({ memory }) => memory.rss_bytes,
    ),
    each(
      'process_proportional_memory_bytes',
      'Memory of all its members; shared pages count once (PSS).',
      ({ memory }) => memory.pss_bytes,
    ),
    each(
      'process_cpu_seconds_total',
      'Processor time of all its members, looked at every 2 s.',
      ({ instance }) => tallies.get(instance)?.cpuSeconds ?? null,
      'counter',
    ),
    labelled(
      'process_log_lines_dropped_total',
      'Lines that could not be written in time.',
      'counter',
      ({ log }) => [{ labels: {}, value: log.lines_dropped }],
    ),
    labelled(
      'tasks_total',
      'Tasks of a Celery worker that ended, by how; unknown: thrown away, since it does not know them.',
      'counter',
      (row) => counts(row, 'outcome', ({ tasks }) => tasks),
    ),
    each('tasks_active', 'Tasks that a Celery worker runs now.', ({ tasks }) => tasks.active),
    each('lock_held', '1 while it holds its lock.', (row) => (row.lock === null ? null : flag(holds(row)))),
    each('lock_fence', 'The fence of the lease that it holds: of a later holder it is greater.', (row) =>
      holds(row) ? (row.lock?.fence ?? null) : null,
    ),
    each(
      'lock_lease_expiry_timestamp_seconds',
      'When the lease that it holds ends unless it is renewed, in seconds since the epoch.',
      lease,
    ),
  ];
}

const holds = ({ lock, state, pid }: ProcessRow): boolean =>
  lock !== null && state !== 'WAITING' && pid !== null;

const locks = (now: number): { lease: Of } => ({
  lease: (row) => {
    const left = row.lock?.expires_in_s ?? null;
    return left === null || !holds(row) ? null : now / 1000 + left;
  },
});

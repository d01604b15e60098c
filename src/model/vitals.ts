import type { LinkLiveness } from './spec.ts';

/** What a process that has the link last said of its own work. Counts are since the process started. */

/** Tasks that ended, by how. `failed` counts those given up for good, `retried` the runs that ended in a retry. */
export interface TaskCounts {
  readonly received: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly retried: number;
  readonly revoked: number;
}

export interface WorkerVitals {
  readonly kind: 'worker';
  /** The clock's monotonic milliseconds at which this report was heard. */
  readonly heardAt: number;
  /** Milliseconds since the consumer's own loop last ran its timer, at the time of the report. */
  readonly loopAgeMs: number;
  readonly counts: TaskCounts;
  readonly active: number;
  /** Tasks that it holds and has not begun, without those that wait for their ETA. */
  readonly reserved: number;
  /** Tasks that may run at one time; null where the pool does not tell. */
  readonly slots: number | null;
  /** The task that has run longest. */
  readonly oldest: { readonly task: string; readonly ageMs: number } | null;
  /** Whether it asks its broker for messages, as the broker's side of it tells; null: not known for this broker. */
  readonly polling: boolean | null;
  /** Milliseconds that a canary has gone unanswered; null: none is out. */
  readonly canaryMs: number | null;
  /** Canaries that came back; null: none can be sent here. */
  readonly canaries: number | null;
  /** Children of a prefork pool that ended and were replaced. */
  readonly childExits: number;
  /** Messages that named a task it does not know, which are thrown away, and the last of these names; null: none. */
  readonly unknown: { readonly task: string; readonly count: number } | null;
}

export interface BeatVitals {
  readonly kind: 'beat';
  readonly heardAt: number;
  /** Milliseconds from the report until it is to tick again, as its scheduler said. */
  readonly nextMs: number;
  /** Entries that it has sent. */
  readonly sent: number;
}

export type Vitals = WorkerVitals | BeatVitals;

/**
 * How the consumer's loop runs beside its tasks, by the pool as a command line or its module in Celery names it. Of a
 * pool of the user's own it is not known, so it is judged as that of solo, which is judged the least.
 */
export function loopOf(pool: string): LinkLiveness['loop'] {
  if (pool === 'gevent' || pool === 'eventlet') return 'with';
  return ['prefork', 'processes', 'threads', 'thread'].includes(pool) ? 'beside' : 'between';
}

/** Tasks that are done, whatever came of them: a retry has used the process up as much as a success. */
export const tasksDone = ({ succeeded, failed, retried }: TaskCounts): number => succeeded + failed + retried;

/** Those of a worker; null: it has not told, or is none. */
export const doneOf = (vitals: Vitals | null): number | null =>
  vitals?.kind === 'worker' ? tasksDone(vitals.counts) : null;

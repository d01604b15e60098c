/** What was ordered by a key, and what came of it. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';

export type OrderName = 'restart' | 'start' | 'stop';

export interface Wish {
  readonly order: OrderName;
  readonly instance: string;
  /** Of the run that was there. */
  readonly pid: number | null;
  /** ISO 8601, as supervisors write it: an earlier failure is not of this order. */
  readonly since: string;
  /** The clock's milliseconds when it was taken on: a look from before then tells nothing. Null: not yet. */
  readonly takenAt: number | null;
}

export type Note =
  | { readonly kind: 'asked' | 'taken'; readonly wish: Wish }
  | { readonly kind: 'done'; readonly wish: Wish; readonly pid: number | null }
  | { readonly kind: 'failed'; readonly wish: Wish; readonly row: ProcessRow }
  /** Failure null: its supervisor has nothing of the name to do that with. */
  | { readonly kind: 'refused'; readonly wish: Wish; readonly failure: Failure | null };

/** Null: it goes on, or nobody can tell any more. */
export function outcomeOf(wish: Wish, rows: readonly ProcessRow[]): Note | null {
  const row = rows.find(({ instance }) => instance === wish.instance);
  if (row === undefined) return null;
  const { state, pid, replacing, cause, replacement_failed: failed } = row;
  const over = state === 'STOPPED' || state === 'EXITED' || state === 'FATAL';
  if (wish.order === 'stop') return over ? { kind: 'done', wish, pid: null } : null;
  if (replacing !== null || ['WAITING', 'STARTING', 'STOPPING'].includes(state)) return null;
  const isAnother = pid !== wish.pid || wish.order === 'start';
  if ((state === 'RUNNING' && isAnother) || cause?.kind === 'completed') return { kind: 'done', wish, pid };
  if (state === 'RUNNING' && (failed === null || failed.at < wish.since)) return null;
  return { kind: 'failed', wish, row };
}

/** Waits until what was ordered to run does, and says why where it does not. */
import type { ProcessRow } from '../control/protocol.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { systemClock as clock } from '../os/clock.ts';
import { whyNotRenewed } from '../render/status.ts';
import type { Found } from './names.ts';
import type { Late, Look, Order } from './waiting.ts';

/** An instance, the run of it that is to go (null: there was none), and by which of the supervisors. */
export interface Ordered {
  readonly instance: string;
  readonly pid: number | null;
  /** The run that is there stays. */
  readonly stays?: boolean;
  /** It may be one that does not start by itself. */
  readonly mayRest?: boolean;
  readonly remote: Found[number]['remote'];
}

/** Now, as the supervisors write it. */
export const now = (): string => new Date(clock.wall()).toISOString();

/** Null: all of them are up, each by another run than it had, or by the one that stays. `since`: when it was ordered. */
export async function waitUp(
  order: Order,
  ordered: readonly Ordered[],
  since: string,
  [late, failed]: readonly [Late, 'restart-failed' | 'reload-failed'] = ['restart-timeout', 'restart-failed'],
): Promise<Failure | null> {
  let rows: readonly ProcessRow[] = [];
  const look = async (): Promise<Result<Look>> => {
    const read = await rowsOf(ordered);
    if (!read.ok) return read;
    rows = read.value;
    const busy = rows.filter(isUnderWay);
    return { ok: true, value: { done: busy.length === 0, busy } };
  };
  const waited = await order.waitUntil(look, late);
  if (!waited.ok) return waited.error;
  const wishes = new Map(ordered.map((one) => [one.instance, one]));
  const problems = rows
    .filter((row) => {
      const wish = wishes.get(row.instance);
      const rests = wish?.mayRest === true && row.state === 'STOPPED' && row.cause === null;
      return !rests && !(wish?.stays === true ? isRenewed(row, wish, since) : isUp(row, wish?.pid ?? null));
    })
    .map((row) => whyNotRenewed(row, since));
  return problems.length === 0 ? null : failure(failed, { problems });
}

async function rowsOf(ordered: readonly Ordered[]): Promise<Result<readonly ProcessRow[]>> {
  const rows: ProcessRow[] = [];
  for (const remote of new Set(ordered.map((one) => one.remote))) {
    const status = await remote.status();
    if (!status.ok) return status;
    const mine = ordered.filter((one) => one.remote === remote).map(({ instance }) => instance);
    rows.push(...status.value.processes.filter(({ instance }) => mine.includes(instance)));
  }
  return { ok: true, value: rows };
}

/** It waits for its turn, or is between two states that last. */
const isUnderWay = ({ replacing, state, cause }: ProcessRow): boolean =>
  replacing !== null ||
  ['WAITING', 'STARTING', 'STOPPING'].includes(state) ||
  (cause?.kind === 'failure' && cause.failure.code === 'start-rate');

const isUp = (row: ProcessRow, before: number | null): boolean =>
  (row.state === 'RUNNING' && row.pid !== before) || row.cause?.kind === 'completed';

/** Its own run has taken in the new code, or another one has it from the start. */
const isRenewed = (row: ProcessRow, { pid }: Ordered, since: string): boolean =>
  row.state === 'RUNNING' && (row.pid !== pid || (row.reloaded_at ?? '') >= since);

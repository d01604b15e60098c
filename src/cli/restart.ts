import type { ProcessRow, RestartAnswer } from '../control/protocol.ts';
import { failure, type Result } from '../model/failure.ts';
import { systemClock as clock } from '../os/clock.ts';
import { whyNotRestarted } from '../render/status.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import type { Found } from './names.ts';
import { fail, print } from './output.ts';
import { orderOf, type Look } from './waiting.ts';

/** One instance, what is done to it, and by which of the supervisors. */
type Ordered = RestartAnswer['instances'][number] & { readonly remote: Found[number]['remote'] };

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const { found, json, wait } = order.value;
  const since = new Date(clock.wall()).toISOString();
  const ordered: Ordered[] = [];
  for (const { remote } of found) {
    const answer = await remote.restart(order.value.names);
    if (!answer.ok) return fail(answer.error);
    ordered.push(...answer.value.instances.map((one) => ({ ...one, remote })));
  }
  if (wait) {
    let rows: readonly ProcessRow[] = [];
    const look = async (): Promise<Result<Look>> => {
      const read = await rowsOf(ordered);
      if (!read.ok) return read;
      rows = read.value;
      const busy = rows.filter(isUnderWay);
      return { ok: true, value: { done: busy.length === 0, busy } };
    };
    const waited = await order.value.waitUntil(look, 'restart-timeout');
    if (!waited.ok) return fail(waited.error);
    const problems = rows
      .filter((row, index) => !isUp(row, ordered[index]?.pid ?? null))
      .map((row) => whyNotRestarted(row, since));
    if (problems.length > 0) return fail(failure('restart-failed', { problems }));
  }
  report(ordered, wait ? ['restarted', 'started'] : ['restarting', 'starting'], json);
  return EXIT.ok;
}

/** In the order of `ordered`. */
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

function report(ordered: readonly Ordered[], [again, anew]: readonly [string, string], json: boolean): void {
  const wordOf = ({ way }: Ordered): string => (way === 'start' ? anew : again);
  const those = (word: string): string[] =>
    ordered.filter((one) => wordOf(one) === word).map(({ instance }) => instance);
  if (json) return print(JSON.stringify({ [again]: those(again), [anew]: those(anew) }));
  for (const one of ordered) print(`${one.instance}: ${wordOf(one)}`);
}

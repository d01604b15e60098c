import { isNamed } from '../model/process.ts';
import { reloadText, type Reloaded } from '../render/reload.ts';
import { EXIT } from '../render/words.ts';
import { fail, print } from './output.ts';
import { now, waitUp, type Ordered } from './upturn.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

type Told = Reloaded & Pick<Ordered, 'remote'>;

/** Has what runs take in new code. Nothing is started: 3 where one that was named outright does not run. */
export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const { found, json, wait } = order.value;
  const since = now();
  const told: Told[] = [];
  for (const { remote } of found) {
    const answer = await remote.reload(order.value.names);
    if (!answer.ok) return fail(answer.error);
    told.push(...answer.value.instances.map((one) => ({ ...one, remote })));
  }
  const ordered = told.flatMap(({ instance, pid, way, remote }): Ordered[] =>
    way === 'later' || way === 'none' ? [] : [{ instance, pid, remote, stays: way === 'signal' }],
  );
  if (wait) {
    const problem = await waitUp(order.value, ordered, since, ['reload-timeout', 'reload-failed']);
    if (problem !== null) return fail(problem);
  }
  if (json)
    print(JSON.stringify({ waited: wait, instances: told.map(({ remote: _remote, ...one }) => one) }));
  else for (const one of told) print(reloadText(one, wait));
  const rows = found.flatMap(({ status }) => status.processes);
  const missed = told.some(
    ({ instance, way }) =>
      way === 'none' && rows.some((row) => row.instance === instance && isNamed(row, names)),
  );
  return missed ? EXIT.someDown : EXIT.ok;
}

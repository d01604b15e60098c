import type { RestartAnswer } from '../control/protocol.ts';
import { EXIT } from '../render/words.ts';
import { fail, print } from './output.ts';
import { now, waitUp, type Ordered } from './upturn.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

/** One instance, and what is done to it. */
type Restarted = RestartAnswer['instances'][number] & Ordered;

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const { found, json, wait } = order.value;
  const since = now();
  const ordered: Restarted[] = [];
  for (const { remote } of found) {
    const answer = await remote.restart(order.value.names);
    if (!answer.ok) return fail(answer.error);
    ordered.push(...answer.value.instances.map((one) => ({ ...one, remote })));
  }
  if (wait) {
    const problem = await waitUp(order.value, ordered, since);
    if (problem !== null) return fail(problem);
  }
  report(ordered, wait ? ['restarted', 'started'] : ['restarting', 'starting'], json);
  return EXIT.ok;
}

function report(
  ordered: readonly Restarted[],
  [again, anew]: readonly [string, string],
  json: boolean,
): void {
  const wordOf = ({ way }: Restarted): string => (way === 'start' ? anew : again);
  const those = (word: string): string[] =>
    ordered.filter((one) => wordOf(one) === word).map(({ instance }) => instance);
  if (json) return print(JSON.stringify({ [again]: those(again), [anew]: those(anew) }));
  for (const one of ordered) print(`${one.instance}: ${wordOf(one)}`);
}

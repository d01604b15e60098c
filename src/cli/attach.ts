/** `start --attach`: starts what a running supervisor has and does not run. */
import { EXIT } from '../render/words.ts';
import { fail, print } from './output.ts';
import { now, waitUp, type Ordered } from './upturn.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

export async function attach(names: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const { found, json, wait } = order.value;
  const since = now();
  const started: Ordered[] = [];
  const running: string[] = [];
  for (const { remote } of found) {
    const answer = await remote.start(order.value.names);
    if (!answer.ok) return fail(answer.error);
    for (const { instance, was } of answer.value.instances) {
      if (was === 'RUNNING') running.push(instance);
      else started.push({ instance, pid: null, remote });
    }
  }
  if (wait) {
    const problem = await waitUp(order.value, started, since);
    if (problem !== null) return fail(problem);
  }
  const verb = wait ? 'started' : 'starting';
  const instances = started.map(({ instance }) => instance);
  if (json) print(JSON.stringify({ [verb]: instances, running }));
  else {
    for (const instance of instances) print(`${instance}: ${verb}`);
    for (const instance of running) print(`${instance}: runs already`);
  }
  return EXIT.ok;
}

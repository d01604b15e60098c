import { failure } from '../model/failure.ts';
import { nearest } from '../model/units.ts';
import { signalNames, signalNumber } from '../os/signals.ts';
import { EXIT } from '../render/words.ts';
import { fail, print } from './output.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

/** Sends a signal to main processes: `HUP`, `SIGHUP` or `hup`. */
export async function run([given = '', ...names]: readonly string[], flags: Flags): Promise<number> {
  const upper = given.toUpperCase();
  const signal = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (signalNumber(signal) === 0) {
    const near = nearest(signal, signalNames());
    const meant = near === null ? '' : `; did you mean ${near.slice(3)}?`;
    return fail(failure('usage', { detail: `there is no signal "${given}"${meant}` }));
  }
  const all = flags['all'] === true;
  if (all === names.length > 0) {
    const detail = all ? '--all and names exclude each other' : 'name the processes to signal, or give --all';
    return fail(failure('usage', { detail }));
  }
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const told: { readonly instance: string; readonly pid: number | null }[] = [];
  for (const { remote } of order.value.found) {
    const answer = await remote.signal(order.value.names, signal);
    if (!answer.ok) return fail(answer.error);
    told.push(...answer.value.instances);
  }
  if (order.value.json) print(JSON.stringify({ signal, instances: told }));
  else {
    for (const { instance, pid } of told)
      print(`${instance}: ${pid === null ? 'does not run' : `${signal} sent to pid ${pid}`}`);
  }
  return told.some(({ pid }) => pid === null) ? EXIT.someDown : EXIT.ok;
}

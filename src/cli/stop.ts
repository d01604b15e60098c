import { isGone } from '../control/client.ts';
import type { ProcessRow } from '../control/protocol.ts';
import type { Result } from '../model/failure.ts';
import { isNamed } from '../model/process.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import type { Found } from './names.ts';
import { fail, print } from './output.ts';
import { orderOf, type Look } from './waiting.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf(names, flags);
  if (!order.ok) return fail(order.error);
  const { found, json, wait } = order.value;
  const stopped: string[] = [];
  for (const { remote } of found) {
    const answer = await remote.stop(order.value.names);
    if (!answer.ok) return fail(answer.error);
    stopped.push(...answer.value.instances);
  }
  if (wait) {
    const waited = await order.value.waitUntil(async () => lookAt(found, order.value.names), 'stop-timeout');
    if (!waited.ok) return fail(waited.error);
  }
  const verb = wait ? 'stopped' : 'stopping';
  if (json) print(JSON.stringify({ [verb]: stopped }));
  else for (const instance of stopped) print(`${instance}: ${verb}`);
  return EXIT.ok;
}

/** Done when the chosen processes have stopped: those of a supervisor that has gone have. */
async function lookAt(found: Found, names: readonly string[] | null): Promise<Result<Look>> {
  const busy: ProcessRow[] = [];
  let supervisors = 0;
  for (const { remote } of found) {
    const status = await remote.status();
    if (status.ok) {
      if (status.value.supervisor.pid !== 1) supervisors += 1;
      const rows = status.value.processes.filter((row) => isNamed(row, names));
      busy.push(...rows.filter((row) => !['STOPPED', 'EXITED', 'FATAL'].includes(row.state)));
    } else if (!isGone(status.error) && !isHangup(status.error)) return status;
  }
  // A stop of everything ends the supervisors too, once the last output is out; PID 1 waits for this command to end.
  const done = busy.length === 0 && (names !== null || supervisors === 0);
  return { ok: true, value: { done, busy } };
}

/** A supervisor that ends while it is asked hangs up: the next question finds it gone. */
const isHangup = (problem: { readonly code: string; readonly facts: object }): boolean =>
  problem.code === 'control-broken' && /ECONNRESET|EPIPE|no JSON|hang up/.test(JSON.stringify(problem.facts));

import { isGone } from '../control/client.ts';
import type { ProcessRow } from '../control/protocol.ts';
import type { Result } from '../model/failure.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { findRunning, isNamed, type Found } from './names.ts';
import { complain, fail, print } from './output.ts';
import { timeoutOf, waitUntil, type Look } from './waiting.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const timeout = timeoutOf(flags);
  if (!timeout.ok) return fail(timeout.error);
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const json = flags['json'] === true;
  const stopped: string[] = [];
  for (const { remote } of found.value) {
    const answer = await remote.stop(names.length === 0 ? null : names);
    if (!answer.ok) return fail(answer.error);
    stopped.push(...answer.value.instances);
  }
  if (flags['wait'] !== false) {
    const look = async (): Promise<Result<Look>> => lookAt(found.value, names);
    const tell = json ? () => undefined : complain;
    const waited = await waitUntil(look, 'stop-timeout', timeout.value, tell);
    if (!waited.ok) return fail(waited.error);
  }
  const verb = flags['wait'] === false ? 'stopping' : 'stopped';
  if (json) print(JSON.stringify({ [verb]: stopped }));
  else for (const instance of stopped) print(`${instance}: ${verb}`);
  return EXIT.ok;
}

/** Done when the chosen processes have stopped: those of a supervisor that has gone have. */
async function lookAt(found: Found, names: readonly string[]): Promise<Result<Look>> {
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
  const done = busy.length === 0 && (names.length > 0 || supervisors === 0);
  return { ok: true, value: { done, busy } };
}

/** A supervisor that ends while it is asked hangs up: the next question finds it gone. */
const isHangup = (problem: { readonly code: string; readonly facts: object }): boolean =>
  problem.code === 'control-broken' && /ECONNRESET|EPIPE|no JSON|hang up/.test(JSON.stringify(problem.facts));

import { isGone } from '../control/client.ts';
import type { ProcessRow } from '../control/protocol.ts';
import { failure, type Result } from '../model/failure.ts';
import { formatDuration, parseDuration } from '../model/units.ts';
import { systemClock as clock } from '../os/clock.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { findRunning, isNamed, type Found } from './names.ts';
import { complain, fail, print } from './output.ts';

/** How often the supervisor is asked how far it is, and how often people are told. Milliseconds. */
const POLL_MS = 100;
const TELL_MS = 1000;

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const timeout = flags['timeout'] === undefined ? Infinity : parseDuration(String(flags['timeout']));
  if (timeout === null) {
    return fail(
      failure('usage', {
        detail: `--timeout must be a duration such as 90s, not "${String(flags['timeout'])}"`,
      }),
    );
  }
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
    const waited = await waitForEnd(found.value, names, timeout, json ? () => undefined : complain);
    if (!waited.ok) return fail(waited.error);
  }
  const verb = flags['wait'] === false ? 'stopping' : 'stopped';
  if (json) print(JSON.stringify({ [verb]: stopped }));
  else for (const instance of stopped) print(`${instance}: ${verb}`);
  return EXIT.ok;
}

/** Waits until the chosen processes have stopped: those of a supervisor that has gone have. */
async function waitForEnd(
  found: Found,
  names: readonly string[],
  timeoutMs: number,
  tell: (text: string) => void,
): Promise<Result<null>> {
  const began = clock.now();
  let told = began;
  for (;;) {
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
    if (busy.length === 0 && (names.length > 0 || supervisors === 0)) return { ok: true, value: null };
    const elapsed = clock.now() - began;
    const instances = busy.map((row) => row.instance);
    if (elapsed > timeoutMs)
      return { ok: false, error: failure('stop-timeout', { instances, ms: timeoutMs }) };
    if (busy.length > 0 && clock.now() - told >= TELL_MS) {
      told = clock.now();
      const who = busy.map(whoText);
      tell(`waiting for ${who.join(', ')}, ${formatDuration(elapsed)}`);
    }
    await new Promise<void>((done) => void clock.after(POLL_MS, done));
  }
}

/** `worker.1 (pid 4711, 2 tasks running)` */
function whoText({ instance, pid, tasks }: ProcessRow): string {
  const { active } = tasks;
  const facts = [
    pid === null ? null : `pid ${pid}`,
    active === null ? null : `${active} task${active === 1 ? '' : 's'} running`,
  ].filter((fact) => fact !== null);
  return facts.length === 0 ? instance : `${instance} (${facts.join(', ')})`;
}

/** A supervisor that ends while it is asked hangs up: the next question finds it gone. */
const isHangup = (problem: { readonly code: string; readonly facts: object }): boolean =>
  problem.code === 'control-broken' && /ECONNRESET|EPIPE|no JSON|hang up/.test(JSON.stringify(problem.facts));

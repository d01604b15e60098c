import { EXIT } from '../render/words.ts';
import { fail, print } from './output.ts';
import { findRunning, instancesOf } from './names.ts';
import type { Flags } from './verb.ts';

/** As supervisorctl has it: of the supervisors without names; 0 for what does not run, and then exit 3. */
export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const json = flags['json'] === true;
  const supervisors = found.value.map(({ status }) => status.supervisor.pid);
  if (names.length === 0) {
    if (json) print(JSON.stringify({ supervisors }));
    else for (const pid of supervisors) print(String(pid));
    return EXIT.ok;
  }
  const rows = found.value.flatMap(({ status }) => status.processes);
  const meant = new Set(instancesOf(rows, names));
  const instances = rows
    .filter(({ instance }) => meant.has(instance))
    .map(({ instance, pid }) => ({ instance, pid }));
  if (json) print(JSON.stringify({ instances }));
  else for (const { pid } of instances) print(String(pid ?? 0));
  return instances.some(({ pid }) => pid === null) ? EXIT.someDown : EXIT.ok;
}

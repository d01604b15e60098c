import { availLines, type Available } from '../render/avail.ts';
import { EXIT } from '../render/words.ts';
import { loadPlan } from './manifest.ts';
import { findRunning } from './names.ts';
import { fail, print } from './output.ts';
import type { Flags } from './verb.ts';

/** What the manifest has, whether or not a supervisor runs. */
export async function run(_: readonly string[], flags: Flags): Promise<number> {
  const source = await loadPlan(flags);
  if (typeof source === 'number') return source;
  const found = await findRunning(flags, []);
  if (!found.ok && found.error.code !== 'supervisor-missing') return fail(found.error);
  const rows = found.ok ? found.value.flatMap(({ status }) => status.processes) : [];
  const used = new Set(rows.map(({ instance }) => instance));
  const processes = source.plan.processes.map(({ instance, autostart }): Available => ({
    instance,
    in_use: used.has(instance),
    autostart,
  }));
  if (flags['json'] === true) print(JSON.stringify({ processes }));
  else for (const line of availLines(processes)) print(line);
  return EXIT.ok;
}

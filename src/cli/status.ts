import { systemClock } from '../os/clock.ts';
import { statusTable } from '../render/status-table.ts';
import { statusJson, statusLines } from '../render/status.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { findRunning, instancesOf } from './names.ts';
import { fail, outputPaint, print } from './output.ts';

const DOWN = new Set(['STOPPED', 'EXITED', 'FATAL']);
const UNSETTLED = new Set(['STARTING', 'WAITING', 'BACKOFF', 'STOPPING']);

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const supervisors = found.value.map(({ status }) => status.supervisor);
  const all = found.value.flatMap(({ status }) => status.processes);
  const chosen = new Set(instancesOf(all, names.length === 0 ? null : names));
  const rows = all.filter(({ instance }) => chosen.has(instance));
  if (flags['json'] === true) print(JSON.stringify(statusJson(supervisors, rows), null, 2));
  else if (process.stdout.isTTY) {
    const paper = {
      width: process.stdout.columns || Infinity,
      now: systemClock.wall(),
      paint: outputPaint(),
    };
    print(statusTable(supervisors, rows, paper));
  } else for (const line of statusLines(rows)) print(line);
  const down = rows.filter((row) => DOWN.has(row.state) && row.cause?.kind !== 'completed');
  const bad = down.length > 0 || rows.some((row) => row.state === 'BACKOFF');
  const unsettled = flags['strict'] === true && rows.some((row) => UNSETTLED.has(row.state));
  return bad || unsettled ? EXIT.someDown : EXIT.ok;
}

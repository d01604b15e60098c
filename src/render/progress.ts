/** For whom a command waits, as one line that people read while it changes. Pure. */
import type { ProcessRow } from '../control/protocol.ts';
import { unreachable } from '../model/unreachable.ts';
import { formatDuration } from '../model/units.ts';
import { detailOf, oneLine } from './status.ts';

/** So many are told by name. */
const NAMED = 3;

/** How often it is told anew where nothing but time has passed: on a terminal, in a file. Milliseconds. */
const REDRAW_MS = 1000;
const REPEAT_MS = 10_000;

/** `worker.1: draining, 2 tasks left; worker.2: waits for its turn` */
export function progressText(rows: readonly ProcessRow[]): string {
  const told = rows.slice(0, NAMED).map((row) => `${row.instance}: ${doing(row)}`);
  const more = rows.length - told.length;
  return [...told, ...(more === 0 ? [] : [`${more} more`])].join('; ');
}

function doing({ replacing, ...row }: ProcessRow): string {
  if (replacing === null) return doingAlone(row);
  switch (replacing.phase) {
    case 'queued':
      return 'waits for its turn';
    case 'starting':
      return `the new one starts${ofPid(replacing.pid)}`;
    case 'draining':
      return ending(replacing.tasks, replacing.pid);
    case 'reloading':
      return `new workers for the old ones${ofPid(replacing.pid)}`;
    default:
      return unreachable(replacing.phase);
  }
}

function doingAlone(row: Omit<ProcessRow, 'replacing'>): string {
  if (row.state === 'STOPPING') return ending(row.tasks.active, row.pid);
  if (row.state === 'STARTING') return `starting${ofPid(row.pid)}`;
  const detail = oneLine(detailOf({ ...row, replacing: null }));
  return detail === undefined ? row.state : `${row.state} (${detail})`;
}

const ofPid = (pid: number | null): string => (pid === null ? '' : `, pid ${pid}`);

/** A worker that tells of its tasks drains; of others it is only known that they have not ended. */
const ending = (tasks: number | null, pid: number | null): string =>
  tasks === null || tasks === 0
    ? `stopping${ofPid(pid)}`
    : `draining, ${tasks} task${tasks === 1 ? '' : 's'} left`;

export interface Told {
  readonly text: string;
  /** Since it was begun to wait. Milliseconds. */
  readonly at: number;
}

/**
 * What is written now, `at` milliseconds after the wait began; null: nothing. `last`: what was told before. Where the line
 * can be drawn again in its place (`width` columns) that is done each second; else a line comes when something has
 * changed, and every ten seconds.
 */
export function progressLine(
  rows: readonly ProcessRow[],
  at: number,
  last: Told | null,
  width: number | null,
): Told | null {
  if (rows.length === 0) return null;
  const due = (last?.at ?? 0) + REDRAW_MS;
  const text = progressText(rows);
  const same = last?.text === text;
  if (at < due || (width === null && same && at < last.at + REPEAT_MS)) return null;
  return { text, at };
}

/** With the seconds; cut to one line of a terminal. */
export function progressShown({ text, at }: Told, width: number | null): string {
  const time = `, ${formatDuration(Math.round(at / 1000) * 1000)}`;
  const room = width === null ? Infinity : width - 1 - time.length;
  return `${text.length > room ? `${text.slice(0, Math.max(0, room - 3))}...` : text}${time}`;
}

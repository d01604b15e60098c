/** The states as a table for people, on paper of any width. */
import type { ProcessRow, StatusAnswer } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { laid, lineOf, type Column } from './columns.ts';
import { renderFailure } from './failures.ts';
import type { Paint } from './paint.ts';
import { detailOf, oneLine, restartReason } from './status.ts';
import { harmless } from './width.ts';

export interface Paper {
  /** Cells; Infinity: nothing is cut. */
  readonly width: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly paint: Paint;
}

export function statusTable(
  supervisors: readonly StatusAnswer['supervisor'][],
  rows: readonly ProcessRow[],
  { width, now, paint }: Paper,
): string {
  const table = laid(statusColumns(rows, now), width);
  const notes = supervisors.map(
    (one) =>
      `supervisor pid ${one.pid}, ${one.manifest}, since ${one.started_at}` +
      `${one.stopping ? ', stopping' : ''}${one.degraded ? ', degraded' : ''}` +
      (one.log_lines_dropped === 0 ? '' : `, ${one.log_lines_dropped} log lines dropped`),
  );
  return [
    lineOf(table.titles, width, (text) => paint.dim(text)),
    ...table.rows.map((cells) => lineOf(cells, width, stateColour(paint))),
    ...notes.map((note) => paint.dim(note)),
    ...supervisors.flatMap(({ warnings }) =>
      warnings.map((one) => paint.yellow(renderFailure(one as unknown as Failure))),
    ),
  ].join('\n');
}

/** The second column is the state. */
export const stateColour =
  (paint: Paint) =>
  (text: string, column: number): string => {
    if (column !== 1) return text;
    const name = text.trim();
    if (name === 'RUNNING') return paint.green(text);
    return name === 'FATAL' || name === 'BACKOFF' ? paint.red(text) : paint.yellow(text);
  };

/** `now`: milliseconds since the epoch. Of tasks there are columns where there is a worker that tells of them. */
export function statusColumns(rows: readonly ProcessRow[], now: number): Column[] {
  const column = (title: string, cell: (row: ProcessRow) => string, rest: Partial<Column> = {}): Column => ({
    title,
    cells: rows.map(cell),
    ...rest,
  });
  const right = 'right' as const;
  const orNone = (value: number | null): string => (value === null ? '-' : value.toLocaleString('en-US'));
  const tasks = [
    column('DONE', ({ tasks }) => orNone(tasks.done), { align: right, leave: 3 }),
    column('ACTIVE', ({ tasks }) => orNone(tasks.active), { align: right, leave: 4 }),
    column('PER S', ({ tasks }) => orNone(tasks.per_second), { align: right, leave: 6 }),
  ];
  return [
    column('NAME', ({ instance }) => instance),
    column('STATE', ({ state }) => state),
    column('READY', ({ ready }) => (ready ? 'yes' : 'no'), { leave: 9 }),
    column('PID', ({ pid }) => (pid === null ? '-' : String(pid)), { align: right, leave: 7 }),
    column('UPTIME', ({ uptime_s: s }) => (s === null ? '-' : formatDuration(s * 1000)), {
      align: right,
      leave: 8,
    }),
    column('RESTARTS', restartsText, { leave: 2 }),
    column('MEMORY', memoryText, { align: right, leave: 1 }),
    column('CPU', ({ cpu_percent: used }) => (used === null ? '-' : `${used.toFixed(1)}%`), {
      align: right,
      leave: 5,
    }),
    ...(rows.some(({ tasks: { done, active } }) => done !== null || active !== null) ? tasks : []),
    column('DETAIL', (row) => detailText(row, now), { wants: 20 }),
  ];
}

/** `2 (oom)`: how often, and why its last run ended, whether or not that counts as a restart. */
function restartsText(row: ProcessRow): string {
  const reason = restartReason(row);
  return reason === null ? String(row.restarts) : `${row.restarts} (${reason})`;
}

function memoryText(row: ProcessRow): string {
  const { pss_bytes: pss, rss_bytes: rss } = row.memory;
  const bytes = pss ?? rss;
  return bytes === null ? '-' : formatBytes(bytes);
}

/** When it is tried again, and what there is to know. One line, harmless to a terminal. */
export function detailText(row: ProcessRow, now: number): string {
  const { next_retry_at: next } = row;
  const wait = next === null ? null : Date.parse(next) - now;
  const again =
    wait === null ? null : wait <= 0 ? 'next try now' : `next try in ${formatDuration(roundUp(wait))}`;
  const detail = oneLine(detailOf(row));
  return harmless([again, detail].filter((part) => part !== null && part !== undefined).join('; '));
}

/** Whole seconds: it is about to change. */
const roundUp = (ms: number): number => Math.ceil(ms / 1000) * 1000;

/** The screen of `top`: its lines, each in its place. */
import type { Paint } from './paint.ts';
import { selectedRow, sortedRows, roomOf, type Entry, type Top } from '../screen/top.ts';
import { laid, lineOf } from './columns.ts';
import { eventsLost } from './event.ts';
import { lostText } from './news.ts';
import { serviceText } from './service.ts';
import { detailText, stateColour, statusColumns } from './status-table.ts';
import { askText, HELP, KEYS, goneText, noteText, silentText } from './top-words.ts';
import { clipped, harmless } from './width.ts';

export interface TopPaper {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly paint: Paint;
}

/** As many lines as the screen has rows, none wider than it; nothing of them acts on a terminal but our own colours. */
export function topFrame(top: Top, paper: TopPaper): string[] {
  const { columns, rows } = top.size;
  const [head, ...above] = [headOf(top, paper), ...bodyOf(top, paper)];
  const below = [saidOf(top, paper), paper.paint.dim(clipped(KEYS[top.view.kind], columns))];
  const space = Math.max(0, rows - 1 - above.length - below.length);
  const whole = [head, ...above, ...Array.from({ length: space }, () => ''), ...below];
  // On a screen of a few rows what is said is worth more than the rest.
  if (whole.length <= rows) return whole;
  return rows <= 2 ? below.slice(-rows) : [...whole.slice(0, rows - 2), ...below];
}

function headOf(
  { size: { columns }, supervisors, rows, gone, silent }: Top,
  { now, paint }: TopPaper,
): string {
  const time = new Date(now).toTimeString().slice(0, 8);
  const stopping = supervisors.length > 0 && supervisors.every((one) => one.stopping);
  const trouble = silent === null ? goneText(gone, supervisors.length) : silentText(silent);
  const state = rows.length === 0 ? null : serviceText({ rows, stopping, refused: false });
  const sets = supervisors.map(({ pid }) => `pid ${pid}`).join(', ');
  const where = supervisors[0] === undefined ? null : `${supervisors[0].manifest} (${sets})`;
  const parts = [time, trouble, state, where].filter((part) => part !== null);
  const text = clipped(harmless(parts.join('  ')), columns);
  return trouble === null ? paint.bold(text) : paint.red(text);
}

function bodyOf(top: Top, paper: TopPaper): string[] {
  const { view, size } = top;
  switch (view.kind) {
    case 'table':
      return tableOf(top, paper);
    case 'help':
      return HELP.slice(0, roomOf(size, 'help')).map((line) => clipped(line, size.columns));
    case 'events':
      return linesOf(top.events, view.back, top, paper);
    case 'logs':
      return linesOf(view.lines, view.back, top, paper);
    default:
      return view satisfies never;
  }
}

/** Before each row; that of the selected one. */
const MARKS = { none: '  ', selected: '> ' } as const;

function tableOf(top: Top, { now, paint }: TopPaper): string[] {
  const { size, sort } = top;
  const rows = sortedRows(top);
  const width = size.columns - MARKS.none.length;
  const sorted: Readonly<Record<string, string>> = { CPU: 'cpu', MEMORY: 'memory', RESTARTS: 'restarts' };
  const columns = statusColumns(rows, now).map((column) =>
    sorted[column.title] === sort ? { ...column, title: `${column.title}*` } : column,
  );
  const table = laid(columns, width);
  const room = roomOf(size, 'table');
  const at = rows.findIndex(({ instance }) => instance === top.selected);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const shown = table.rows.slice(first, first + room).map((cells, index) => {
    const line = lineOf(cells, width, stateColour(paint));
    return index + first === at ? paint.bold(MARKS.selected) + line : MARKS.none + line;
  });
  return [MARKS.none + lineOf(table.titles, width, (text) => paint.dim(text)), ...shown];
}

/** The newest at the bottom; `back`: how many of the newest are left out. */
function linesOf(
  entries: readonly Entry[],
  back: number,
  { size, view }: Top,
  { paint }: TopPaper,
): string[] {
  const end = entries.length - back;
  const shown = entries.slice(Math.max(0, end - roomOf(size, view.kind)), end);
  return shown.map((one) => {
    if ('lost' in one) return clipped(lossOf(one.lost, view.kind), size.columns);
    const time = new Date(one.time).toTimeString().slice(0, 8);
    const [text = ''] = ('line' in one ? one.line : one.message).split('\n');
    const line = clipped(`${time} ${harmless(text)}`, size.columns);
    if ('line' in one || one.level === 'info') return line;
    return one.level === 'error' ? paint.red(line) : paint.yellow(line);
  });
}

const lossOf = (count: number, of: Top['view']['kind']): string =>
  of === 'logs' ? lostText(count, 'stdout') : eventsLost(count);

/** What is asked, or what came of an order; else what there is to know of the selected one, or how far one has gone back. */
function saidOf(top: Top, { now, paint }: TopPaper): string {
  const { columns } = top.size;
  const { asks, note, view } = top;
  const row = selectedRow(top);
  const shown = (text: string): string => clipped(harmless(text), columns);
  if (asks !== null) return paint.yellow(shown(askText(asks, row)));
  if (note !== null) {
    const text = shown(noteText(note));
    return note.kind === 'failed' || note.kind === 'refused' ? paint.red(text) : paint.green(text);
  }
  if (view.kind === 'logs' || view.kind === 'events') {
    const what = view.kind === 'logs' ? `logs of ${view.instance}` : 'events';
    return paint.bold(shown(view.back === 0 ? what : `${what}, ${view.back} below`));
  }
  if (view.kind === 'help' || row === null) return '';
  const detail = detailText(row, now);
  return paint.dim(shown(`${row.instance}: ${detail === '' ? row.backend : detail}`));
}

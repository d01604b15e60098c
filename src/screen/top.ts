/** What `top` knows and shows, and what keys and news make of it. Pure: no clock, no terminal. */
import type { ProcessRow, StatusAnswer } from '../control/protocol.ts';
import type { EventRecord, LineRecord, LostRecord } from '../control/records.ts';
import type { Failure, Result } from '../model/failure.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Key } from './keys.ts';
import { outcomeOf, type Note, type OrderName, type Wish } from './wish.ts';

/** How many events, and lines of a log, one can go back to. */
export const KEPT = 1000;
/** Nobody has a terminal that is wider. Characters of a line that are kept. */
const LONGEST = 2000;

export const SORTS = ['name', 'cpu', 'memory', 'restarts'] as const;

export type Entry = LineRecord | EventRecord | LostRecord;

export type View =
  | { readonly kind: 'table' }
  | { readonly kind: 'help' }
  /** `back`: lines between the last one that is shown and the newest. */
  | { readonly kind: 'events'; readonly back: number }
  | {
      readonly kind: 'logs';
      readonly back: number;
      readonly instance: string;
      readonly lines: readonly Entry[];
    };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Top {
  readonly size: Size;
  readonly supervisors: readonly StatusAnswer['supervisor'][];
  /** As the manifest has them. */
  readonly rows: readonly ProcessRow[];
  /** Supervisors that were there, until all that they had is there again. */
  readonly gone: readonly { readonly pid: number; readonly instances: readonly string[] }[];
  /** One is there and gives no answer: the rows are those of before. */
  readonly silent: Failure | null;
  readonly sort: (typeof SORTS)[number];
  readonly selected: string | null;
  readonly view: View;
  readonly events: readonly Entry[];
  /** The instance that is stopped if the answer is yes. */
  readonly asks: string | null;
  readonly wish: Wish | null;
  readonly note: Note | null;
}

export type TopEvent =
  | { readonly type: 'resized'; readonly size: Size }
  /** `now`: ISO 8601 */
  | { readonly type: 'pressed'; readonly key: Key; readonly now: string }
  /** `began`: the clock's milliseconds when the question was asked. */
  | { readonly type: 'looked'; readonly found: readonly StatusAnswer[]; readonly began: number }
  | { readonly type: 'unanswered'; readonly failure: Failure }
  /** How many instances took the order on; `at`: the clock's milliseconds. */
  | {
      readonly type: 'answered';
      readonly wish: Wish;
      readonly result: Result<number>;
      readonly at: number;
    }
  | { readonly type: 'heard'; readonly of: 'events' | 'logs'; readonly entries: readonly Entry[] };

export type TopEffect =
  | { readonly do: 'order'; readonly wish: Wish }
  | { readonly do: 'follow'; readonly instance: string }
  | { readonly do: 'unfollow' | 'redraw' | 'suspend' | 'quit' | 'interrupt' };

export interface TopStep {
  readonly top: Top;
  readonly effects: readonly TopEffect[];
}

export const newTop = (size: Size): Top => ({
  size,
  supervisors: [],
  rows: [],
  gone: [],
  silent: null,
  sort: 'name',
  selected: null,
  view: { kind: 'table' },
  events: [],
  asks: null,
  wish: null,
  note: null,
});

export function stepTop(top: Top, event: TopEvent): TopStep {
  switch (event.type) {
    case 'resized':
      return only({ ...top, size: event.size });
    case 'pressed':
      return pressed(top, event.key, event.now);
    case 'looked':
      return only(looked(top, event.found, event.began));
    case 'unanswered':
      return only({ ...top, silent: event.failure });
    case 'answered':
      return only(answered(top, event));
    case 'heard':
      return only(heard(top, event.of, event.entries));
    default:
      return unreachable(event);
  }
}

/** In the order that was asked for; what is not known comes last. */
export function sortedRows({ rows, sort }: Pick<Top, 'rows' | 'sort'>): readonly ProcessRow[] {
  const weight = ({ cpu_percent: cpu, memory, restarts }: ProcessRow): number => {
    if (sort === 'cpu') return cpu ?? -1;
    return sort === 'memory' ? (memory.pss_bytes ?? memory.rss_bytes ?? -1) : restarts;
  };
  return sort === 'name' ? rows : rows.toSorted((a, b) => weight(b) - weight(a));
}

export const selectedRow = ({ rows, selected }: Top): ProcessRow | null =>
  rows.find(({ instance }) => instance === selected) ?? null;

/** Lines for rows or entries: all but the head, the table's titles, what is said, and the keys. */
export const roomOf = ({ rows }: Size, view: View['kind']): number =>
  Math.max(1, rows - (view === 'table' ? 4 : 3));

const only = (top: Top): TopStep => ({ top, effects: [] });

function looked(top: Top, found: readonly StatusAnswer[], began: number): Top {
  const rows = found.flatMap(({ processes }) => processes);
  const present = new Set(rows.map(({ instance }) => instance));
  const pids = new Set(found.map(({ supervisor }) => supervisor.pid));
  const left = top.supervisors
    .filter(({ pid }) => !pids.has(pid))
    .map(({ pid }) => ({
      pid,
      instances: top.rows.filter((row) => row.supervisor_pid === pid).map((row) => row.instance),
    }));
  const gone = [...top.gone, ...left].filter(
    ({ instances }) => instances.some((one) => !present.has(one)) || found.length === 0,
  );
  const before = sortedRows(top).findIndex(({ instance }) => instance === top.selected);
  const next = { ...top, supervisors: found.map(({ supervisor }) => supervisor), rows, gone, silent: null };
  const order = sortedRows(next);
  const kept = top.selected !== null && present.has(top.selected);
  const nearest = order[Math.min(Math.max(0, before), order.length - 1)]?.instance ?? null;
  // Where nothing is left, what comes back finds the mark where it was.
  const selected = kept || order.length === 0 ? top.selected : nearest;
  return settled({ ...next, selected }, began);
}

/** The order that is under way may have been carried out by now. */
function settled(top: Top, began: number): Top {
  const { wish } = top;
  if (wish === null || wish.takenAt === null || began < wish.takenAt) return top;
  const note = outcomeOf(wish, top.rows);
  return note === null ? top : { ...top, wish: null, note };
}

function answered(top: Top, { wish, result, at }: Extract<TopEvent, { type: 'answered' }>): Top {
  // Another order has been given since then.
  if (top.wish !== wish) return top;
  if (result.ok && result.value > 0) {
    const taken = { ...wish, takenAt: at };
    return { ...top, wish: taken, note: { kind: 'taken', wish: taken } };
  }
  const note: Note = { kind: 'refused', wish, failure: result.ok ? null : result.error };
  return { ...top, wish: null, note };
}

function heard(top: Top, of: 'events' | 'logs', entries: readonly Entry[]): Top {
  const short = entries.map((one) => ('line' in one ? { ...one, line: one.line.slice(0, LONGEST) } : one));
  const { view } = top;
  // Who has gone back stays where he is.
  const held = (back: number, kept: number): number =>
    back === 0 ? 0 : Math.min(back + entries.length, Math.max(0, kept - 1));
  if (of === 'logs') {
    if (view.kind !== 'logs') return top;
    const lines = [...view.lines, ...short].slice(-KEPT);
    return { ...top, view: { ...view, lines, back: held(view.back, lines.length) } };
  }
  const events = [...top.events, ...short].slice(-KEPT);
  if (view.kind !== 'events') return { ...top, events };
  return { ...top, events, view: { ...view, back: held(view.back, events.length) } };
}

function pressed(top: Top, key: Key, now: string): TopStep {
  if (key === 'ctrl-c') return { top, effects: [{ do: 'interrupt' }] };
  if (key === 'ctrl-z') return { top, effects: [{ do: 'suspend' }] };
  if (key === 'ctrl-l') return { top, effects: [{ do: 'redraw' }] };
  if (top.asks !== null) {
    const calm = { ...top, asks: null };
    return key === 'y' || key === 'Y' ? ordered(calm, 'stop', top.asks, now) : only(calm);
  }
  const { view } = top;
  switch (view.kind) {
    case 'table':
      return pressedInTable({ ...top, note: top.wish === null ? null : top.note }, key, now);
    case 'help':
      return only({ ...top, view: { kind: 'table' } });
    case 'events':
    case 'logs': {
      if (key === 'q' || key === 'escape' || key === 'left') {
        const effects: TopEffect[] = view.kind === 'logs' ? [{ do: 'unfollow' }] : [];
        return { top: { ...top, view: { kind: 'table' } }, effects };
      }
      const length = view.kind === 'logs' ? view.lines.length : top.events.length;
      const room = roomOf(top.size, view.kind);
      const back = Math.max(0, Math.min(view.back - moveOf(key, room, length), length - room));
      return only({ ...top, view: { ...view, back } });
    }
    default:
      return unreachable(view);
  }
}

function pressedInTable(top: Top, key: Key, now: string): TopStep {
  const { selected } = top;
  switch (key) {
    case 'q':
      return { top, effects: [{ do: 'quit' }] };
    case '?':
    case 'h':
      return only({ ...top, view: { kind: 'help' } });
    case 'e':
      return only({ ...top, view: { kind: 'events', back: 0 } });
    case 'o':
      return only({ ...top, sort: SORTS[(SORTS.indexOf(top.sort) + 1) % SORTS.length] ?? 'name' });
    default:
  }
  const rows = sortedRows(top);
  const at = rows.findIndex(({ instance }) => instance === selected);
  if (selected === null || at === -1) return only(top);
  switch (key) {
    case 'r':
      return ordered(top, 'restart', selected, now);
    case 'S':
      return ordered(top, 'start', selected, now);
    case 's':
      return only({ ...top, asks: selected });
    case 'l':
    case 'enter':
      return {
        top: { ...top, view: { kind: 'logs', back: 0, instance: selected, lines: [] } },
        effects: [{ do: 'follow', instance: selected }],
      };
    default: {
      const to = at + moveOf(key, roomOf(top.size, 'table'), rows.length);
      const next = rows[Math.max(0, Math.min(to, rows.length - 1))];
      return only({ ...top, selected: next?.instance ?? selected });
    }
  }
}

/** How many lines a key goes down; negative: up. */
function moveOf(key: Key, page: number, all: number): number {
  const moves: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    'page-up': -page,
    'page-down': page,
    home: -all,
    g: -all,
    end: all,
    G: all,
  };
  return moves[key] ?? 0;
}

function ordered(top: Top, order: OrderName, instance: string, since: string): TopStep {
  const pid = top.rows.find((row) => row.instance === instance)?.pid ?? null;
  const wish: Wish = { order, instance, pid, since, takenAt: null };
  return { top: { ...top, wish, note: { kind: 'asked', wish } }, effects: [{ do: 'order', wish }] };
}

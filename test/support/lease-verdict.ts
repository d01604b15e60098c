/** What must hold of the sends of all holders, judged from their order in the broker alone. Pure. */
import type { Send } from './lease-sends.ts';

export interface Overlap {
  readonly holders: readonly [string, string];
  /** Sends of the first after the second's first. */
  readonly sends: number;
  /** From the second's first send to the last that came while both sent. Milliseconds. */
  readonly ms: number;
}

export interface Verdict {
  /** Processes that sent something. */
  readonly beats: number;
  readonly sends: number;
  readonly overlaps: readonly Overlap[];
  /** Keys sent again by the next beat, as may be after a KILL between send and save, and after a move. */
  readonly resent: number;
  /** What no KILL explains: a beat that sent a key twice, or more than one key of an entry that was sent before. */
  readonly unexplained: readonly string[];
  /** Fences that fell, or that two hosts had. */
  readonly fences: readonly string[];
  /** Sends without a key or a fence. */
  readonly unsigned: number;
}

export function verdictOf(sends: readonly Send[]): Verdict {
  return {
    beats: new Set(sends.map(({ holder }) => holder)).size,
    sends: sends.length,
    overlaps: overlapsOf(sends),
    ...resendsOf(sends),
    fences: brokenFences(sends),
    unsigned: sends.filter(({ key, fence }) => key === null || fence === null).length,
  };
}

interface Span {
  readonly holder: string;
  readonly first: number;
  last: number;
}

/** First and last send of each holder, by their places in the order, in the order of the first. */
function spansOf(sends: readonly Send[]): Span[] {
  const spans = new Map<string, Span>();
  for (const [place, { holder }] of sends.entries()) {
    const span = spans.get(holder);
    if (span === undefined) spans.set(holder, { holder, first: place, last: place });
    else span.last = place;
  }
  return [...spans.values()];
}

function overlapsOf(sends: readonly Send[]): Overlap[] {
  const overlaps: Overlap[] = [];
  const at = (place: number): number => sends[place]?.at ?? 0;
  const open: Span[] = [];
  for (const span of spansOf(sends)) {
    for (const before of open) {
      if (before.last < span.first) continue;
      const late = sends.slice(span.first, before.last + 1).filter(({ holder }) => holder === before.holder);
      overlaps.push({
        holders: [before.holder, span.holder],
        sends: late.length,
        ms: Math.round(at(Math.min(before.last, span.last)) - at(span.first)),
      });
    }
    open.push(span);
  }
  return overlaps;
}

/** A new beat may send one key of each entry again, as its first send of that entry, and never one of its own. */
function resendsOf(sends: readonly Send[]): Pick<Verdict, 'resent' | 'unexplained'> {
  const senders = new Map<string, Set<string>>();
  const begun = new Set<string>();
  const unexplained: string[] = [];
  let resent = 0;
  for (const { holder, entry, key } of sends) {
    if (key === null) continue;
    const before = senders.get(key) ?? new Set();
    const isFirst = !begun.has(`${holder} ${entry}`);
    if (before.size > 0) {
      resent += 1;
      if (before.has(holder) || !isFirst)
        unexplained.push(`${key} by ${holder} after ${[...before].join(', ')}`);
    }
    begun.add(`${holder} ${entry}`);
    senders.set(key, before.add(holder));
  }
  return { resent, unexplained };
}

function brokenFences(sends: readonly Send[]): string[] {
  const broken: string[] = [];
  let highest: Send | null = null;
  for (const send of sends) {
    if (send.fence === null) continue;
    const top: number = highest?.fence ?? -Infinity;
    if (send.fence < top) broken.push(`${send.fence} of ${send.holder} after ${top} of ${highest?.holder}`);
    if (send.fence === top && send.host !== highest?.host) {
      broken.push(`${top} of ${highest?.host} and ${send.host}`);
    }
    if (send.fence >= top) highest = send;
  }
  return broken;
}

export interface Executions {
  /** Keys that more than one task ran for. */
  readonly twice: readonly string[];
  /** Keys that were sent, and that no task ran for. */
  readonly never: readonly string[];
}

/** `lines` of the worker's file: key and task id. */
export function executionsOf(sends: readonly Send[], lines: readonly string[]): Executions {
  const tasks = new Map<string, Set<string>>();
  for (const line of lines) {
    const [key = '', id = ''] = line.split(' ');
    tasks.set(key, (tasks.get(key) ?? new Set()).add(id));
  }
  const sent = new Set(sends.flatMap(({ key }) => key ?? []));
  return {
    twice: [...tasks].filter(([, ids]) => ids.size > 1).map(([key]) => key),
    never: [...sent].filter((key) => !tasks.has(key)),
  };
}

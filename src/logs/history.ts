/**
 * The last lines of each instance, for whoever asks for them later. To keep one is to copy its bytes: they are made into
 * text only where somebody reads them. A reader holds a place, not lines, so a slow one costs nothing and is told what
 * it missed.
 */
import type { Piece, StreamName } from '../model/line.ts';
import {
  CUT,
  flagsOf,
  HEAD,
  headTo,
  lengthOf,
  linesOf,
  orderOf,
  STDERR,
  timeOf,
  type Asked,
  type Block,
  type Ring,
} from './history-block.ts';
import { newStart } from './history-start.ts';

/** Of one instance: some 2,000 lines of 100 bytes, which is what is read of a crash. Bytes. */
export const INSTANCE_LIMIT = 256 * 1024;
/** Of all: 32 talkative instances keep all of that, and a thousand quiet ones a block each. Bytes. */
export const TOTAL_LIMIT = 8 * 1024 * 1024;
/** Memory is taken and given up in such blocks; a longer line has one of its own. Bytes. */
const BLOCK = 8 * 1024;
/** Empty lines become a hundred times as long on their way to a reader, and one record is read at a time. */
const MOST_LINES = 256;
const NEWLINE = 0x0a;

/** Lines of one stream that came together. */
export interface Lines {
  readonly kind: 'lines';
  readonly instance: string;
  readonly stream: StreamName;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Greater than that of all that came before, over all instances. */
  readonly order: number;
  readonly texts: readonly string[];
  /** The last one was too long: the next of this stream goes on with it. */
  readonly cut: boolean;
}

/** So many lines of an instance were given up before they were read. */
export interface Lost {
  readonly kind: 'lost';
  readonly instance: string;
  readonly count: number;
}

export interface History {
  /** `at`: milliseconds since the epoch. */
  add(instance: string, stream: StreamName, pieces: readonly Piece[], at: number): void;
  /** Reads on from there, in order; null where there is no more now. */
  read(asked: Asked): () => Lines | Lost | null;
  /** The `order` of the last that came. */
  newest(): number;
  /** Bytes that are kept. */
  size(): number;
}

/** Where a reader is in one ring: the index of the next line, and the block and record where that was looked for last. */
interface Place {
  readonly ring: Ring;
  index: number;
  block: Block | null;
  offset: number;
  /** Index of the first line of the record at `offset`. */
  first: number;
}

export function newHistory(instanceLimit = INSTANCE_LIMIT, totalLimit = TOTAL_LIMIT): History {
  const rings = new Map<string, Ring>();
  let total = 0;
  let order = 0;
  /** The last block that was given up: a flood would otherwise ask for new memory all the time. */
  let spare: Buffer | null = null;

  const giveUp = (ring: Ring): void => {
    const block = ring.blocks.shift();
    if (block === undefined) return;
    ring.bytes -= block.buffer.length;
    total -= block.buffer.length;
    if (block.buffer.length === BLOCK) spare = block.buffer;
  };
  /** Who has the most gives first, so that the quiet ones keep their last words; among equals the oldest goes. */
  const largest = (): Ring | null => {
    let found: Ring | null = null;
    for (const ring of rings.values()) {
      const more = ring.bytes - (found?.bytes ?? 0);
      const older = (ring.blocks[0]?.newest ?? 0) < (found?.blocks[0]?.newest ?? 0);
      if (more > 0 || (more === 0 && older)) found = ring;
    }
    return found;
  };
  /** The block with so many free bytes at the end of a ring. */
  const room = (ring: Ring, need: number): Block => {
    const last = ring.blocks.at(-1);
    if (last !== undefined && last.buffer.length - last.used >= need) return last;
    const size = Math.max(BLOCK, need);
    while (ring.bytes > 0 && ring.bytes + size > instanceLimit) giveUp(ring);
    for (let most = largest(); most !== null && total + size > totalLimit; most = largest()) giveUp(most);
    const buffer = size === BLOCK && spare !== null ? spare : Buffer.allocUnsafeSlow(size);
    if (buffer === spare) spare = null;
    const block: Block = { buffer, used: 0, first: ring.next, next: ring.next, newest: 0 };
    ring.blocks.push(block);
    ring.bytes += size;
    total += size;
    return block;
  };

  const ringOf = (instance: string): Ring => {
    const known = rings.get(instance);
    if (known !== undefined) return known;
    const ring: Ring = { instance, blocks: [], bytes: 0, next: 0 };
    rings.set(instance, ring);
    return ring;
  };

  return {
    add(instance, stream, pieces, at) {
      const ring = ringOf(instance);
      let from = 0;
      while (from < pieces.length) {
        let to = from;
        let length = 0;
        let cut = false;
        while (to < pieces.length && to - from < MOST_LINES && length < BLOCK / 2 && !cut) {
          const piece = pieces[to];
          length += (piece?.bytes.length ?? 0) + 1;
          cut = piece?.cut === true;
          to += 1;
        }
        const block = room(ring, HEAD + length);
        const { buffer } = block;
        order += 1;
        const flags = (stream === 'stderr' ? STDERR : 0) | (cut ? CUT : 0);
        headTo(buffer, block.used, { order, at, length, lines: to - from, flags });
        let end = block.used + HEAD;
        for (; from < to; from += 1) {
          const bytes = pieces[from]?.bytes;
          if (bytes !== undefined && bytes.length > 0) buffer.set(bytes, end);
          end += (bytes?.length ?? 0) + 1;
          buffer[end - 1] = NEWLINE;
          ring.next += 1;
        }
        block.used = end;
        block.next = ring.next;
        block.newest = at;
      }
    },
    read(asked) {
      const start = newStart(
        [...rings.values()].filter(({ instance }) => asked.wants(instance)),
        asked,
      );
      /** Null: not wanted. */
      const places = new Map<Ring, Place | null>();
      const placeOf = (ring: Ring): Place | null => {
        const known = places.get(ring);
        if (known !== undefined) return known;
        // One that came later is read from its first line.
        const index = start.get(ring) ?? 0;
        const place = asked.wants(ring.instance) ? { ring, index, block: null, offset: 0, first: 0 } : null;
        places.set(ring, place);
        return place;
      };
      return () => {
        let next: Place | null = null;
        let least = Infinity;
        for (const ring of rings.values()) {
          const place = placeOf(ring);
          if (place === null || place.index >= ring.next) continue;
          const oldest = ring.blocks[0]?.first ?? ring.next;
          if (place.index < oldest) {
            const count = oldest - place.index;
            place.index = oldest;
            return { kind: 'lost', instance: ring.instance, count };
          }
          const found = look(place);
          if (found >= least) continue;
          least = found;
          next = place;
        }
        return next === null ? null : take(next);
      };
    },
    newest: () => order,
    size: () => total,
  };
}

/** Finds the record with the line that comes next; its order. */
function look(place: Place): number {
  const { ring } = place;
  if (place.block === null || place.block.next <= place.index || !ring.blocks.includes(place.block)) {
    place.block = ring.blocks.find((block) => block.next > place.index) ?? null;
    place.offset = 0;
    place.first = place.block?.first ?? 0;
  }
  if (place.block === null) return Infinity;
  const { buffer } = place.block;
  for (;;) {
    const lines = linesOf(buffer, place.offset);
    if (place.first + lines > place.index) return orderOf(buffer, place.offset);
    place.first += lines;
    place.offset += HEAD + lengthOf(buffer, place.offset);
  }
}

/** The record that was found, from the line that comes next. */
function take(place: Place): Lines | null {
  const { ring, block, offset } = place;
  if (block === null) return null;
  const { buffer } = block;
  const begin = offset + HEAD;
  const flags = flagsOf(buffer, offset);
  const cut = (flags & CUT) !== 0;
  const texts = buffer
    .toString('utf8', begin, begin + lengthOf(buffer, offset) - 1)
    .split('\n')
    .slice(place.index - place.first);
  const last = texts.length - 1;
  place.index += texts.length;
  return {
    kind: 'lines',
    instance: ring.instance,
    stream: (flags & STDERR) === 0 ? 'stdout' : 'stderr',
    at: timeOf(buffer, offset),
    order: orderOf(buffer, offset),
    // What stands before the end of a line only where a terminal was meant.
    texts: texts.map((text, index) =>
      text.endsWith('\r') && !(cut && index === last) ? text.slice(0, -1) : text,
    ),
    cut,
  };
}

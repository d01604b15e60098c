/** Where a reader begins: the last lines over all instances, or those since an instant. */
import {
  HEAD,
  lengthOf,
  linesOf,
  orderOf,
  timeOf,
  type Asked,
  type Block,
  type Ring,
} from './history-block.ts';

interface Found {
  readonly ring: Ring;
  readonly order: number;
  readonly at: number;
  /** Index of its first line. */
  readonly first: number;
  readonly lines: number;
}

/** The index of the first line to read, of each ring. */
export function newStart(rings: readonly Ring[], { count, since }: Asked): ReadonlyMap<Ring, number> {
  const from = since ?? -Infinity;
  const start = new Map<Ring, number>();
  if (count === null) {
    for (const ring of rings) start.set(ring, firstSince(ring, from));
    return start;
  }
  // None of them needs more than the whole count, so that is all that is looked at.
  const heads = rings
    .flatMap((ring) => lastHeads(ring, count, from))
    .toSorted((one, other) => other.order - one.order);
  for (const ring of rings) start.set(ring, ring.next);
  let left = count;
  for (const { ring, first, lines } of heads) {
    if (left === 0) break;
    const taken = Math.min(lines, left);
    start.set(ring, first + lines - taken);
    left -= taken;
  }
  return start;
}

function firstSince(ring: Ring, from: number): number {
  for (const block of ring.blocks) {
    if (block.newest < from) continue;
    const head = headsOf(ring, block).find(({ at }) => at >= from);
    if (head !== undefined) return head.first;
  }
  return ring.next;
}

/** Of the newest blocks, until they have so many lines. */
function lastHeads(ring: Ring, count: number, from: number): Found[] {
  const heads: Found[] = [];
  let lines = 0;
  for (const block of ring.blocks.toReversed()) {
    if (lines >= count || block.newest < from) break;
    heads.push(...headsOf(ring, block).filter(({ at }) => at >= from));
    lines += block.next - block.first;
  }
  return heads;
}

function headsOf(ring: Ring, { buffer, used, first }: Block): Found[] {
  const heads: Found[] = [];
  let index = first;
  for (let offset = 0; offset < used; offset += HEAD + lengthOf(buffer, offset)) {
    const lines = linesOf(buffer, offset);
    heads.push({ ring, order: orderOf(buffer, offset), at: timeOf(buffer, offset), first: index, lines });
    index += lines;
  }
  return heads;
}

/** The judge of the fault runs sees what it is there to see. */
import { expect, test } from 'vitest';
import type { Send } from './lease-sends.ts';
import { executionsOf, verdictOf } from './lease-verdict.ts';

/** `a1` is the first beat of host a; each send is 100 ms after the one before. */
const sends = (...rows: readonly [holder: string, key?: string, fence?: number][]): Send[] =>
  rows.map(([holder, key, fence], place) => ({
    holder,
    host: holder[0] ?? '',
    entry: key?.split('@')[0] ?? 'often',
    key: key ?? null,
    fence: fence ?? null,
    taskId: `t${place}`,
    at: place * 100,
  }));

test('one after the other, there and back, is no overlap', () => {
  expect(verdictOf(sends(['a1'], ['a1'], ['b1'], ['a2'], ['b2']))).toMatchObject({ beats: 4, overlaps: [] });
});

test('a send of the first after one of the second is an overlap, with its size', () => {
  expect(verdictOf(sends(['a1'], ['b1'], ['a1'], ['b1'], ['a1'], ['c1'])).overlaps).toEqual([
    { holders: ['a1', 'b1'], sends: 2, ms: 200 },
  ]);
  // Two beats of one host are two.
  expect(verdictOf(sends(['a1'], ['a2'], ['a1'])).overlaps).toHaveLength(1);
  // All pairs, also those that are not neighbours.
  expect(verdictOf(sends(['a1'], ['b1'], ['c1'], ['a1'])).overlaps).toHaveLength(2);
});

test('a new beat may send again what was the last of an entry, and nobody may do more', () => {
  expect(verdictOf(sends(['a1', 'x@1'], ['a1', 'x@2'], ['a2', 'x@2'], ['a2', 'x@3']))).toMatchObject({
    resent: 1,
    unexplained: [],
  });
  const twice = verdictOf(sends(['a1', 'x@1'], ['a1', 'x@1']));
  expect(twice.unexplained).toEqual(['x@1 by a1 after a1']);
  const second = verdictOf(sends(['a1', 'x@1'], ['a1', 'x@2'], ['b1', 'x@1'], ['b1', 'x@2']));
  expect(second.unexplained).toEqual(['x@2 by b1 after a1']);
});

test('a fence never falls, and is one host’s', () => {
  expect(verdictOf(sends(['a1', 'x@1', 5], ['a2', 'x@2', 5], ['b1', 'x@3', 6])).fences).toEqual([]);
  expect(verdictOf(sends(['a1', 'x@1', 5], ['b1', 'x@2', 4])).fences).toEqual(['4 of b1 after 5 of a1']);
  expect(verdictOf(sends(['a1', 'x@1', 5], ['b1', 'x@2', 5])).fences).toEqual(['5 of a and b']);
});

test('a key that two tasks ran for, and one that none ran for, are told; a task that ran again is not', () => {
  const sent = sends(['a1', 'x@1'], ['a1', 'x@2'], ['a1', 'x@3']);
  expect(executionsOf(sent, ['x@1 t0', 'x@1 t9', 'x@2 t1', 'x@2 t1'])).toEqual({
    twice: ['x@1'],
    never: ['x@3'],
  });
});

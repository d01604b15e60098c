import { expect, test } from 'vitest';
import { isMeant, matches } from '../../src/model/patterns.ts';

test.each<[string, string, boolean]>([
  ['worker', 'worker', true],
  ['worker', 'worker.1', false],
  ['work*', 'worker.1', true],
  ['*', '', true],
  ['*.1', 'worker.1', true],
  ['*.1', 'worker.11', false],
  ['w*k*.?', 'worker.2', true],
  ['w*k*.?', 'worker.22', false],
  ['worker.?', 'worker.', false],
  ['worker??', 'worker.1', true],
  ['work.r', 'worker', false],
  ['**r*', 'worker', true],
])('%s, %s: %s', (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test('no pattern takes long', () => {
  expect(matches(`${'*a'.repeat(49)}b`, 'a'.repeat(100))).toBe(false);
});

test('a process, an instance, or any', () => {
  const one = { name: 'worker', instance: 'worker.2' };
  expect(
    [null, ['worker'], ['worker.2'], ['w*'], ['beat', '*.2']].map((names) => isMeant(one, names)),
  ).toEqual(Array.from({ length: 5 }, () => true));
  expect([[], ['worker.1'], ['beat']].map((names) => isMeant(one, names))).toEqual([false, false, false]);
});

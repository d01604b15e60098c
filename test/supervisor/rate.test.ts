import { expect, test } from 'vitest';
import { newRate } from '../../src/supervisor/rate.ts';

const rateOf = (words: readonly (readonly [at: number, done: number])[], now: number): number | null => {
  const rate = newRate();
  for (const [at, done] of words) rate.add(at, done);
  return rate.perSecond(now);
};

test.each([
  ['nothing was said', [], 0, null],
  ['one word', [[0, 5]], 0, null],
  [
    'two words at nearly one time',
    [
      [0, 5],
      [900, 9],
    ],
    900,
    null,
  ],
  [
    'two words',
    [
      [0, 5],
      [2000, 30],
    ],
    2000,
    12.5,
  ],
  [
    'nothing is done',
    [
      [0, 5],
      [2000, 5],
    ],
    2000,
    0,
  ],
  [
    'slowly',
    [
      [0, 0],
      [28_000, 1],
    ],
    28_000,
    0.04,
  ],
  [
    'what is older than the window does not count',
    [
      [0, 0],
      [2000, 1000],
      [31_000, 1000],
      [33_000, 1004],
    ],
    33_000,
    2,
  ],
  [
    'the window goes on while nothing is said',
    [
      [0, 0],
      [2000, 100],
      [4000, 104],
    ],
    31_000,
    2,
  ],
  [
    'a worker that has fallen silent',
    [
      [0, 0],
      [2000, 100],
    ],
    32_001,
    null,
  ],
] as const)('%s', (_, words, now, expected) => {
  expect(rateOf(words, now)).toBe(expected);
});

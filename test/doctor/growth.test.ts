import { describe, expect, test } from 'vitest';
import type { ProcessRow } from '../../src/control/protocol.ts';
import { leakOf, wiseLimit } from '../../src/doctor/growth.ts';

const MiB = 1024 ** 2;
const MINUTE = 60;
const HOUR = 3600;

/** 32 looks over so many seconds; mebibytes by the second, and tasks at ten a second. */
const series = (seconds: number, mebibytes: (at: number) => number, processes = 3): ProcessRow['growth'] =>
  Array.from({ length: 32 }, (_, index) => {
    const at = ((index + 1) * seconds) / 32;
    return { age_s: at, rss_bytes: Math.round(mebibytes(at) * MiB), processes, tasks: Math.round(at * 10) };
  });

/** One that does not repeat itself, of -1 to 1. */
const noise = (at: number): number => Math.sin(at * 12.9898) * Math.cos(at * 78.233);

describe('a leak', () => {
  test('is told by how much, for how long, over how many tasks', () => {
    const leak = leakOf(series(2 * HOUR, (at) => 200 + (at / HOUR) * 190));
    expect(leak).not.toBeNull();
    expect(Math.round((leak?.bytes ?? 0) / MiB)).toBe(344);
    expect(leak?.ms).toBe(6_525_000);
    expect(leak?.tasks).toBe(65_250);
    expect(Math.round((leak?.from ?? 0) / MiB)).toBe(236);
  });

  test.each([
    ['that is slow', 24 * HOUR, (at: number) => 300 + (at / HOUR) * 10],
    ['below the noise of its work', 4 * HOUR, (at: number) => 300 + (at / HOUR) * 60 + 40 * noise(at)],
    ['that speeds up', 4 * HOUR, (at: number) => 200 + (at / HOUR) ** 2 * 20],
  ])('%s is seen', (_, seconds, shape) => {
    expect(leakOf(series(seconds, shape))).not.toBeNull();
  });

  test('without tasks is one too', () => {
    const growth = series(2 * HOUR, (at) => 200 + (at / HOUR) * 190).map((one) => ({ ...one, tasks: null }));
    expect(leakOf(growth)?.tasks).toBeNull();
  });

  test('of a process that has just been started is seen where it never rests', () => {
    expect(leakOf(series(32, (at) => 20 + at * 20))).not.toBeNull();
  });
});

describe('no leak', () => {
  test.each([
    ['a process that has its size', 4 * HOUR, () => 300],
    ['one whose work comes and goes', 8 * HOUR, (at: number) => 300 + 100 * noise(at)],
    ['one that loads a lot at first', 2 * HOUR, (at: number) => Math.min(900, 100 + at * 2)],
    [
      'a cache that fills and is then full',
      6 * HOUR,
      (at: number) => 200 + 400 * Math.min(1, at / (3 * HOUR)),
    ],
    ['one that levels off', 12 * HOUR, (at: number) => 200 + 500 * (1 - Math.exp(-at / (2 * HOUR)))],
    ['one that is given its memory back', 6 * HOUR, (at: number) => 200 + (at % HOUR) / 10],
    ['a young one that warms up', 5 * MINUTE, (at: number) => Math.min(400, 50 + at * 10)],
    ['a young one that grows little', MINUTE, (at: number) => 50 + at],
    ['growth that is small beside what it has', 4 * HOUR, (at: number) => 2000 + (at / HOUR) * 30],
  ])('%s', (_, seconds, shape) => {
    expect(leakOf(series(seconds, shape))).toBeNull();
  });

  test('a pool that was given more children', () => {
    const before = series(2 * HOUR, () => 300, 3);
    const after = series(2 * HOUR, () => 900, 9).map((one) => ({ ...one, age_s: one.age_s + 2 * HOUR }));
    expect(leakOf([...before, ...after])).toBeNull();
  });

  test('nothing is said of a few looks, or of none', () => {
    expect(leakOf([])).toBeNull();
    expect(leakOf(series(32, (at) => 20 + at * 20).slice(0, 6))).toBeNull();
  });
});

test('a wise limit is twice what it had, in steps that a person would write', () => {
  expect([1, 100, 236, 600].map((size) => wiseLimit(size * MiB) / MiB)).toEqual([64, 256, 512, 1216]);
});

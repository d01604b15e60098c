import { expect, test } from 'vitest';
import { newGrowth } from '../../src/supervisor/growth.ts';

const DAY_MS = 86_400_000;

const after = (ms: number, everyMs: number): number[] => {
  const growth = newGrowth(2000);
  for (let at = everyMs; at <= ms; at += everyMs)
    growth.add({ ageMs: at, rssBytes: at, processes: 1, tasks: null });
  return growth.samples().map(({ ageMs }) => ageMs / 1000);
};

test('there is no sample before the first look', () => {
  expect(newGrowth(2000).samples()).toEqual([]);
});

test('at first every look counts, and the newest always does', () => {
  expect(after(10_000, 2000)).toEqual([2, 4, 6, 8, 10]);
  expect(after(4500, 1500)).toEqual([1.5, 4.5]);
  expect(after(3000, 1500)).toEqual([1.5, 3]);
});

test('the series stays as short over a month, from the first look to the last, at even distances', () => {
  const ages = after(30 * DAY_MS, 2000);
  expect(ages.length).toBeGreaterThan(16);
  expect(ages.length).toBeLessThan(33);
  expect([ages[0], ages.at(-1)]).toEqual([2, (30 * DAY_MS) / 1000]);
  const steps = ages.slice(1, -1).map((age, index) => age - (ages[index] ?? 0));
  expect(new Set(steps).size).toBe(1);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/os/clock.ts';

const LONGEST_MS = 2 ** 31 - 1;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => vi.useRealTimers());

test.each([
  ['a moment', 5],
  ['a fraction of a millisecond', 0.4],
  ['the longest that Node can', LONGEST_MS],
  ['one millisecond more', LONGEST_MS + 1],
  ['a hundred days', 8_640_000_000],
])('a timer of %s fires once, and not early', (_, ms) => {
  let fired = 0;
  systemClock.after(ms, () => (fired += 1));
  vi.advanceTimersByTime(Math.ceil(ms) - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1);
  expect(fired).toBe(1);
  vi.advanceTimersByTime(LONGEST_MS);
  expect(fired).toBe(1);
});

test('a long timer is cancelled in its later parts too; cancelling again does nothing', () => {
  let fired = 0;
  const cancel = systemClock.after(3 * LONGEST_MS, () => (fired += 1));
  vi.advanceTimersByTime(2.5 * LONGEST_MS);
  expect(vi.getTimerCount()).toBe(1);
  cancel();
  cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(LONGEST_MS);
  expect(fired).toBe(0);
});

test('now counts on and wall is the time of day', () => {
  const [now, wall] = [systemClock.now(), systemClock.wall()];
  vi.advanceTimersByTime(1500);
  expect(systemClock.now() - now).toBe(1500);
  expect(systemClock.wall() - wall).toBe(1500);
});

import { expect, test } from 'vitest';
import { leaseTimings, timingsProblem } from '../../src/singleton/timings.ts';

const DEFAULTS = {
  ttlMs: 30_000,
  renewEveryMs: 5000,
  commandTimeoutMs: 2000,
  renewDeadlineMs: 14_000,
  killGraceMs: 8000,
  killWaitMs: 3000,
  lagMs: 2000,
  drift: 0.01,
};

test('the defaults are safe', () => {
  expect(leaseTimings({})).toEqual(DEFAULTS);
  expect(timingsProblem(leaseTimings({}))).toBeNull();
});

test('all lengths scale with the TTL, and the drift does not', () => {
  expect(leaseTimings({ ttlMs: 6000 })).toEqual({
    ttlMs: 6000,
    renewEveryMs: 1000,
    commandTimeoutMs: 400,
    renewDeadlineMs: 2800,
    killGraceMs: 1600,
    killWaitMs: 600,
    lagMs: 400,
    drift: 0.01,
  });
  expect(leaseTimings({ ttlMs: 60_000, killGraceMs: 1 })).toMatchObject({ killGraceMs: 1, killWaitMs: 6000 });
});

test('no TTL is made unsafe by rounding', () => {
  const unsafe = Array.from({ length: 60_000 }, (_, index) => 200 + index).filter(
    (ttlMs) => timingsProblem(leaseTimings({ ttlMs })) !== null,
  );
  expect(unsafe).toEqual([]);
});

test('a child must be gone before its lease', () => {
  const timings = leaseTimings({ renewDeadlineMs: 20_000 });
  expect(timingsProblem(timings)).toEqual({
    rule: 'outlives-lease',
    timings,
    sumMs: 33_000,
    limitMs: 29_690,
  });
  expect(timingsProblem(leaseTimings({ killGraceMs: 10_690 }))).toBeNull();
  expect(timingsProblem(leaseTimings({ killGraceMs: 10_691 }))).toMatchObject({ sumMs: 29_691 });
  expect(timingsProblem(leaseTimings({ drift: 0.2 }))).toMatchObject({ limitMs: 23_990 });
});

test('one missed renewal must not stop it', () => {
  const timings = leaseTimings({ renewEveryMs: 6000 });
  expect(timingsProblem(timings)).toEqual({ rule: 'no-second-try', timings, leastMs: 16_000 });
});

test('one command is answered before the next is due', () => {
  const timings = leaseTimings({ renewEveryMs: 3000, commandTimeoutMs: 3000 });
  expect(timingsProblem(timings)).toEqual({ rule: 'commands-overlap', timings });
});

import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  CLOCK_STEP_MS,
  LEASE,
  leaseTimings,
  SHORTEST_TTL_MS,
  timingsProblem,
} from '../../src/model/lease-timings.ts';

test('with nothing given these are the defaults, which are safe', () => {
  expect(leaseTimings({})).toEqual(LEASE);
  expect(timingsProblem(LEASE)).toBeNull();
});

test('with a TTL alone the others scale with it, but for the drift', () => {
  expect(leaseTimings({ ttlMs: 60_000 })).toEqual({
    ttlMs: 60_000,
    renewEveryMs: 10_000,
    commandTimeoutMs: 4_000,
    renewDeadlineMs: 28_000,
    killGraceMs: 16_000,
    killWaitMs: 6_000,
    lagMs: 4_000,
    drift: 0.01,
  });
});

test('what is given stands, and what is undefined is not given', () => {
  const given = { ttlMs: 60_000, commandTimeoutMs: 500, drift: 0.02, lagMs: undefined };
  expect(leaseTimings(given)).toMatchObject({
    ttlMs: 60_000,
    commandTimeoutMs: 500,
    drift: 0.02,
    lagMs: 4_000,
  });
  expect(leaseTimings({ renewDeadlineMs: 0 }).renewDeadlineMs).toBe(0);
});

test('scaled from any TTL that is long enough they are safe, and whole numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: SHORTEST_TTL_MS, max: 86_400_000 }), (ttlMs) => {
      const timings = leaseTimings({ ttlMs });
      expect(timingsProblem(timings)).toBeNull();
      const { drift, ...lengths } = timings;
      expect(drift).toBe(LEASE.drift);
      expect(Object.values(lengths).every((ms) => Number.isInteger(ms) && ms > 0)).toBe(true);
    }),
  );
});

describe('refused', () => {
  test('a TTL that is too short', () => {
    expect(timingsProblem(leaseTimings({ ttlMs: 2999 }))).toEqual({
      rule: 'too-short',
      ttlMs: 2999,
      leastMs: SHORTEST_TTL_MS,
    });
    expect(timingsProblem(leaseTimings({ ttlMs: 3000 }))).toBeNull();
  });

  test('a child that might outlive its lease: R + G + K + L may be (1 - rho)T - eps at most', () => {
    const limitMs = 30_000 * 0.99 - CLOCK_STEP_MS;
    const sumMs = 14_000 + 8_000 + 3_000 + 2_000;
    const just = leaseTimings({ killGraceMs: 8_000 + limitMs - sumMs });
    expect(timingsProblem(just)).toBeNull();
    const timings = { ...just, lagMs: just.lagMs + 1 };
    expect(timingsProblem(timings)).toEqual({ rule: 'outlives-lease', timings, sumMs: limitMs + 1, limitMs });
    expect(timingsProblem({ ...just, drift: 0.011 })).toMatchObject({ rule: 'outlives-lease' });
  });

  test('a deadline that does not outlast one renewal that fails: R must be 2(P + C) at least', () => {
    expect(timingsProblem(leaseTimings({ renewDeadlineMs: 14_000 }))).toBeNull();
    const timings = leaseTimings({ renewDeadlineMs: 13_999 });
    expect(timingsProblem(timings)).toEqual({ rule: 'no-second-try', timings, leastMs: 14_000 });
  });

  test('commands that overlap: C must be less than P', () => {
    expect(timingsProblem(leaseTimings({ renewEveryMs: 3_000, commandTimeoutMs: 2_999 }))).toBeNull();
    const timings = leaseTimings({ renewEveryMs: 3_000, commandTimeoutMs: 3_000 });
    expect(timingsProblem(timings)).toEqual({ rule: 'commands-overlap', timings });
  });
});

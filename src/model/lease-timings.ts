/** How long a lease lasts and how soon its holder must be gone without it. All lengths are milliseconds. */

export interface LeaseTimings {
  /** T: for how long the server keeps a lease that is not renewed. */
  readonly ttlMs: number;
  /** P: a renewal is sent this long after the one before. */
  readonly renewEveryMs: number;
  /** C: a command without an answer by then has failed. */
  readonly commandTimeoutMs: number;
  /** R: without an acknowledged renewal for so long, the child is told to stop. */
  readonly renewDeadlineMs: number;
  /** G: from then until it is killed. */
  readonly killGraceMs: number;
  /** K: from the kill until it is reaped. */
  readonly killWaitMs: number;
  /** L: how late a timer, or the dead-man's look at the clock, may be. */
  readonly lagMs: number;
  /** rho: by which part (0 to 1) a clock may run fast or slow. */
  readonly drift: number;
}

/** The granularity of the boot clock, milliseconds. */
export const CLOCK_STEP_MS = 10;

/** Below this a busy machine alone would lose the lease again and again. Milliseconds. */
export const SHORTEST_TTL_MS = 3000;

/** supervision.md, section 2: what was simulated, and run with real processes. */
export const LEASE: LeaseTimings = {
  ttlMs: 30_000,
  renewEveryMs: 5_000,
  commandTimeoutMs: 2_000,
  renewDeadlineMs: 14_000,
  killGraceMs: 8_000,
  killWaitMs: 3_000,
  lagMs: 2_000,
  drift: 0.01,
};

/**
 * What is not given scales with the TTL; the drift does not, as it is a property of the clocks. Rounded so that the rules
 * below hold for the scaled ones as they do for the defaults.
 */
export function leaseTimings(given: {
  readonly [K in keyof LeaseTimings]?: number | undefined;
}): LeaseTimings {
  const ttlMs = given.ttlMs ?? LEASE.ttlMs;
  const scaled = (key: keyof LeaseTimings, round = Math.floor): number =>
    given[key] ?? round((LEASE[key] * ttlMs) / LEASE.ttlMs);
  return {
    ttlMs,
    renewEveryMs: scaled('renewEveryMs'),
    commandTimeoutMs: scaled('commandTimeoutMs'),
    renewDeadlineMs: scaled('renewDeadlineMs', Math.ceil),
    killGraceMs: scaled('killGraceMs'),
    killWaitMs: scaled('killWaitMs'),
    lagMs: scaled('lagMs'),
    drift: given.drift ?? LEASE.drift,
  };
}

export type TimingsProblem =
  | { readonly rule: 'too-short'; readonly ttlMs: number; readonly leastMs: number }
  /** A child might be alive when its lease has run out: R + G + K + L may be (1 - rho)T - eps at most. */
  | {
      readonly rule: 'outlives-lease';
      readonly timings: LeaseTimings;
      readonly sumMs: number;
      readonly limitMs: number;
    }
  /** One missed renewal would stop the child: R must be 2(P + C) at least. */
  | { readonly rule: 'no-second-try'; readonly timings: LeaseTimings; readonly leastMs: number }
  /** A renewal would be due while the one before may be under way: C must be less than P. */
  | { readonly rule: 'commands-overlap'; readonly timings: LeaseTimings };

/** Null where a lease with these is safe. */
export function timingsProblem(timings: LeaseTimings): TimingsProblem | null {
  const { ttlMs, renewEveryMs, commandTimeoutMs, renewDeadlineMs, killGraceMs, killWaitMs, lagMs, drift } =
    timings;
  if (ttlMs < SHORTEST_TTL_MS) return { rule: 'too-short', ttlMs, leastMs: SHORTEST_TTL_MS };
  const sumMs = renewDeadlineMs + killGraceMs + killWaitMs + lagMs;
  const limitMs = Math.floor((1 - drift) * ttlMs - CLOCK_STEP_MS);
  if (sumMs > limitMs) return { rule: 'outlives-lease', timings, sumMs, limitMs };
  const leastMs = 2 * (renewEveryMs + commandTimeoutMs);
  if (renewDeadlineMs < leastMs) return { rule: 'no-second-try', timings, leastMs };
  if (commandTimeoutMs >= renewEveryMs) return { rule: 'commands-overlap', timings };
  return null;
}

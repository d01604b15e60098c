/** The numbers of a lease, and what must hold among them so that no two holders overlap. */
import type { LeaseTimings } from './spec.ts';

/** supervision.md, section 2: what was simulated, and run with real processes. */
export const LEASE: LeaseTimings = {
  ttlMs: 30_000,
  renewEveryMs: 5000,
  commandTimeoutMs: 2000,
  renewDeadlineMs: 14_000,
  killGraceMs: 8000,
  killWaitMs: 3000,
  lagMs: 2000,
  drift: 0.01,
};

/** The kernel's text of the boot clock counts in hundredths of a second. Milliseconds. */
export const GRANULARITY_MS = 10;

/** Below this a busy machine alone would lose the lease again and again. Milliseconds. */
export const SHORTEST_TTL_MS = 3000;

/** Where only the TTL is given the others keep their proportion to it. */
export function leaseTimings(given: {
  readonly [K in keyof LeaseTimings]?: number | undefined;
}): LeaseTimings {
  const scale = (given.ttlMs ?? LEASE.ttlMs) / LEASE.ttlMs;
  const number = (key: Exclude<keyof LeaseTimings, 'drift'>): number => given[key] ?? LEASE[key] * scale;
  return {
    ttlMs: number('ttlMs'),
    renewEveryMs: number('renewEveryMs'),
    commandTimeoutMs: number('commandTimeoutMs'),
    renewDeadlineMs: number('renewDeadlineMs'),
    killGraceMs: number('killGraceMs'),
    killWaitMs: number('killWaitMs'),
    lagMs: number('lagMs'),
    drift: given.drift ?? LEASE.drift,
  };
}

/** Why a lease with these numbers would not be safe, or not live. Milliseconds. */
export type TimingsProblem =
  | { readonly kind: 'short'; readonly ttlMs: number; readonly leastMs: number }
  /** Who lost it may still run when somebody else gets it: the sum must not be above the limit. */
  | {
      readonly kind: 'unsafe';
      readonly sumMs: number;
      readonly limitMs: number;
      readonly timings: LeaseTimings;
    }
  /** One renewal that fails would end it: the deadline must be at least twice a renewal and its timeout. */
  | { readonly kind: 'hasty'; readonly leastMs: number; readonly timings: LeaseTimings }
  | { readonly kind: 'slow'; readonly timings: LeaseTimings };

/** Null: they are good. */
export function timingsProblem(timings: LeaseTimings): TimingsProblem | null {
  const { ttlMs, renewEveryMs, commandTimeoutMs, renewDeadlineMs, killGraceMs, killWaitMs, lagMs, drift } =
    timings;
  if (ttlMs < SHORTEST_TTL_MS) return { kind: 'short', ttlMs, leastMs: SHORTEST_TTL_MS };
  if (commandTimeoutMs >= renewEveryMs) return { kind: 'slow', timings };
  const leastMs = 2 * (renewEveryMs + commandTimeoutMs);
  if (renewDeadlineMs < leastMs) return { kind: 'hasty', leastMs, timings };
  const sumMs = renewDeadlineMs + killGraceMs + killWaitMs + lagMs;
  const limitMs = (1 - drift) * ttlMs - GRANULARITY_MS;
  return sumMs > limitMs ? { kind: 'unsafe', sumMs, limitMs, timings } : null;
}

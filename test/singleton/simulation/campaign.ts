/** Many trials, and what came of them together. */
import type { FaultName } from './faults.ts';
import { type Plan, trial } from './trial.ts';

export interface Report {
  readonly trials: number;
  readonly faults: number;
  readonly starts: number;
  /** Starts after another beat. */
  readonly handovers: number;
  readonly overlaps: number;
  readonly worstMs: number;
  /** Some of the seeds that showed an overlap, with the faults that led to it. */
  readonly guilty: ReadonlyArray<{ seed: number; faults: readonly FaultName[] }>;
  /** Sorted, milliseconds: without any beat; from a fault to the next start. */
  readonly gaps: readonly number[];
  readonly takeovers: readonly number[];
}

/** At most so many trials, and no more after `enough` overlaps. */
export function campaign(seed: number, most: number, plan: Plan, enough = Infinity): Report {
  const sum = { trials: 0, faults: 0, starts: 0, overlaps: 0, worstMs: 0 };
  const gaps: number[] = [];
  const takeovers: number[] = [];
  const guilty = [];
  while (sum.trials < most && sum.overlaps < enough) {
    const own = seed + sum.trials;
    const outcome = trial(own, plan);
    sum.trials += 1;
    sum.faults += outcome.faults.length;
    sum.starts += outcome.starts;
    sum.overlaps += outcome.overlaps;
    sum.worstMs = Math.max(sum.worstMs, outcome.worstMs);
    for (const gap of outcome.gaps) gaps.push(gap);
    for (const takeover of outcome.takeovers) takeovers.push(takeover);
    if (outcome.overlaps > 0 && guilty.length < 5) guilty.push({ seed: own, faults: outcome.faults });
  }
  gaps.sort((a, b) => a - b);
  takeovers.sort((a, b) => a - b);
  return { ...sum, handovers: gaps.length + sum.overlaps, guilty, gaps, takeovers };
}

/** `part` 0.5: the median; 1: the worst. Seconds. */
export const secondsAt = (sorted: readonly number[], part: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN) / 1000;

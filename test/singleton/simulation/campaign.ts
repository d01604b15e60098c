/** Many trials, and what came of them together. */
import type { FaultName } from './faults.ts';
import { type Plan, trial } from './trial.ts';

export interface Report {
  readonly trials: number;
  readonly starts: number;
  readonly handovers: number;
  readonly faults: number;
  readonly overlaps: number;
  readonly worstMs: number;
  /** The seeds that showed an overlap, with the faults that led to it; the first few. */
  readonly guilty: ReadonlyArray<{ seed: number; faults: readonly FaultName[] }>;
  readonly medianGapMs: number;
  readonly worstGapMs: number;
}

export function campaign(seed: number, trials: number, plan: Plan): Report {
  let starts = 0;
  let faults = 0;
  let overlaps = 0;
  let worstMs = 0;
  const gaps: number[] = [];
  const guilty = [];
  for (let n = 0; n < trials; n += 1) {
    const outcome = trial(seed + n, plan);
    starts += outcome.starts;
    faults += outcome.faults.length;
    overlaps += outcome.overlaps;
    worstMs = Math.max(worstMs, outcome.worstMs);
    for (const gap of outcome.gaps) gaps.push(gap);
    if (outcome.overlaps > 0 && guilty.length < 5) guilty.push({ seed: seed + n, faults: outcome.faults });
  }
  gaps.sort((a, b) => a - b);
  return {
    trials,
    starts,
    handovers: gaps.length + overlaps,
    faults,
    overlaps,
    worstMs,
    guilty,
    medianGapMs: gaps[gaps.length >> 1] ?? 0,
    worstGapMs: gaps.at(-1) ?? 0,
  };
}

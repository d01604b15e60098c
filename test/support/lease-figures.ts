/** The one line that a fault run leaves, and what it must not have seen. */
import { expect } from 'vitest';
import type { Takeover } from './lease-acts.ts';
import type { PairResult } from './lease-pair.ts';

export interface Total {
  readonly seed: number;
  /** How often each fault was. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly results: readonly PairResult[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Seconds. */
function spread(
  ms: readonly number[],
): { readonly median: number; readonly max: number; readonly of: number } | null {
  const sorted = ms.toSorted((a, b) => a - b);
  const [median, max] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (median === undefined || max === undefined) return null;
  const seconds = (one: number): number => Math.round(one / 10) / 100;
  return { median: seconds(median), max: seconds(max), of: sorted.length };
}

export function tellFigures(total: Total): void {
  const { results } = total;
  const takeovers = results.flatMap((one) => one.takeovers);
  const after = (end: Takeover['after']): number[] =>
    takeovers.filter((one) => one.after === end).map(({ ms }) => ms);
  const figures = {
    seed: total.seed,
    faults: sum(Object.values(total.kinds)),
    beats: sum(results.map(({ beats }) => beats)),
    sends: sum(results.map(({ sends }) => sends)),
    overlaps: results.flatMap(({ overlaps }) => overlaps),
    resent: sum(results.map(({ resent }) => resent)),
    twice: sum(results.map(({ twice }) => twice.length)),
    takeover_s: { stop: spread(after('stop')), kill: spread(after('kill')) },
    recovery_s: spread(results.flatMap(({ recoveries }) => recoveries)),
    kinds: total.kinds,
  };
  process.stderr.write(`lease faults: ${JSON.stringify(figures)}\n`);
  if (process.env['PRODSERVER_LEASE_STORY'] === undefined) return;
  for (const { story } of results) process.stderr.write(`${story}\n\n`);
}

export function expectOneBeat(total: Total): void {
  for (const [pair, one] of total.results.entries()) {
    const { failure, overlaps, unexplained, fences, unsigned, twice, never } = one;
    const story = `pair ${pair} of seed ${total.seed}:\n${one.story}`;
    expect({ failure, overlaps, unexplained, fences, unsigned, twice, never }, story).toEqual({
      failure: null,
      overlaps: [],
      unexplained: [],
      fences: [],
      unsigned: 0,
      twice: [],
      never: [],
    });
  }
}

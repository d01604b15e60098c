/**
 * Whether a process leaks, by the series of its memory that the supervisor keeps. Pure. Everything grows at first, so
 * the beginning is left out; a process that has found its size no longer grows in the last third of what is left.
 */
import type { ProcessRow } from '../control/protocol.ts';

type Sample = ProcessRow['growth'][number];

export interface Leak {
  readonly bytes: number;
  readonly ms: number;
  /** Tasks that it did meanwhile; null: it does not tell. */
  readonly tasks: number | null;
  /** Bytes a millisecond. */
  readonly rate: number;
  /** What it had at the beginning. */
  readonly from: number;
}

/** Samples without which nothing is said. */
const FEWEST = 8;
/** A process that runs longer than this has found its size, if it has one. Seconds. */
const WARM_S = 600;
/** Below this, and below this part of what it had, growth is the allocator's play. */
const LEAST_BYTES = 64 * 1024 ** 2;
const LEAST_PART = 0.2;
/** Of one that is not yet warm: less may be what it loads. */
const LEAST_COLD_BYTES = 128 * 1024 ** 2;
/** What the last step must be of the step before it: one that levels off is no leak. */
const STEADY = 0.5;

/** Null: none is to be seen. */
export function leakOf(growth: readonly Sample[]): Leak | null {
  const newest = growth.at(-1);
  if (newest === undefined) return null;
  // One more child of a pool is no growth of the others.
  const alike = growth.filter((sample) => sample.processes === newest.processes);
  const isWarm = newest.age_s >= 2 * WARM_S;
  const kept = alike.filter(({ age_s: age }) => age >= (isWarm ? WARM_S : newest.age_s / 4));
  if (kept.length < FEWEST) return null;
  const [first, last] = [kept[0] ?? newest, kept.at(-1) ?? newest];
  const bytes = last.rss_bytes - first.rss_bytes;
  const least = isWarm ? Math.max(LEAST_BYTES, first.rss_bytes * LEAST_PART) : LEAST_COLD_BYTES;
  if (bytes < least || !(isWarm ? keepsGrowing(kept) : neverRests(kept))) return null;
  const ms = Math.round((last.age_s - first.age_s) * 1000);
  const tasks = first.tasks === null || last.tasks === null ? null : last.tasks - first.tasks;
  return { bytes, ms, tasks, rate: bytes / ms, from: first.rss_bytes };
}

/** By the medians of its thirds, since single looks meet peaks. */
function keepsGrowing(samples: readonly Sample[]): boolean {
  const spans = [0, 1, 2].map((third) => thirdOf(samples, third));
  const [early = 0, middle = 0, late = 0] = spans.map((span) => median(span.map((one) => one.rss_bytes)));
  return middle > early && late - middle >= STEADY * (middle - early);
}

/** Thirds of the time and not of the number: the newest samples stand close together. */
function thirdOf(samples: readonly Sample[], third: number): Sample[] {
  const [from, to] = [samples[0]?.age_s ?? 0, samples.at(-1)?.age_s ?? 0];
  const length = (to - from) / 3;
  return samples.filter(({ age_s: age }) => Math.min(2, Math.floor((age - from) / length)) === third);
}

/** One that loads its data does so in bounds; one that leaks at this rate does it without a pause. */
const neverRests = (samples: readonly Sample[]): boolean =>
  samples.every((one, index) => index === 0 || one.rss_bytes > (samples[index - 1]?.rss_bytes ?? 0));

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const STEP = 64 * 1024 ** 2;

/** A limit at which a process of this size can work for a while: twice what it had, in whole steps. */
export const wiseLimit = (bytes: number): number => Math.ceil((bytes * 2) / STEP) * STEP;

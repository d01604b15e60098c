/** How the memory of one run went: a short series over its whole life, the same length for an hour and for a month. */

/** One look. Of the whole tree; pages that several processes share count for each. */
export interface GrowthSample {
  /** Milliseconds since the run was started. */
  readonly ageMs: number;
  readonly rssBytes: number;
  /** Members of the tree: a sample with others is not to be compared with this one. */
  readonly processes: number;
  /** Tasks that were done by then; null where that is not told. */
  readonly tasks: number | null;
}

export interface Growth {
  add(sample: GrowthSample): void;
  /** The oldest first; the last is the newest look, however near to the one before. */
  readonly samples: () => readonly GrowthSample[];
}

/** When so many are kept, every other one is forgotten and half as many are taken from then on. */
const KEPT = 32;

/** `everyMs`: how far apart the samples are at first. */
export function newGrowth(everyMs: number): Growth {
  let kept: GrowthSample[] = [];
  let newest: GrowthSample | null = null;
  let spacing = everyMs;
  return {
    add(sample) {
      newest = sample;
      const last = kept.at(-1);
      if (last !== undefined && sample.ageMs - last.ageMs < spacing) return;
      kept.push(sample);
      if (kept.length < KEPT) return;
      kept = kept.filter((_, index) => index % 2 === 0);
      spacing *= 2;
    },
    samples: () => (newest === null || newest === kept.at(-1) ? kept : [...kept, newest]),
  };
}

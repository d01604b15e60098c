/** Work in slices, so that the loop sees to everything else in between. */
import type { Cancel, Clock } from '../model/clock.ts';

/**
 * The longest that all work together takes of one turn of the loop. A fraction of the lag
 * that is promised, since a busy machine makes it longer. Milliseconds.
 */
const SLICE_MS = 5;

export interface Turns {
  /** Calls `work` for as long as it says that there is more, in turn with all others; one call must be short. */
  add(work: () => boolean): Cancel;
}

export function newTurns(clock: Clock): Turns {
  const ring = new Set<() => boolean>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || ring.size === 0) return;
    scheduled = true;
    setImmediate(slice);
  };
  const slice = (): void => {
    scheduled = false;
    const end = clock.now() + SLICE_MS;
    try {
      for (const work of ring) {
        // A set gives what is added meanwhile at its end: whoever has more goes behind all others.
        ring.delete(work);
        if (work()) ring.add(work);
        if (clock.now() >= end) break;
      }
    } finally {
      schedule();
    }
  };

  return {
    add(work) {
      ring.add(work);
      schedule();
      return () => void ring.delete(work);
    },
  };
}

/** The proof that supervision works: every process that is said to live is seen, and every end is noticed. */
import type { ProcessStat } from '../os/proc.ts';
import type { Slot } from '../supervisor/slot-face.ts';
import { livePid } from './status.ts';

export interface Living {
  /** `worker.1`, of a successor `worker.1.g2`. */
  readonly instance: string;
  readonly pid: number;
}

/** The news of an end may take as long as its last output, for which a second is given. Milliseconds. */
const BLIND_MS = 3000;

/**
 * Of `living`, as far as the supervisor knows, those that have not been among all processes of the system, or have been
 * there only as zombies, for so long that their end must have been missed.
 */
export type Sight = (
  living: readonly Living[],
  stats: readonly Pick<ProcessStat, 'pid' | 'state'>[],
  now: number,
) => readonly Living[];

export function newSight(): Sight {
  /** Pids, with the instant at which they were missed first. */
  let missed = new Map<number, number>();
  return (living, stats, now) => {
    const seen = new Set(stats.filter(({ state }) => state !== 'Z' && state !== 'X').map(({ pid }) => pid));
    const gone = living.filter(({ pid }) => !seen.has(pid));
    missed = new Map(gone.map(({ pid }) => [pid, missed.get(pid) ?? now]));
    return gone.filter(({ pid }) => now - (missed.get(pid) ?? now) >= BLIND_MS);
  };
}

/** All that live in it, as far as the supervisor knows. */
export const livingOf = (slot: Pick<Slot, 'all'>): Living[] =>
  slot.all().flatMap((one) => {
    const pid = livePid(one.machine().state);
    return pid === null ? [] : [{ instance: one.label, pid }];
  });

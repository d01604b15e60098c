/** A brake for the whole fleet: many processes that crash together must not keep the machine busy with starting them. */
import type { Clock } from '../model/clock.ts';

export interface SpawnRate {
  /** 0: it may start now. Else the milliseconds until its turn, which is kept for it. */
  turn(instance: string): number;
}

/**
 * At most `burst` starts at once and `perSecond` in the long run (the generic cell rate algorithm: one instant instead
 * of a count of tokens). One that must wait is given its turn, so that nobody starves.
 */
export function newSpawnRate(perSecond: number, burst: number, clock: Pick<Clock, 'now'>): SpawnRate {
  const intervalMs = 1000 / perSecond;
  const slackMs = (burst - 1) * intervalMs;
  /** When the next start would be due if they came evenly. */
  let due = -Infinity;
  const turns = new Map<string, number>();
  return {
    turn(instance) {
      const now = clock.now();
      let at = turns.get(instance);
      if (at === undefined) {
        due = Math.max(due, now) + intervalMs;
        at = due - intervalMs - slackMs;
      }
      if (at <= now) {
        turns.delete(instance);
        return 0;
      }
      turns.set(instance, at);
      return Math.ceil(at - now);
    },
  };
}

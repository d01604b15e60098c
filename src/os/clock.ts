import type { Cancel, Clock } from '../model/clock.ts';

/** Node fires a timer of more than 2^31-1 ms after 1 ms, so long ones are slept in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms: number, fire: () => void): Cancel {
    const due = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const sleep = (): void => {
      const left = due - performance.now();
      // Rounded up: Node truncates, and a timer that fires early would be asked for again in a busy loop.
      timer =
        left > LONGEST_TIMER_MS ? setTimeout(sleep, LONGEST_TIMER_MS) : setTimeout(fire, Math.ceil(left));
    };
    sleep();
    return () => clearTimeout(timer);
  },
};

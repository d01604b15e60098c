/** As PID 1 a supervisor takes every process of its namespace along when it ends, the command that asked for the end too. */
import type { Control } from '../control/server.ts';
import type { Clock } from '../model/clock.ts';
import { isAlive } from '../os/proc.ts';

/** How long the end waits for those that asked for it, and how often they are looked at. Milliseconds. */
const PATIENCE_MS = 2000;
const LOOK_MS = 20;

export interface Farewell {
  readonly control: Control;
  /** Resolves when all that asked for a stop have seen it and gone; at once for any supervisor but PID 1. */
  taken(): Promise<void>;
}

export function newFarewell(control: Control, clock: Clock, pid = process.pid): Farewell {
  const askers = new Set<number>();
  return {
    control: {
      ...control,
      stop(names, asker) {
        if (asker !== undefined) askers.add(asker);
        return control.stop(names, asker);
      },
    },
    async taken() {
      if (pid !== 1) return;
      const end = clock.now() + PATIENCE_MS;
      while (clock.now() < end && [...askers].some((asker) => isAlive(asker))) {
        await new Promise<void>((done) => void clock.after(LOOK_MS, done));
      }
    },
  };
}

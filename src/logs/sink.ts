/** A bounded queue before an outlet: a slow reader slows the writers, a stuck one loses lines (counted), nobody waits. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { Outlet } from '../model/line.ts';

/** Past this many queued bytes the sources are asked to pause. */
const HIGH_WATER = 256 * 1024;
/** Below this they go on. */
const LOW_WATER = 64 * 1024;
/** No more than this is ever queued. */
const LIMIT = 1024 * 1024;
/** A reader that took nothing for this long is stuck: the sources go on, and lines are dropped. Milliseconds. */
const STUCK_AFTER_MS = 1000;

export interface Sink {
  /** Queues one line, with its end. */
  write(line: string): void;
  /** `pause` and `resume` are called as the queue fills and empties. */
  onPressure(pause: () => void, resume: () => void): void;
  /** Lines that were dropped since the start. */
  dropped(): number;
  /** Gives what is queued until `ms` from now to get out, then lets go. */
  close(ms: number): Promise<void>;
}

/** `lost` makes the line that tells a reader who came back how many it missed. */
export function newSink(outlet: Outlet, clock: Clock, lost: (count: number) => string): Sink {
  let queue: Buffer[] = [];
  let queued = 0;
  let droppedTotal = 0;
  let droppedUntold = 0;
  let waiting = false;
  let scheduled = false;
  let gone = false;
  let paused = false;
  let stuck = false;
  let stuckTimer: Cancel | null = null;
  let whenEmpty: (() => void) | null = null;
  let pause: () => void = () => undefined;
  let resume: () => void = () => undefined;

  const setPaused = (wanted: boolean): void => {
    if (wanted === paused) return;
    paused = wanted;
    if (wanted) pause();
    else resume();
  };

  const flush = (): void => {
    scheduled = false;
    while (queued > 0 && !waiting && !gone) {
      const batch = queue.length === 1 && queue[0] !== undefined ? queue[0] : Buffer.concat(queue, queued);
      const taken = outlet.write(batch);
      if (taken === null) {
        gone = true;
        queue = [];
        queued = 0;
        break;
      }
      queue = taken === batch.length ? [] : [batch.subarray(taken)];
      queued = batch.length - taken;
      if (taken > 0) progress();
      if (taken < batch.length) wait();
    }
    if (queued < LOW_WATER) setPaused(false);
    if (queued === 0) whenEmpty?.();
  };

  const progress = (): void => {
    stuckTimer?.();
    stuckTimer = null;
    stuck = false;
    // What was queued came before what was dropped, so the word about it stands behind it, and before what comes next.
    if (droppedUntold > 0 && queued < HIGH_WATER) {
      const line = lost(droppedUntold);
      droppedUntold = 0;
      push(Buffer.from(line));
    }
  };

  const wait = (): void => {
    waiting = true;
    stuckTimer ??= clock.after(STUCK_AFTER_MS, () => {
      stuckTimer = null;
      stuck = true;
      setPaused(false);
    });
    outlet.whenWritable(() => {
      waiting = false;
      if (!gone) flush();
    });
  };

  const push = (bytes: Buffer): void => {
    queue.push(bytes);
    queued += bytes.length;
  };

  const flushed = async (ms: number): Promise<void> =>
    new Promise((done) => {
      const cancel = clock.after(ms, done);
      outlet.whenWritable(() => {
        cancel();
        done();
      });
    });

  return {
    write(line) {
      if (gone) return;
      const bytes = Buffer.from(line);
      // Once lines are lost, more are until there is room again, or the reader would see gaps everywhere.
      if (droppedUntold > 0 || queued + bytes.length > LIMIT) {
        droppedTotal += 1;
        droppedUntold += 1;
        return;
      }
      push(bytes);
      if (queued > HIGH_WATER && !stuck) setPaused(true);
      // Lines of one turn of the loop go out in one write.
      if (!scheduled && !waiting) setImmediate(flush);
      scheduled = true;
    },
    onPressure(onPause, onResume) {
      pause = onPause;
      resume = onResume;
    },
    dropped: () => droppedTotal,
    async close(ms) {
      if (queued > 0 && !gone) {
        await new Promise<void>((done) => {
          const cancel = clock.after(ms, done);
          whenEmpty = () => {
            cancel();
            done();
          };
          if (!waiting) flush();
        });
      }
      stuckTimer?.();
      // What a socket still holds in our process is given the rest of its time by whenWritable.
      if (!gone && outlet.pending()) await flushed(ms);
      gone = true;
      outlet.close();
    },
  };
}

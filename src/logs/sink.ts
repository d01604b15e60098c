/** A bounded queue before an outlet: a slow reader slows the writers, a stuck one loses lines (counted), nobody waits. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { Outlet } from '../model/line.ts';
import type { WhenFull } from '../model/spec.ts';

/** Past this many queued bytes the sources are asked to pause. */
const HIGH_WATER = 256 * 1024;
/** Below this they go on. */
const LOW_WATER = 64 * 1024;
/** No more than this is ever queued. */
const LIMIT = 1024 * 1024;
/** A reader that took nothing for this long is stuck: the sources go on, and lines are dropped. Milliseconds. */
const STUCK_AFTER_MS = 1000;
const NEWLINE = 0x0a;

export interface Sink {
  /** Queues so many lines, with their ends; false where they were dropped. */
  write(bytes: Buffer, lines: number): boolean;
  /** `pause` and `resume` are called as the queue fills and empties. */
  onPressure(pause: () => void, resume: () => void): void;
  /** Lines that were dropped since the start. */
  dropped(): number;
  /** Gives what is queued until `ms` from now to get out, then lets go. */
  close(ms: number): Promise<void>;
}

export interface SinkOptions {
  /** Makes the line that tells a reader who came back how many it missed. */
  readonly lost: (count: number) => string;
  /** Block: the sources wait for as long as it takes. */
  readonly whenFull: WhenFull;
}

export function newSink(outlet: Outlet, clock: Clock, { lost, whenFull }: SinkOptions): Sink {
  let queue: Buffer[] = [];
  let queued = 0;
  let droppedTotal = 0;
  let droppedUntold = 0;
  let waiting = false;
  let scheduled = false;
  let gone = false;
  let insideLine = false;
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
      push(Buffer.from(insideLine ? `\n${line}` : line));
    }
  };

  const wait = (): void => {
    waiting = true;
    if (whenFull === 'drop') {
      stuckTimer ??= clock.after(STUCK_AFTER_MS, () => {
        stuckTimer = null;
        stuck = true;
        setPaused(false);
      });
    }
    outlet.whenWritable(() => {
      waiting = false;
      if (!gone) flush();
    });
  };

  const push = (bytes: Buffer): void => {
    queue.push(bytes);
    queued += bytes.length;
    insideLine = bytes.at(-1) !== NEWLINE;
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
    write(bytes, lines) {
      if (gone) return true;
      // Once lines are lost, more are until there is room again, or the reader would see gaps everywhere.
      if (droppedUntold > 0 || queued + bytes.length > LIMIT) {
        droppedTotal += lines;
        droppedUntold += lines;
        return false;
      }
      push(bytes);
      if (queued > HIGH_WATER && !stuck) setPaused(true);
      // Lines of one turn of the loop go out in one write.
      if (!scheduled && !waiting) setImmediate(flush);
      scheduled = true;
      return true;
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

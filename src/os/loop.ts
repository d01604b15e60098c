import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is asked to be on time. Milliseconds. */
const RESOLUTION_MS = 10;

export interface LoopLag {
  /** How late the loop was, since the start, in milliseconds: of the 99th of a hundred looks, and at most. */
  read(): { readonly p99: number; readonly max: number };
  stop(): void;
}

export function watchLoopLag(): LoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  // The figures are those between two looks, in nanoseconds: the time that was meant to pass is no lag.
  const late = (nanoseconds: number): number =>
    Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10);
  return {
    read: () =>
      delays.count === 0 ? { p99: 0, max: 0 } : { p99: late(delays.percentile(99)), max: late(delays.max) },
    stop: () => void delays.disable(),
  };
}

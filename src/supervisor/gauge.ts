/** What the looks at all processes show of one run: its memory, and how much of the processors it uses. */
import { readResident, type ProcessStat } from '../os/proc.ts';
import type { Tree } from '../os/tree.ts';

/** Of user space, on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** Of the last look. Bytes, resident; pages that several processes share count for each. */
export interface Footprint {
  /** The main process first. */
  readonly pids: readonly number[];
  readonly mainBytes: number;
  readonly treeBytes: number;
}

export interface Gauge {
  /** `now`: the clock's milliseconds. */
  measure(stats: readonly ProcessStat[], now: number): void;
  /** Null before the first look. */
  readonly footprint: () => Footprint | null;
  /** Bytes: the most that was seen of its tree. */
  readonly peakBytes: () => number | null;
  /** Between the last two looks; 100 is one processor. */
  readonly cpuPercent: () => number | null;
  /** Processor time up to the last look; it never falls. */
  readonly cpuSeconds: () => number;
}

/** `started`: the clock's milliseconds. */
export function newGauge(tree: Tree, started: number): Gauge {
  let footprint: Footprint | null = null;
  let peakBytes: number | null = null;
  let cpuPercent: number | null = null;
  let cpuSeconds = 0;
  let last = { at: started, ticks: 0 };

  return {
    measure(stats, now) {
      const pids = tree.members(stats);
      const parts = pids.map(readResident);
      const treeBytes = parts.reduce((total, part) => total + (part?.now ?? 0), 0);
      if (treeBytes > 0) {
        footprint = { pids, mainBytes: parts[0]?.now ?? 0, treeBytes };
        // The kernel keeps the most of the main process, so what it had between two looks is known.
        peakBytes = Math.max(peakBytes ?? 0, treeBytes, parts[0]?.peak ?? 0);
      }
      const members = new Set(pids);
      const ticks = stats.reduce((sum, stat) => (members.has(stat.pid) ? sum + stat.cpuTicks : sum), 0);
      const seconds = (now - last.at) / 1000;
      // A child that did not end in its parent's arms takes its time with it.
      const used = Math.max(0, ticks - last.ticks) / TICKS_A_SECOND;
      cpuSeconds += used;
      if (seconds > 0) cpuPercent = Math.round((used / seconds) * 1000) / 10;
      last = { at: now, ticks };
    },
    footprint: () => footprint,
    peakBytes: () => peakBytes,
    cpuPercent: () => cpuPercent,
    cpuSeconds: () => cpuSeconds,
  };
}

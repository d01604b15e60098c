/** The processes that belong to one run: its main process, every descendant, and what shares its session or group. */
import { constants } from 'node:os';
import type { Clock } from '../model/clock.ts';
import { libc } from './libc.ts';
import { hasMark } from './marks.ts';
import { argvOf } from './command-lines.ts';
import { allStats, childrenOf, ownChildren, readStat, recentStats, type ProcessStat } from './proc.ts';
import { isWaitedFor } from './waited.ts';

/** How often a killed process is looked for until it is gone. Milliseconds. */
const GONE_POLL_MS = 20;

export interface Tree {
  /** Pids of the live members now, the main one first. `stats` spares the look where somebody has just looked. */
  members(stats?: readonly ProcessStat[]): number[];
  /** Pids of those that the main process has started to do its work, and not to help itself. */
  workers(): number[];
  /** Signals the main process only: a pool's children die of a TERM of their own and lose tasks. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to every member. */
  kill(): void;
  /** Kills what outlives the main process; answers when nothing is left, at once when nothing was. */
  sweep(done: () => void): void;
}

/**
 * Where orphans of a run are looked for by its mark, those that have left its session too: nowhere, among our own
 * children (we are a subreaper, so that one short read tells whether there are any), or everywhere (the run is another
 * supervisor's).
 */
export type Orphans = 'unknown' | 'own' | 'anywhere';

/** `mark` stands in the environment of the run; a hint only, for a program may overwrite its environment. */
export function newTree(main: number, clock: Clock, orphans: Orphans, mark: string): Tree {
  const subreaper = orphans === 'own';
  /** pid -> start time of members that were seen: a child that left the session is still known by it. */
  const seen = new Map<number, number>();
  const mainStart = readStat(main)?.startTicks;
  const since = performance.now();
  const members = (stats: readonly ProcessStat[]): ProcessStat[] => {
    // A pid that has passed to another process names neither our main process nor our session and group any more.
    const reused = stats.some((stat) => stat.pid === main && stat.startTicks !== mainStart);
    const found = stats.filter(
      (stat) =>
        seen.get(stat.pid) === stat.startTicks ||
        (!reused && (stat.pid === main || stat.session === main || stat.group === main)) ||
        (mayBeOrphan(stat, orphans) && hasMark(stat.pid, mark)),
    );
    const pids = new Set(found.map((stat) => stat.pid));
    // Parents may come after their children in /proc (pids wrap), so descend until nothing new turns up.
    for (let before = -1; before !== pids.size;) {
      before = pids.size;
      for (const stat of stats) {
        if (pids.has(stat.parent) && !pids.has(stat.pid)) {
          pids.add(stat.pid);
          found.push(stat);
        }
      }
    }
    for (const stat of found) seen.set(stat.pid, stat.startTicks);
    return found.filter((stat) => stat.state !== 'Z' && stat.state !== 'X');
  };

  /** What a look of a moment ago does not show descends from what it shows: nothing is told to be gone too soon. */
  const recent = (): ProcessStat[] => members(recentStats(since));

  const killAll = (live: readonly ProcessStat[]): void => {
    for (const { pid, startTicks } of live) sendTo(pid, startTicks, 'SIGKILL');
  };

  return {
    members: (stats = allStats()) =>
      members(stats)
        .map((stat) => stat.pid)
        .sort((a, b) => Number(b === main) - Number(a === main) || a - b),
    workers: () => childrenOf(main).filter((pid) => !isHelper(pid)),
    signal(signal) {
      sendTo(main, mainStart, signal);
      // A stopped process takes its TERM only once it goes on.
      if (!STOPS.has(signal)) sendTo(main, mainStart, 'SIGCONT');
    },
    kill: () => killAll(recent()),
    sweep(done) {
      const alone = [...seen.keys()].every((pid) => pid === main);
      if (subreaper && alone && noOrphans()) return done();
      const look = (): void => {
        const live = recent();
        if (live.length === 0) return done();
        killAll(live);
        clock.after(GONE_POLL_MS, look);
      };
      look();
    },
  };
}

const STOPS: ReadonlySet<string> = new Set(['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT']);

/** Python's own, which live as long as the process that has started them. */
const isHelper = (pid: number): boolean =>
  argvOf(pid).some((word) =>
    /\bmultiprocessing\.(resource_tracker|semaphore_tracker|forkserver)\b/.test(word),
  );

function mayBeOrphan(stat: ProcessStat, orphans: Orphans): boolean {
  if (orphans === 'own') return stat.parent === process.pid && !isWaitedFor(stat.pid);
  return orphans === 'anywhere' && stat.pid !== process.pid;
}

/** True when this process has no child that it did not spawn itself. */
function noOrphans(): boolean {
  return ownChildren()?.every(isWaitedFor) ?? false;
}

/**
 * Signals the process of that start time and no other: between the look and the signal a pid may pass on. A pidfd
 * closes the gap; where there is none (an old kernel, no koffi) it is microseconds.
 */
function sendTo(pid: number, startTicks: number | undefined, signal: NodeJS.Signals): void {
  const isIt = (): boolean => startTicks !== undefined && readStat(pid)?.startTicks === startTicks;
  if (!isIt() || libc()?.signalOnly(pid, constants.signals[signal], isIt) === true || !isIt()) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes that belong to one run: its main process, every descendant, and what shares its session or group. */
import type { Clock } from '../model/clock.ts';
import { allStats, ownChildren, readProc, readStat, type ProcessStat } from './proc.ts';
import { isWaitedFor } from './spawn.ts';

/** How often a killed process is looked for until it is gone. Milliseconds. */
const GONE_POLL_MS = 20;

export interface Tree {
  /** Pids of the live members now, the main one first. */
  members(): number[];
  /** Signals the main process only: a pool's children die of a TERM of their own and lose tasks. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to every member. */
  kill(): void;
  /** Kills what outlives the main process; answers when nothing is left, at once when nothing was. */
  sweep(done: () => void): void;
}

/**
 * `subreaper`: orphans become our own children, so that one short read tells whether there are any. `mark` stands in the
 * environment of the run: it tells whose an adopted orphan is that has left its session (a hint only: a program may
 * overwrite its environment).
 */
export function newTree(main: number, clock: Clock, subreaper: boolean, mark: string): Tree {
  /** pid -> start time of members that were seen: a child that left the session is still known by it. */
  const seen = new Map<number, number>();
  const mainStart = readStat(main)?.startTicks;
  const members = (): ProcessStat[] => {
    const stats = allStats();
    // A pid that has passed to another process names neither our main process nor our session and group any more.
    const reused = stats.some((stat) => stat.pid === main && stat.startTicks !== mainStart);
    const found = stats.filter(
      (stat) =>
        seen.get(stat.pid) === stat.startTicks ||
        (!reused && (stat.pid === main || stat.session === main || stat.group === main)) ||
        (subreaper && stat.parent === process.pid && !isWaitedFor(stat.pid) && hasMark(stat.pid, mark)),
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

  const killAll = (live: readonly ProcessStat[]): void => {
    for (const stat of live) {
      // Between the look and the kill a pid may pass to another process: only the one that was seen is meant.
      if (readStat(stat.pid)?.startTicks === stat.startTicks) send(stat.pid, 'SIGKILL');
    }
  };

  return {
    members: () =>
      members()
        .map((stat) => stat.pid)
        .sort((a, b) => Number(b === main) - Number(a === main) || a - b),
    signal(signal) {
      send(main, signal);
      // A stopped process takes its TERM only once it goes on.
      send(main, 'SIGCONT');
    },
    kill: () => killAll(members()),
    sweep(done) {
      if (subreaper && seen.size === 0 && noOrphans()) return done();
      const look = (): void => {
        const live = members();
        if (live.length === 0) return done();
        killAll(live);
        clock.after(GONE_POLL_MS, look);
      };
      look();
    },
  };
}

/** True where `mark` stood in the environment that the process was started with. */
const hasMark = (pid: number, mark: string): boolean =>
  readProc(`/proc/${pid}/environ`)?.split('\0').includes(mark) ?? false;

/** True when this process has no child that it did not spawn itself. */
function noOrphans(): boolean {
  return ownChildren()?.every(isWaitedFor) ?? false;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

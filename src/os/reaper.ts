/** Adopts and reaps orphans: as PID 1 the kernel gives them to us, elsewhere a subreaper asks for them. */
import type { Clock } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import { libc, libcProblem } from './libc.ts';
import { ownChildren, readStat } from './proc.ts';
import { isWaitedFor } from './waited.ts';

export interface Reaper {
  /** Orphans of our children become our own. */
  readonly adopts: boolean;
  /** What is lost, where that could not be had. */
  readonly problem: Failure | null;
  /**
   * Kills what is still adopted when nothing is supervised any more: a daemon that left its session and emptied its
   * environment belongs to no run that could be told, but to one of them.
   */
  endOrphans(clock: Clock): Promise<void>;
  stop(): void;
}

/** How often killed orphans are looked for, and how long at most: one that hangs in the kernel is not waited for. Milliseconds. */
const GONE_POLL_MS = 20;
const GONE_MOST_MS = 5000;

/**
 * libuv waits only for the pids that it spawned, so adopted zombies are waited for here, one by one: never with -1,
 * which would take an exit code that libuv has yet to see.
 */
export function startReaper(): Reaper {
  const calls = libc();
  const adopts = calls?.becomeSubreaper() ?? false;
  if (calls === null || !adopts) {
    const problem = failure('subreaper-missing', { detail: libcProblem() || 'prctl refused it' });
    return { adopts, problem, endOrphans: async () => undefined, stop: () => undefined };
  }
  let pending = false;
  const reap = (): void => {
    pending = false;
    for (const pid of ownChildren() ?? []) {
      if (!isWaitedFor(pid) && readStat(pid)?.state === 'Z') calls.reap(pid);
    }
  };
  const onChild = (): void => {
    // After the poll phase libuv has emitted the exits of its own, so what is left is really ours.
    if (!pending) setImmediate(reap);
    pending = true;
  };
  process.on('SIGCHLD', onChild);
  const endOrphans = async (clock: Clock): Promise<void> => {
    const deadline = clock.now() + GONE_MOST_MS;
    // The children of a killed one are adopted in their turn.
    for (;;) {
      reap();
      const left = (ownChildren() ?? []).filter((pid) => !isWaitedFor(pid));
      if (left.length === 0 || clock.now() > deadline) return;
      // Nobody but us can reap them, so their pids are still theirs.
      for (const pid of left) kill(pid);
      await new Promise<void>((done) => void clock.after(GONE_POLL_MS, done));
    }
  };
  return { adopts, problem: null, endOrphans, stop: () => process.off('SIGCHLD', onChild) };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // EPERM: it has become another user's, who is not to be waited for any less.
  }
}

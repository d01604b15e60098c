/** Adopts and reaps orphans: as PID 1 the kernel gives them to us, elsewhere a subreaper asks for them. */
import { failure, type Failure } from '../model/failure.ts';
import { libc, libcProblem } from './libc.ts';
import { ownChildren, readStat } from './proc.ts';
import { isWaitedFor } from './spawn.ts';

export interface Reaper {
  /** Orphans of our children become our own. */
  readonly adopts: boolean;
  /** What is lost, where that could not be had. */
  readonly problem: Failure | null;
  stop(): void;
}

/**
 * libuv waits only for the pids that it spawned, so adopted zombies are waited for here, one by one: never with -1,
 * which would take an exit code that libuv has yet to see.
 */
export function startReaper(): Reaper {
  const calls = libc();
  const adopts = calls?.becomeSubreaper() ?? false;
  if (calls === null || !adopts) {
    const problem = failure('subreaper-missing', { detail: libcProblem() || 'prctl refused it' });
    return { adopts, problem, stop: () => undefined };
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
  return { adopts, problem: null, stop: () => process.off('SIGCHLD', onChild) };
}

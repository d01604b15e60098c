/** Reads the machine's facts. All of it is quick: what may hang is asked apart. */
import { cpus } from 'node:os';
import type { StatusAnswer } from '../control/protocol.ts';
import { readCgroup } from '../os/cgroup.ts';
import { fileExists } from '../os/files.ts';
import { flockProblem } from '../os/flock.ts';
import { CAP_SYS_RESOURCE, findTool, may } from '../os/identity.ts';
import { libc, libcProblem } from '../os/libc.ts';
import { LOCK_FOLDERS } from '../os/lock-file.ts';
import { parentDeathPrefix } from '../os/parent-death.ts';
import { readRlimits } from '../os/rlimits.ts';
import { folderProblem } from '../os/room.ts';
import { runtimeFolders } from '../os/runtime.ts';
import { readSurroundings } from '../os/surroundings.ts';
import { clockIsKept, clockSetBy } from '../os/time-sync.ts';
import type { MachineFacts } from './judge-machine.ts';

/** Where a supervisor runs, what the kernel grants to it counts, and not what this command has. */
export function readMachine(
  supervisors: readonly StatusAnswer['supervisor'][],
  env: NodeJS.ProcessEnv,
  wall: number,
): MachineFacts {
  const subject = supervisors[0]?.pid ?? 'self';
  const calls = libc();
  return {
    koffiProblem: calls === null ? libcProblem() : null,
    // Of this command, which has no children that it could matter to.
    canSubreap: calls?.becomeSubreaper() ?? false,
    flockProblem: flockProblem(),
    hasSetpriv: parentDeathPrefix() !== null,
    hasPrlimit: findTool('prlimit') !== null,
    cgroup: readCgroup(`/proc/${subject}`),
    rlimits: readRlimits(subject),
    mayRaiseLimits: may(CAP_SYS_RESOURCE),
    processors: cpus().length,
    around: readSurroundings(subject, env),
    clockIsKept: clockIsKept(),
    clockSet: supervisors.flatMap(({ pid, started_at: startedAt }) => {
      const ms = clockSetBy(pid, startedAt, wall);
      return ms === null ? [] : [{ pid, ms }];
    }),
    runtimeFolder: firstUsable(runtimeFolders(), false),
    lockFolder: firstUsable(LOCK_FOLDERS, true),
  };
}

/** Those of the host's folders for locks that are there. */
export const lockFolders = (): string[] => LOCK_FOLDERS.filter(fileExists);

/** The first that can be used, as the supervisor takes it; else what is wrong with the first. */
function firstUsable(paths: readonly string[], shared: boolean): MachineFacts['runtimeFolder'] {
  const tried = paths.map((path) => ({ path, problem: folderProblem(path, shared) }));
  return tried.find(({ problem }) => problem === null) ?? tried[0] ?? { path: '', problem: 'none' };
}

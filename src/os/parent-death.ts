/** A program of util-linux that makes the kernel tell a child when its parent dies. */
import { spawnSync } from 'node:child_process';
import { findProgram } from './programs.ts';

/**
 * What to put before an argv so that the process gets SIGTERM when this process dies; null where setpriv is missing, or
 * is one (busybox) that cannot do it. The signal belongs to the thread that forks, which is the main one in Node.
 */
export function parentDeathPrefix(): readonly string[] | null {
  const setpriv = findProgram('setpriv', { cwd: '/', env: {} });
  if (setpriv === null) return null;
  const prefix = [setpriv, '--pdeathsig', 'TERM', '--'];
  const tried = spawnSync(setpriv, [...prefix.slice(1), 'true'], { stdio: 'ignore' });
  return tried.status === 0 ? prefix : null;
}

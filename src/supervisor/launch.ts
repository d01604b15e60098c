/** What one run of an instance is started with. */
import type { Duplex } from 'node:stream';
import { FIRST_DESCRIPTOR } from '../model/sockets.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Policy } from './state.ts';
import { MARK } from '../os/marks.ts';
import type { Child, SpawnOrder } from '../os/spawn.ts';
import type { Grip } from '../singleton/holder.ts';

/**
 * Extra descriptors start at 3: the held sockets first, whose numbers stand in its command, then the link, where there is
 * one, then what the lock needs.
 */
export function spawnOrder(
  spec: ProcessSpec,
  lock: Grip | null,
  mark: string,
  sockets: readonly number[],
): SpawnOrder {
  const extra: ('pipe' | number)[] = [...sockets];
  // setproctitle writes over the environment that /proc shows, unless it is told not to.
  const env: Record<string, string> = { SPT_NOENV: '1', ...spec.env, ...lock?.env, [MARK]: mark };
  const pass = (name: string, item: 'pipe' | number): void => {
    env[name] = String(FIRST_DESCRIPTOR + extra.length);
    extra.push(item);
  };
  if (spec.link) pass('PRODSERVER_LINK_FD', 'pipe');
  if (typeof lock?.fd === 'number') pass('PRODSERVER_LOCK_FD', lock.fd);
  if (lock?.feeds === true) pass('PRODSERVER_LEASE_FD', 'pipe');
  const { argv, cwd, identity, envFiles } = spec;
  return { argv, env, cwd, identity, envFiles, extra };
}

/** Our end of the socket over which the process hears of its lock. */
export const feedOf = (spec: ProcessSpec, lock: Grip, child: Child): Duplex | null =>
  lock.feeds ? (child.pipes[spec.link ? 1 : 0] ?? null) : null;

/** The part of a spec that decisions are made of. `locked`: something must be asked before it starts. */
export const policyOf = (spec: ProcessSpec, locked: boolean): Policy => ({
  startTimeoutMs: spec.startTimeoutMs,
  stop: spec.stop,
  restart: spec.restart,
  permanentExitCodes: spec.permanentExitCodes,
  locked,
  live: spec.liveness !== null || spec.linkLiveness !== null,
  stackDump: spec.stackDump,
});

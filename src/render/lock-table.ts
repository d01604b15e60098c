/** Who holds which lock, for people and for programs. */
import type { LockLook } from '../singleton/inspect.ts';
import { holderText } from './locks.ts';
import type { Paint } from './paint.ts';

/** A block of lines for each lock. */
export function lockLines(looks: readonly LockLook[], paint: Paint): string[] {
  return looks.flatMap(({ instance, file, holder, fence, server }) => {
    const state =
      holder === null
        ? `${paint.yellow('free')} (${file}${fence === null ? '' : `, last fence ${fence}`})`
        : `${paint.green('held')} by ${holderText(holder)}`;
    const notes = [
      ...(server?.evicts === true
        ? ['the server may evict keys: after a crash the next holder waits for one ttl more']
        : []),
      ...(server?.persistent === false
        ? [
            'the server forgets the lock when it restarts (appendonly no): the next holder then waits for one ttl',
          ]
        : []),
    ];
    return [`${instance}: ${state}`, ...notes.map((note) => paint.dim(`  ${note}`))];
  });
}

/** The object of `lock status --json`. */
export const lockJson = (looks: readonly LockLook[]): object => ({
  locks: looks.map(({ instance, kind, file, holder, fence, server }) => ({
    instance,
    kind,
    file,
    held: holder !== null,
    holder: holder && {
      host: holder.host,
      pid: holder.pid,
      supervisor_pid: holder.supervisorPid,
      since: holder.since,
      manifest: holder.manifest,
      fence: holder.fence,
      expires_in_s: holder.expiresInMs === null ? null : holder.expiresInMs / 1000,
    },
    last_fence: fence,
    server: server && { persistent: server.persistent, evicts: server.evicts },
  })),
});

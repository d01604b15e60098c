/** The kernel's lock on a file in one folder of the host: freed by the kernel when its last holder dies, never stale. */
import * as z from 'zod';
import type { Result } from '../model/failure.ts';
import type { LockHolder } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { hostLockFolder, lockFile, type LockFile } from '../os/lock-file.ts';
import type { Grip, Locker } from './holder.ts';
import { fileOfKey, type KeyFailure, type Keys } from './key.ts';

const noteSchema = z.object({
  pid: z.number().nullable(),
  supervisor_pid: z.number().nullable(),
  since: z.string().nullable(),
  manifest: z.string().nullable(),
});

/** What a holder writes into its lock file for those who wait. */
export function readNote(text: string, file: string): LockHolder {
  let note: z.output<typeof noteSchema> | null = null;
  try {
    note = noteSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    note = null; // taken a moment ago and not yet written, or another's scribble: the lock counts, the note does not
  }
  return {
    host: null,
    pid: note?.pid ?? null,
    supervisorPid: note?.supervisor_pid ?? null,
    since: note?.since ?? null,
    manifest: note?.manifest ?? null,
    file,
    fence: null,
    expiresInMs: null,
  };
}

export function newFileLocker(manifest: string, keys: Keys, wall: () => number): Locker {
  return {
    wants: ({ singleton, lockStore }) => singleton !== null && lockStore.kind === 'file',
    async take(spec, abort) {
      const path = await pathOf(spec, keys, abort);
      if (!path.ok) return { kind: 'failed', ...path.error };
      const attempt = lockFile(path.value, 0o666);
      if (!attempt.ok) return { kind: 'failed', failure: attempt.error, permanent: false };
      if (attempt.value.kind === 'busy') {
        return {
          kind: 'held',
          hindrance: { kind: 'lock', holder: readNote(attempt.value.text, path.value) },
        };
      }
      return { kind: 'acquired', grip: grip(attempt.value.file, manifest, wall) };
    },
    abandon: () => undefined,
  };
}

/** The file that LOCK names, or one in the host's own folder. */
export async function pathOf(
  spec: ProcessSpec,
  keys: Keys,
  abort: AbortSignal,
): Promise<Result<string, KeyFailure>> {
  if (spec.lockStore.kind === 'file' && spec.lockStore.path !== null)
    return { ok: true, value: spec.lockStore.path };
  const key = await keys(spec, abort);
  if (!key.ok) return key;
  const folder = hostLockFolder();
  if (!folder.ok) return { ok: false, error: { failure: folder.error, permanent: false } };
  return { ok: true, value: `${folder.value}/${fileOfKey(key.value)}` };
}

function grip(file: LockFile, manifest: string, wall: () => number): Grip {
  let open = true;
  const tell = (pid: number | null): void => {
    const since = new Date(wall()).toISOString();
    try {
      file.write(`${JSON.stringify({ pid, supervisor_pid: process.pid, since, manifest })}\n`);
    } catch {
      // A full disk: the note is for people who wait, the lock itself is the kernel's and holds without it.
      return;
    }
  };
  const close = (): void => {
    if (open) file.close();
    open = false;
  };
  tell(null);
  return {
    fd: file.fd,
    env: {},
    feeds: false,
    spawned(pid) {
      tell(pid);
      // From here on the lock lives by the child's copy alone: it is free the moment that the child is gone.
      close();
    },
    exited: () => undefined,
    ended() {
      close();
      return null;
    },
  };
}

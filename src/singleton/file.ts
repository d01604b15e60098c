/** The kernel's lock on a file in one folder of the host: freed by the kernel when its last holder dies, never stale. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { LockHolder } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { readEnvFiles } from '../os/env-file.ts';
import { hostLockFolder, lockFile, type LockFile } from '../os/lock-file.ts';
import type { Grip, Locker } from './holder.ts';
import { lockKey, type Ask } from './key.ts';

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
    pid: note?.pid ?? null,
    supervisorPid: note?.supervisor_pid ?? null,
    since: note?.since ?? null,
    manifest: note?.manifest ?? null,
    file,
  };
}

export function newFileLocker(manifest: string, ask: Ask, wall: () => number): Locker {
  /** The application is asked once: its broker cannot change but with its files of variables. */
  const keys = new Map<string, string>();

  return {
    wants: (spec) => spec.singleton !== null,
    async take(spec, abort) {
      const asked = questionOf(spec);
      let key = keys.get(asked);
      if (key === undefined) {
        const resolved = await lockKey(spec, ask, abort);
        if (!resolved.ok) return { kind: 'failed', ...resolved.error };
        key = resolved.value;
        keys.set(asked, key);
      }
      const folder = hostLockFolder();
      if (!folder.ok) return { kind: 'failed', failure: folder.error, permanent: false };
      const path = `${folder.value}/${createHash('sha256').update(key).digest('hex').slice(0, 24)}.lock`;
      const attempt = lockFile(path, 0o666);
      if (!attempt.ok) return { kind: 'failed', failure: attempt.error, permanent: false };
      if (attempt.value.kind === 'busy') {
        return { kind: 'held', hindrance: { kind: 'lock', holder: readNote(attempt.value.text, path) } };
      }
      return { kind: 'acquired', grip: grip(attempt.value.file, manifest, wall) };
    },
  };
}

/** A key is good for as long as this is the same; the files' values are not kept. */
function questionOf({ name, envFiles }: ProcessSpec): string {
  if (envFiles.length === 0) return name;
  const files = readEnvFiles(envFiles);
  // What is wrong with them is told by the asking.
  const text = files.ok ? JSON.stringify(files.value) : '';
  return `${name} ${createHash('sha256').update(text).digest('hex')}`;
}

function grip(file: LockFile, manifest: string, wall: () => number): Grip {
  const tell = (pid: number | null): void => {
    const since = new Date(wall()).toISOString();
    try {
      file.write(`${JSON.stringify({ pid, supervisor_pid: process.pid, since, manifest })}\n`);
    } catch {
      // A full disk: the note is for people who wait, the lock itself is the kernel's and holds without it.
      return;
    }
  };
  tell(null);
  return { fd: file.fd, tell, close: () => file.close() };
}

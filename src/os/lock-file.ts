import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { failure, type Result } from '../model/failure.ts';
import { tryFlock } from './flock.ts';

/**
 * One fixed folder for the whole host, so that every user's lock for one thing is one file. The second is the fallback
 * where the first cannot be written (a distribution whose /run/lock belongs to root, before root has made the folder).
 */
export const LOCK_FOLDERS = ['/run/lock/prodserver', '/tmp/prodserver-lock'];

/** The folder for host-wide locks: as open as /tmp itself, for other users' locks stand there too. */
export function hostLockFolder(): Result<string> {
  let detail = '';
  for (const folder of LOCK_FOLDERS) {
    try {
      mkdirSync(folder);
      // Apart from mkdir's mode, which the umask would narrow.
      chmodSync(folder, 0o1777);
      return { ok: true, value: folder };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && writable(folder)) return { ok: true, value: folder };
      detail = message;
    }
  }
  return { ok: false, error: failure('lock-folder', { tried: LOCK_FOLDERS, detail }) };
}

function writable(folder: string): boolean {
  const stat = lstatSync(folder);
  const mine = stat.uid === process.getuid?.() || process.getuid?.() === 0;
  return stat.isDirectory() && (mine || (stat.mode & 0o002) !== 0);
}

export interface LockFile {
  readonly fd: number;
  /** False once somebody has removed the file: whoever comes now makes another, and locks that. */
  isThere(): boolean;
  write(text: string): void;
  close(): void;
}

export type LockAttempt =
  | { readonly kind: 'locked'; readonly file: LockFile }
  /** What the holder wrote; empty while it has not yet. */
  | { readonly kind: 'busy'; readonly text: string };

/** Takes the kernel lock on `path` without waiting. The file is made where it is missing, and never removed. */
export function lockFile(path: string, mode: number): Result<LockAttempt> {
  for (;;) {
    let fd: number;
    try {
      fd = openLock(path, mode);
    } catch (error) {
      const { message } = error as NodeJS.ErrnoException;
      return {
        ok: false,
        error: failure('lock-folder', { tried: [path], detail: message }, { cause: error }),
      };
    }
    const taken = tryFlock(fd);
    if (!taken.ok) {
      closeSync(fd);
      return taken;
    }
    if (taken.value === 'busy') {
      const text = readFileSync(fd, 'utf8');
      closeSync(fd);
      return { ok: true, value: { kind: 'busy', text } };
    }
    // Somebody may have removed the file in between: then the lock is on something that nobody else will open.
    const file = held(fd, path);
    if (file.isThere()) return { ok: true, value: { kind: 'locked', file } };
    closeSync(fd);
  }
}

/** Opened without O_CREAT first: fs.protected_regular refuses that flag on another user's file in a sticky folder. */
function openLock(path: string, mode: number): number {
  for (;;) {
    try {
      return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    try {
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, mode);
      chmodSync(path, mode);
      return fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function held(fd: number, path: string): LockFile {
  return {
    fd,
    isThere: () => statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino,
    write(text) {
      ftruncateSync(fd, 0);
      writeSync(fd, text, 0);
    },
    close: () => closeSync(fd),
  };
}

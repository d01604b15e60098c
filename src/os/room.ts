/** Whether a folder can take what is to be written into it, without writing anything. */
import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface Room {
  /** The folder that exists: the one that was asked for, or the nearest above it. */
  readonly folder: string;
  /** Bytes that we may still write there, and how many it has in all. */
  readonly free: number;
  readonly total: number;
  /** False: no more files fit, however small; null: it does not count them. */
  readonly inodesLeft: boolean | null;
  readonly writable: boolean;
}

/** Null: nothing is known. A network drive that is gone makes this wait for as long as the kernel does. */
export async function roomFor(path: string): Promise<Room | null> {
  const folder = nearest(path);
  try {
    const { bavail, blocks, bsize, files, ffree } = await statfs(folder);
    return {
      folder,
      free: bavail * bsize,
      total: blocks * bsize,
      inodesLeft: files === 0 ? null : ffree > 0,
      writable: mayWrite(folder),
    };
  } catch {
    return null; // gone in the meantime, or not ours to ask
  }
}

function nearest(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    if (isFolder(folder) || folder === dirname(folder)) return folder;
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory() || lstatSync(`${path}/.`).isDirectory();
  } catch {
    return false;
  }
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Bytes of a log file and of those that were rotated from it. */
export function bytesOfLogs(file: string): number {
  try {
    const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)));
    return names.reduce((sum, name) => sum + (lstatSync(join(dirname(file), name)).size ?? 0), 0);
  } catch {
    return 0; // none yet, or one was rotated while we looked
  }
}

/** Why a folder of ours cannot be used, or made where it is missing; null where it can. */
export function folderProblem(path: string, shared: boolean): string | null {
  try {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) return 'it is not a folder';
    const mine = stat.uid === process.getuid?.();
    if (!shared && !mine) return `it belongs to user ${stat.uid}`;
    return mayWrite(path) ? null : 'it may not be written';
  } catch {
    return mayWrite(dirname(path)) ? null : `${dirname(path)} may not be written`;
  }
}

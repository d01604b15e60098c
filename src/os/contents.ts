/** What files hold, as short texts that can be compared; read without holding up the loop. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_LIMIT } from './files.ts';

/** Files of one content have one print, folders with the same modules of Python; `missing`, `empty`, or why it cannot be read. */
export async function printOf(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return digest(await modulesIn(path));
    const { size, mtimeMs } = found;
    if (size > MANIFEST_LIMIT) return `large ${size} ${mtimeMs}`;
    // Its file system has just answered: a few pages of it take a tenth of what they take by promises.
    const bytes = readFileSync(path);
    return bytes.length === 0 ? 'empty' : digest(bytes);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'missing' : errno;
  }
}

const digest = (data: Buffer | string): string => createHash('sha1').update(data).digest('base64');

const modulesIn = async (folder: string): Promise<string> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((one) => !/^[._]/.test(one.name) && (one.isDirectory() || one.name.endsWith('.py')))
    .map(({ name }) => name)
    .toSorted()
    .join('\n');

/** Milliseconds since the epoch when anything of a file was last changed, its name too; null where there is none. */
export async function changedAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ctimeMs;
  } catch {
    return null; // gone: its print tells
  }
}

export interface Listing {
  /** By name; a stamp that is the same has a file that nobody has written. */
  readonly files: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
}

/** The files of a folder whose names end so, hidden ones left out, and the folders in it; null where it cannot be read. */
export async function listFolder(folder: string, ending: string): Promise<Listing | null> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = new Map<string, string>();
    for (const { name } of entries.filter((one) => !one.isDirectory() && isMeant(one.name, ending))) {
      const stamp = await stampOf(join(folder, name));
      if (stamp !== null) files.set(name, stamp);
    }
    return { files, folders: entries.filter((one) => one.isDirectory()).map(({ name }) => name) };
  } catch {
    return null; // gone, or not for us: there is nothing in it that we could miss
  }
}

/** Editors keep locks and drafts under hidden names. */
export const isMeant = (name: string, ending: string): boolean =>
  name.endsWith(ending) && !name.startsWith('.');

async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return null; // a link that leads nowhere, or gone meanwhile
  }
}

/** A virtual environment of Python. */
export const isVenv = (folder: string): boolean => existsSync(join(folder, 'pyvenv.cfg'));

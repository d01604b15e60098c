import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure, type Result } from '../model/failure.ts';

/** A manifest is a page or two; past this it is something else. Bytes. */
export const MANIFEST_LIMIT = 1024 * 1024;

/** The text of a file of at most `MANIFEST_LIMIT` bytes; `-` reads standard input. */
export function readManifestText(path: string): Result<string> {
  try {
    const bytes = path === '-' ? 0 : statSync(path).size;
    const buffer = bytes > MANIFEST_LIMIT ? null : readFileSync(path === '-' ? 0 : path);
    const size = buffer?.length ?? bytes;
    if (buffer !== null && size <= MANIFEST_LIMIT) return { ok: true, value: buffer.toString('utf8') };
    return { ok: false, error: failure('manifest-too-large', { path, bytes: size, limit: MANIFEST_LIMIT }) };
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (errno === 'ENOENT') return { ok: false, error: failure('manifest-missing', { searched: [path] }) };
    return { ok: false, error: failure('manifest-unreadable', { path, errno }, { cause: error }) };
  }
}

export const fileExists = (path: string): boolean => existsSync(path);

/** False where it does not exist, too. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** With every link resolved; the path itself where there is nothing to resolve. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // standard input, or gone: the name is all there is
  }
}

/**
 * By which a file is known as long as it is there: its real path. Of a Kubernetes ConfigMap, whose files lead through the
 * link `..data` into a folder that is another one after each change, it is its name in the folder that stays.
 */
export function lastingPath(path: string): string {
  try {
    if (readlinkSync(path).startsWith('..data/')) return join(realPath(dirname(path)), basename(path));
  } catch {
    // no link, or gone
  }
  return realPath(path);
}

/** The folder of the Python helpers, seen from the bundle as from the sources. */
export function helpersFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const helpers = join(folder, 'python');
    if (existsSync(join(helpers, 'prodserver_celery.py'))) return helpers;
    if (folder === dirname(folder))
      throw new Error('the installation is incomplete: no python/ folder above it');
  }
}

/** The page that explains each code. */
export const docsFile = (): string => join(dirname(helpersFolder()), 'docs', 'errors.md');

/** The JSON Schema of the manifest; `draft` is `2020-12` or `draft-07`. */
export function readSchema(draft: '2020-12' | 'draft-07'): string {
  const name = draft === '2020-12' ? 'manifest.schema.json' : `manifest.${draft}.schema.json`;
  return readFileSync(join(dirname(helpersFolder()), 'schema', name), 'utf8');
}

/** Puts a file there whole or not at all: whoever reads it never sees a part. False where the disk refuses. */
export function writeWhole(path: string, text: string): boolean {
  const draft = `${path}.draft`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
    return true;
  } catch {
    return false; // full, or gone: the caller has another way, or none is needed
  }
}

/** The text of a small file; null where it is gone or may not be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The text of a file of the user's; `errno` says why there is none. */
export function readPlain(path: string): { readonly text: string } | { readonly errno: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { errno: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}

/**
 * Puts a whole file there, or nothing; null, or why not: EEXIST where there is one and `over` is false. One that is
 * replaced gives its mode to the new one, and a link stays one.
 */
export function putFile(path: string, text: string, over: boolean): string | null {
  const target = over ? realPath(path) : path;
  const draft = `${target}.${process.pid}.draft`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    try {
      const old = over ? statSync(target, { throwIfNoEntry: false }) : undefined;
      if (old !== undefined) chmodSync(draft, old.mode & 0o7777);
      if (over) renameSync(draft, target);
      // Unlike a rename this one refuses to replace what came there meanwhile.
      else linkSync(draft, target);
    } finally {
      removeFile(draft);
    }
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Files that a pattern of an absolute path means, with `*`, `?` and `[...]` in any of its parts; sorted. */
export function filesLike(pattern: string): string[] {
  let found = ['/'];
  for (const part of pattern.split('/').filter(Boolean)) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => join(folder, part)).filter((path) => existsSync(path));
      continue;
    }
    const like = part
      .replaceAll(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
      .replaceAll('[!', '[^');
    const fits = new RegExp(`^${like}$`, 's');
    found = found.flatMap((folder) => {
      const names = isFolder(folder) ? readdirSync(folder) : [];
      // As in a shell, what is hidden is not meant.
      return names
        .filter((name) => fits.test(name) && name.startsWith('.') === part.startsWith('.'))
        .map((name) => join(folder, name));
    });
  }
  return found.toSorted();
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

export const namesIn = (folder: string): string[] => readdirSync(folder);

/** Milliseconds since the epoch when a file was last written; null where there is none. */
export const writtenAt = (path: string): number | null =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;

/** Removes a file that may be gone already. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** What is installed beside a Python interpreter, read from its folders: nothing is run. */
import { readdirSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileExists } from './files.ts';

/**
 * The version of a Python package beside `python` (a path, or a command name that PATH resolves); null where it cannot
 * be seen: not installed, or kept in a place that only the interpreter knows. A virtual environment's interpreter is a
 * link, so it is not followed.
 */
export function installedVersion(
  python: string,
  name: string,
  path = process.env['PATH'] ?? '',
): string | null {
  const program = python.includes('/')
    ? python
    : path
        .split(delimiter)
        .map((folder) => join(folder, python))
        .find(fileExists);
  if (program === undefined || !isAbsolute(program)) return null;
  const lib = join(dirname(dirname(program)), 'lib');
  for (const version of list(lib).filter((entry) => entry.startsWith('python3'))) {
    for (const place of ['site-packages', 'dist-packages']) {
      for (const entry of list(join(lib, version, place))) {
        const found = /^(.+)-([^-]+)\.dist-info$/.exec(entry);
        if (found?.[1] !== undefined && plain(found[1]) === plain(name)) return found[2] ?? null;
      }
    }
  }
  return null;
}

/** PEP 503: case and the kind of separator do not tell packages apart. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or not for us: nothing is known
  }
}

/** Whether a version such as "5.4.0" or "5.7.0rc1" comes before one such as "5.6". */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [ours, theirs] = [numbers(version), numbers(than)];
  for (const [index, number] of theirs.entries()) {
    const difference = (ours[index] ?? 0) - number;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

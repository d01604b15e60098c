/** What is installed beside a Python interpreter, read from its folders: nothing is run. */
import { readdirSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileExists } from './files.ts';

export interface PackagesContext {
  readonly PATH?: string | undefined;
  readonly HOME?: string | undefined;
}

/**
 * The version of a Python package beside `python` (a path, or a command name that PATH resolves); null where it cannot
 * be told: not installed, kept in a place that only the interpreter knows, or there in several versions. A virtual
 * environment's interpreter is a link, so it is not followed.
 */
export function installedVersion(
  python: string,
  name: string,
  env: PackagesContext = process.env,
): string | null {
  const program = python.includes('/') ? python : onPath(python, env.PATH ?? '');
  if (program === undefined || !isAbsolute(program)) return null;
  const prefix = dirname(dirname(program));
  // Only outside of a virtual environment do pip's and the user's own folders come before.
  const others = fileExists(join(prefix, 'pyvenv.cfg'))
    ? []
    : [join(prefix, 'local', 'lib'), ...(env.HOME === undefined ? [] : [join(env.HOME, '.local', 'lib')])];
  const found = new Set([join(prefix, 'lib'), ...others].flatMap((lib) => versionsIn(lib, plain(name))));
  return found.size === 1 ? ([...found][0] ?? null) : null;
}

const onPath = (command: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(fileExists);

function versionsIn(lib: string, name: string): string[] {
  const sites = list(lib)
    .filter((entry) => entry.startsWith('python3'))
    .flatMap((version) => ['site-packages', 'dist-packages'].map((place) => join(lib, version, place)));
  return sites.flatMap(list).flatMap((entry) => {
    const match = /^(.+)-([^-]+)\.dist-info$/.exec(entry);
    return match?.[1] !== undefined && match[2] !== undefined && plain(match[1]) === name ? [match[2]] : [];
  });
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

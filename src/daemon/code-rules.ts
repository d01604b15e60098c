/** Whose code is looked after, where it stands, and what is none. Pure. */
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { OURS } from '../backends/registry.ts';
import type { ProcessSpec } from '../model/spec.ts';

/** How names of source files end. */
export const ENDING = '.py';

/** Never code of the project, by name; folders of other systems are, at the root, no files at all. */
const NAMES = new Set(['__pycache__', 'node_modules', 'site-packages', 'dist-packages', '__pypackages__']);
const SYSTEMS = new Set(['/proc', '/sys', '/dev', '/run']);

/** Caches, version control, and what was installed; `isVenv` is asked last, since it asks the disk. */
export function skipsFolder(folder: string, isVenv: (folder: string) => boolean): boolean {
  const name = basename(folder);
  return name.startsWith('.') || NAMES.has(name) || SYSTEMS.has(folder) || isVenv(folder);
}

/** With one of these, or as one of these, a program restarts itself. */
const RELOADING = new Set(['--reload', '--autoreload']);
const RELOADERS = new Set(['watchmedo', 'watchfiles', 'hupper', 'arelo', 'nodemon']);

/** Development servers, unless they are told not to, and servers that are told to. */
export function reloadsItself({ argv }: ProcessSpec): boolean {
  if (argv.some((token) => RELOADING.has(token) || RELOADERS.has(basename(token)))) return true;
  return argv.some((token) => /^runserver(_plus)?$/.test(token)) && !argv.includes('--noreload');
}

const PYTHON = /(^|[\s/;&|(])(python|pypy)[\d.]*(\s|$)|\.pyz?(\s|$)/;

/** `shebang`: the first line of its program, where that is a script. */
export function runsPython({ backend, argv }: ProcessSpec, shebang: string | null): boolean {
  if (backend !== 'Command' && OURS.all.some(({ name }) => name === backend)) return true;
  return [...argv, shebang ?? ''].some((text) => PYTHON.test(text));
}

/** Options of gunicorn, Celery, uvicorn and Django that name the folder an application is in. */
const FOLDERS = ['--chdir', '--workdir', '--app-dir', '--pythonpath'];

/** Where its code may stand: its folder, and those that it is told to take modules from. */
export function codeFolders({ argv, cwd, env }: ProcessSpec): string[] {
  const told = argv.flatMap((token, index) => {
    const [name, ...value] = token.split('=');
    if (!FOLDERS.includes(name ?? '')) return [];
    return [value.length > 0 ? value.join('=') : (argv[index + 1] ?? '.')];
  });
  const path = (env['PYTHONPATH'] ?? '').split(':').filter((folder) => folder !== '');
  return outermost([cwd, ...[...told, ...path].map((folder) => resolve(cwd, folder))]);
}

/** Those that are in another one are looked at with it. */
export const outermost = (folders: readonly string[]): string[] =>
  [...new Set(folders)].filter((one) => !folders.some((other) => other !== one && isBelow(one, other)));

export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** All folders that a name in a folder may mean. */
export const below = (folder: string, names: readonly string[]): string[] =>
  names.map((name) => join(folder, name));

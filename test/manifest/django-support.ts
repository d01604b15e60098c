/** A project of Django settings, read by the real interpreter, and everything that a person is told about them. */
import { dirname } from 'node:path';
import { inject } from 'vitest';
import { isCronPattern } from '../../src/manifest/cron.ts';
import { loadSettings } from '../../src/manifest/django.ts';
import { checkSchedules, type Loaded } from '../../src/manifest/loaded.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { runHelper } from '../../src/os/run.ts';
import { newFolder, tell, write } from './support.ts';

type Files = string | Readonly<Record<string, string>>;

/** Loads `conf`, whose text may be all there is. */
export async function load(files: Files, ask = runHelper, env: Record<string, string> = {}): Promise<Loaded> {
  const folder = newFolder();
  const all = typeof files === 'string' ? { 'conf.py': files } : files;
  for (const [name, text] of Object.entries(all)) write(folder, name, text);
  const order = {
    module: 'conf',
    cwd: folder,
    env: { VIRTUAL_ENV: dirname(dirname(inject('python'))), ...env },
    abort: new AbortController().signal,
  };
  return checkSchedules(await loadSettings(order, ask), isCronPattern);
}

export const told = async (files: Files, ask = runHelper): Promise<string> => tell(await load(files, ask));

export async function processes(
  files: Files,
  env: Record<string, string> = {},
): Promise<readonly ProcessSpec[]> {
  const loaded = await load(files, runHelper, env);
  if (loaded.plan === null) throw new Error(tell(loaded));
  return loaded.plan.processes;
}

/** Without the lines that depend on the version of Python. */
export const short = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^ {2}( (?! *=)|Traceback)/.test(line))
    .join('\n')
    .replaceAll(dirname(dirname(inject('python'))), 'VENV')
    .replaceAll(/\S+\.venv/g, '.venv');

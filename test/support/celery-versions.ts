/** Interpreters with other versions of Celery, for the long tier: each in a virtual environment that is made once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePython } from '../../fixtures/venv.ts';
import { basePython } from './quick-python.ts';
import { ROOT } from './rig.ts';

/** For the hook that awaits it: pip fetches what is not there yet. Milliseconds. */
export const MAKING_MS = 900_000;

const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);

/** What is installed beside a version of Celery. */
export const pinsOf = (version: string): string =>
  join(ROOT, 'test', 'python', 'requirements', `celery-${version}.txt`);

/** The path of the interpreter. */
export async function celeryPython(version: string): Promise<string> {
  const folder = join(ROOT, '.cache', 'venvs', `celery-${version}`);
  mkdirSync(folder, { recursive: true });
  return ensurePython(folder, {
    exact: true,
    log,
    requirements: pinsOf(version),
    base: basePython,
  });
}

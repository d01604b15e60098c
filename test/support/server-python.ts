/** An interpreter with the web servers and Django's workers, in a virtual environment that is made once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePython } from '../../fixtures/venv.ts';
import { basePython } from './quick-python.ts';
import { ROOT } from './rig.ts';

const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);

/** The path of the interpreter; pip fetches what is not there yet, which may take minutes. */
export async function serverPython(): Promise<string> {
  const folder = join(ROOT, '.cache', 'venvs', 'servers');
  mkdirSync(folder, { recursive: true });
  const requirements = join(ROOT, 'test', 'python', 'requirements', 'servers.txt');
  return ensurePython(folder, { exact: true, log, requirements, base: basePython });
}

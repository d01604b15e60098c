import { isAbsolute, join, resolve } from 'node:path';
import { fileExists } from '../os/files.ts';
import type { Environment } from './interpolate.ts';

/**
 * The project's own interpreter: SUPERVISOR.python, else the active virtual environment, else `.venv` or `venv` beside
 * the manifest, else python3. Links are left as they are, since a virtual environment is one.
 */
export function findPython(configured: string | undefined, folder: string, env: Environment): string {
  if (configured !== undefined) {
    return configured.includes('/') && !isAbsolute(configured) ? resolve(folder, configured) : configured;
  }
  const active = env['VIRTUAL_ENV'];
  const candidates = [active, join(folder, '.venv'), join(folder, 'venv')];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === '') continue;
    const python = join(candidate, 'bin', 'python');
    if (fileExists(python)) return python;
  }
  return 'python3';
}

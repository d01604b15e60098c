/** What makes Python start sooner, for the tests start it hundreds of times: no wrapper before it, and nothing to compile. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's own, built with what it was seen to do most. */
const DEBIANS = '/usr/bin/python3';

/**
 * The Python to make virtual environments with: Debian's where it can make them and is no older than the one of the PATH
 * in its minor version. One that pyenv built needs 22 % more processor time to import Celery and Django
 * (1.19 s against 0.97 s, 3.11 both).
 */
export function basePython(): string {
  const ask = 'import ensurepip, sys, venv; print(sys.version_info[1])';
  const minor = (python: string): number => {
    const run = spawnSync(python, ['-c', ask], { encoding: 'utf8' });
    return run.status === 0 ? Number(run.stdout) : -1;
  };
  const debians = minor(DEBIANS);
  return debians > 0 && debians >= minor('python3') ? DEBIANS : 'python3';
}

/**
 * Where `python3` in the PATH is a script that looks for one, as pyenv's, which takes longer than Python, or a slower one
 * than Debian's: a new folder with the program itself.
 */
export function withoutWrapper(): string | null {
  const found = spawnSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).stdout.trim();
  const asked = spawnSync(basePython(), ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  const program = asked.stdout?.trim() ?? '';
  if (asked.status !== 0 || program === '' || realpathSync(found) === realpathSync(program)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'python3-'));
  // Some tests become another user.
  chmodSync(folder, 0o755);
  symlinkSync(realpathSync(program), join(folder, 'python3'));
  return folder;
}

/** Writes what Python else compiles at each start, where the environment forbids it to keep that (PYTHONDONTWRITEBYTECODE). */
export function compile(python: string, folders: readonly string[]): void {
  const run = spawnSync(python, ['-m', 'compileall', '-q', ...folders], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`compileall failed:\n${run.stdout}${run.stderr}`);
}

/** What makes Python start sooner, for the tests start it hundreds of times: no wrapper before it, and nothing to compile. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where `python3` in the PATH is a script that looks for one, as pyenv's, which takes longer than Python: a new folder with the program itself. */
export function withoutWrapper(): string | null {
  const found = spawnSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).stdout.trim();
  const asked = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
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

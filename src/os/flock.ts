import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { libc } from './libc.ts';

/**
 * Takes an exclusive flock(2) on an open descriptor, without waiting. The lock belongs to the open file: whoever
 * inherits the descriptor holds it too, and the kernel frees it when the last copy is closed.
 * Without koffi util-linux's `flock` does it on an inherited copy of the descriptor.
 */
export function tryFlock(fd: number): Result<'locked' | 'busy'> {
  const direct = libc()?.lockExclusive(fd);
  if (direct === 'locked' || direct === 'busy') return { ok: true, value: direct };
  if (direct !== undefined)
    return { ok: false, error: failure('lock-tool', { detail: `flock: errno ${direct}` }) };
  const run = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  if (run.error === undefined && run.status === 0) return { ok: true, value: 'locked' };
  if (run.error === undefined && run.status === 1) return { ok: true, value: 'busy' };
  const detail = run.error?.message ?? String(run.stderr).trim();
  return { ok: false, error: failure('lock-tool', { detail }, { cause: run.error }) };
}

/** Why no lock can be taken on this machine, found by taking one; null where it can. */
export function flockProblem(): Failure | null {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'prodserver-doctor-'));
  } catch {
    return null; // nowhere to try: what that does to the real folders is told of them
  }
  try {
    const fd = openSync(join(folder, 'lock'), 'w');
    const taken = tryFlock(fd);
    closeSync(fd);
    return taken.ok ? null : taken.error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

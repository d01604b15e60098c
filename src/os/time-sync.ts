/** Whether somebody keeps this machine's clock right, and whether it has been set since a process was started. */
import { bootMs } from './boot-clock.ts';
import { fileExists } from './files.ts';
import { libc } from './libc.ts';
import { readStat } from './proc.ts';

/** True where the kernel or systemd-timesyncd says that it is kept; null: nobody tells. */
export function clockIsKept(): boolean | null {
  if (fileExists('/run/systemd/timesync/synchronized')) return true;
  return libc()?.clockIsKept() ?? null;
}

/** Of user space, on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/**
 * Milliseconds that the wall clock has been set forward (negative: back) since the process `pid` was started and wrote
 * down `startedAt` (ISO 8601) by it; a short while of its beginning counts too. Null: it is gone.
 */
export function clockSetBy(pid: number, startedAt: string, wall: number): number | null {
  const stat = readStat(pid);
  if (stat === null) return null;
  const ageMs = bootMs() - (stat.startTicks / TICKS_A_SECOND) * 1000;
  return Math.round(wall - ageMs - Date.parse(startedAt));
}

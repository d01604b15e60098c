/** Milliseconds since boot, those included in which the machine slept: CLOCK_BOOTTIME, which Node does not have. */
import { readFileSync } from 'node:fs';
import { libc } from './libc.ts';

/** Without koffi the kernel's own text, which counts in hundredths of a second. */
export function bootMs(): number {
  const read = libc()?.bootMs();
  if (read !== undefined && read !== null) return read;
  const [seconds] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return Math.round(Number(seconds) * 1000);
}

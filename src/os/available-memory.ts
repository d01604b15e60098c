/** How much memory there is for all processes together. */
import { readCgroup } from './cgroup.ts';
import { readProc } from './proc.ts';

/** Memory that may be used at most, and who says so. Bytes. */
export interface AvailableMemory {
  readonly bytes: number;
  readonly of: 'cgroup' | 'machine';
}

/** The least of the limits of our cgroups and of the machine; null where neither is told. `read` gives a file's text. */
export function availableMemory(read: (path: string) => string | null = readProc): AvailableMemory | null {
  const limit = readCgroup('/proc/self', read).memoryLimit;
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  const total = kib === undefined ? Infinity : Number(kib) * 1024;
  if (limit !== null && limit < total) return { bytes: limit, of: 'cgroup' };
  return total === Infinity ? null : { bytes: total, of: 'machine' };
}

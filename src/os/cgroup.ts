/** The cgroup of this process that counts its memory. */
import { readProc } from './proc.ts';

type Read = (path: string) => string | null;

export interface MemoryGroup {
  readonly version: 1 | 2;
  /** Its folder first, then those around it; in a container the last may be our own. */
  readonly folders: readonly string[];
}

/** In a container the path that /proc tells may be that of the host, where the mount shows only our own part of it. */
export function memoryGroup(read: Read = readProc): MemoryGroup {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  const v1 = lines.map((line) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/.exec(line)?.[1]).find(Boolean);
  const path = v1 ?? lines.map((line) => /^0::(.*)$/.exec(line)?.[1]).find(Boolean) ?? '/';
  const root = v1 === undefined ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
  const steps = path.split('/').filter((step) => step !== '');
  const folders = steps.map((_, index) => [root, ...steps.slice(0, steps.length - index)].join('/'));
  return { version: v1 === undefined ? 2 : 1, folders: [...folders, root] };
}

/** v1 says "no limit" by the largest number of pages that it can count. Bytes. */
const NO_LIMIT = 2 ** 62;

/** Memory that may be used at most, and who says so. Bytes. */
export interface AvailableMemory {
  readonly bytes: number;
  readonly of: 'cgroup' | 'machine';
}

/** The least of the limits of our cgroups and of the machine; null where neither is told. */
export function availableMemory(read: Read = readProc): AvailableMemory | null {
  const { version, folders } = memoryGroup(read);
  const file = version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
  const limits = folders
    .map((folder) => Number.parseInt(read(`${folder}/${file}`) ?? '', 10))
    .filter((limit) => limit < NO_LIMIT);
  const limit = Math.min(Infinity, ...limits);
  const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1] ?? Infinity) * 1024;
  if (limit < total) return { bytes: limit, of: 'cgroup' };
  return total === Infinity ? null : { bytes: total, of: 'machine' };
}

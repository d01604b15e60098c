/** What the kernel lets this process and all in its control group have. In a container that is the container's. */
import { readProc } from './proc.ts';

export interface Cgroup {
  /** Null: there is none to be seen. */
  readonly version: 1 | 2 | null;
  /** Bytes; null: no limit. */
  readonly memoryLimit: number | null;
  /** Bytes that it has now, without the page cache that can be had back at once; null: not known. */
  readonly memoryUsed: number | null;
  /** Processors' worth of time; null: no limit. */
  readonly cpus: number | null;
}

type Read = (path: string) => string | null;

/** Of the process with that `/proc` folder. `read` gives the text of a file, null where it is not there. */
export function readCgroup(proc = '/proc/self', read: Read = readProc): Cgroup {
  const lines = (read(`${proc}/cgroup`) ?? '').split('\n');
  const pathOf = (controller: string): string | undefined =>
    lines
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .find((match) => match?.[1]?.split(',').includes(controller))?.[2];
  const unified = pathOf('') ?? '/';
  const memory = pathOf('memory');
  const cpu = pathOf('cpu');
  if (memory === undefined && cpu === undefined)
    return lines.join('') === '' ? NOTHING : version2(unified, read);
  return {
    version: 1,
    ...memory1(foldersOf('/sys/fs/cgroup/memory', memory ?? '/'), read),
    cpus: smallest(foldersOf('/sys/fs/cgroup/cpu', cpu ?? '/').map((folder) => quota1(folder, read))),
  };
}

const NOTHING: Cgroup = { version: null, memoryLimit: null, memoryUsed: null, cpus: null };

function version2(path: string, read: Read): Cgroup {
  const folders = foldersOf('/sys/fs/cgroup', path);
  const limits = folders.map((folder) => limitOf(read(`${folder}/memory.max`)));
  return {
    version: 2,
    memoryLimit: smallest(limits),
    memoryUsed: usedOf(folders, limits, 'memory.current', 'inactive_file', read),
    cpus: smallest(
      folders.map((folder) => {
        const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ').map(Number);
        return share(quota, period);
      }),
    ),
  };
}

function memory1(folders: readonly string[], read: Read): Pick<Cgroup, 'memoryLimit' | 'memoryUsed'> {
  const limits = folders.map((folder) => limitOf(read(`${folder}/memory.limit_in_bytes`)));
  return {
    memoryLimit: smallest(limits),
    memoryUsed: usedOf(folders, limits, 'memory.usage_in_bytes', 'total_inactive_file', read),
  };
}

/** Of the group whose limit is the one that counts: what is used elsewhere does not come near it. */
function usedOf(
  folders: readonly string[],
  limits: readonly (number | null)[],
  file: string,
  cache: string,
  read: Read,
): number | null {
  const lowest = smallest(limits);
  const folder = folders[lowest === null ? 0 : limits.indexOf(lowest)] ?? '';
  const used = limitOf(read(`${folder}/${file}`));
  if (used === null) return null;
  const inactive = new RegExp(`^${cache} (\\d+)$`, 'm').exec(read(`${folder}/memory.stat`) ?? '')?.[1];
  return Math.max(0, used - Number(inactive ?? 0));
}

const quota1 = (folder: string, read: Read): number | null =>
  share(number(read(`${folder}/cpu.cfs_quota_us`)), number(read(`${folder}/cpu.cfs_period_us`)));

/** A quota that is none is `max` (NaN) in one version and -1 in the other. */
const share = (quota = NaN, period = NaN): number | null =>
  quota > 0 && period > 0 ? Math.round((quota / period) * 100) / 100 : null;

const number = (text: string | null): number | undefined => (text === null ? undefined : Number(text.trim()));

/** The first version writes "no limit" as the greatest multiple of a page. */
const UNLIMITED = 2 ** 60;

function limitOf(text: string | null): number | null {
  const value = number(text) ?? NaN;
  return Number.isNaN(value) || value >= UNLIMITED ? null : value;
}

function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The group and all above it, for each may have a limit; where a mount shows only our own part, its root is the last. */
function foldersOf(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.map((_, index) => `${root}/${parts.slice(0, parts.length - index).join('/')}`), root];
}

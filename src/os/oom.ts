/** Whether the kernel has killed for want of memory, by the counter of our own cgroup. */
import type { Clock } from '../model/clock.ts';
import { readProc } from './proc.ts';

/** A kill that was counted within this time explains a SIGKILL that nobody of us sent. Milliseconds. */
const RECENT_MS = 5000;

export interface OomWatch {
  /** Looks at the counter; to be called now and then, so that an old kill does not explain a new death. */
  look(): void;
  /** True where the kernel has killed something of this cgroup a moment ago; false also where that cannot be known. */
  recent(): boolean;
}

/** `read` gives the text that holds `oom_kill N`; null where there is none. */
export function newOomWatch(clock: Pick<Clock, 'now'>, read: () => string | null = readCounter): OomWatch {
  const count = (): number => Number(/^oom_kill (\d+)$/m.exec(read() ?? '')?.[1] ?? 0);
  let known = count();
  let countedAt = -Infinity;
  const look = (): void => {
    const now = count();
    if (now > known) countedAt = clock.now();
    known = now;
  };
  return {
    look,
    recent() {
      look();
      return clock.now() - countedAt <= RECENT_MS;
    },
  };
}

/**
 * cgroup v2 counts in memory.events, v1 in memory.oom_control. In a container the path that /proc tells may be that of
 * the host, where the mount shows only our own part of it.
 */
function readCounter(): string | null {
  const lines = (readProc('/proc/self/cgroup') ?? '').split('\n');
  const v1 = lines.map((line) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/.exec(line)?.[1]).find(Boolean);
  const path = v1 ?? lines.map((line) => /^0::(.*)$/.exec(line)?.[1]).find(Boolean) ?? '/';
  const [root, file] =
    v1 === undefined ? ['/sys/fs/cgroup', 'memory.events'] : ['/sys/fs/cgroup/memory', 'memory.oom_control'];
  return readProc(`${root}${path}/${file}`) ?? readProc(`${root}/${file}`);
}

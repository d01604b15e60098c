/** Reads of /proc. All are total: a process that is gone, or a /proc that is not there, gives null or nothing. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

export interface ProcessStat {
  readonly pid: number;
  /** One letter, as in proc(5): R, S, D, Z, T, X ... */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The device number of its controlling terminal; 0: none. */
  readonly terminal: number;
  /** Clock ticks since boot: together with the pid it names one process for ever. */
  readonly startTicks: number;
  /** Clock ticks of processor time, its own and that of the children it has waited for. */
  readonly cpuTicks: number;
}

export function readStat(pid: number | 'self'): ProcessStat | null {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command name stands in parentheses and may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0] ?? 'X',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    startTicks: Number(fields[19]),
    cpuTicks: Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]),
  };
}

/** Alive means that it can still act: a zombie cannot. */
export function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

export function allStats(): ProcessStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return []; // not Linux: nothing is known
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== null);
}

/** A look at all processes is good for others who ask within this. Milliseconds. */
const RECENT_MS = 10;
let recent: { readonly from: number; readonly to: number; readonly stats: readonly ProcessStat[] } = {
  from: -Infinity,
  to: -Infinity,
  stats: [],
};

/**
 * All processes as of a moment ago, but not of before `since` (of `performance.now()`): many trees that are killed at
 * one time share one look, which takes as long as there are processes on the machine.
 */
export function recentStats(since: number): readonly ProcessStat[] {
  const now = performance.now();
  if (recent.from < since || now - recent.to > RECENT_MS) {
    const stats = allStats();
    recent = { from: now, to: performance.now(), stats };
  }
  return recent.stats;
}

/** The live children of a process, by whichever of its threads; empty where it is gone. */
export function childrenOf(pid: number): number[] {
  const listed = threadsOf(pid).map((thread) => readProc(`/proc/${pid}/task/${thread}/children`));
  // A kernel without CONFIG_PROC_CHILDREN.
  if (listed.some((text) => text === null))
    return allStats().flatMap((one) => (one.parent === pid && isAlive(one.pid) ? [one.pid] : []));
  return listed.flatMap((text) => (text ?? '').split(' ').filter(Boolean).map(Number)).filter(isAlive);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // gone
  }
}

/**
 * The pids of this process's own children, adopted ones too; null where the kernel does not list them
 * (CONFIG_PROC_CHILDREN). libuv forks on the main thread and orphans are given to it, so that thread's list is whole.
 */
export function ownChildren(): number[] | null {
  const text = readProc(`/proc/self/task/${process.pid}/children`);
  return text === null ? null : text.split(' ').filter(Boolean).map(Number);
}

/** Proportional and resident memory in bytes; null where it may not be read. */
export function readMemory(pid: number): { readonly pss: number | null; readonly rss: number | null } {
  const rollup = readProc(`/proc/${pid}/smaps_rollup`);
  const kibibytes = (name: string, text: string | null): number | null => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '');
    return match === null ? null : Number(match[1]) * 1024;
  };
  const rss = kibibytes('Rss', rollup) ?? kibibytes('VmRSS', readProc(`/proc/${pid}/status`));
  return { pss: kibibytes('Pss', rollup), rss };
}

/** Resident memory in bytes now, and the most that it has ever been; null where it may not be read. */
export function readResident(pid: number): { readonly now: number; readonly peak: number } | null {
  const status = readProc(`/proc/${pid}/status`);
  const kibibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]);
  const [now, peak] = [kibibytes('VmRSS') * 1024, kibibytes('VmHWM') * 1024];
  return Number.isNaN(now) || Number.isNaN(peak) ? null : { now, peak };
}

/** Where each read goes; a file may take several. */
const chunk = Buffer.allocUnsafe(64 * 1024);

/** Takes half of the time of readFileSync, which first asks for a size that these files do not have. */
export function readProc(path: string): string | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    let text = '';
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) return text;
      text += chunk.toString('latin1', 0, count);
    }
  } catch {
    return null; // gone in the meantime, or not ours to read: both mean "not known"
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** What runs on this machine, as far as it may be seen: in a container its own processes, on a host those of all. */
import { readlinkSync } from 'node:fs';
import { allStats, readProc } from './proc.ts';

export interface CommandLine {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
  /** Null: not ours to see. */
  readonly cwd: string | null;
}

/** All that can still act and have a command line: threads of the kernel have none. */
export function commandLines(): CommandLine[] {
  return allStats().flatMap(({ pid, parent, state }) => {
    if (pid === process.pid || state === 'Z' || state === 'X') return [];
    const argv = argvOf(pid);
    return argv.length === 0 ? [] : [{ pid, parent, argv, cwd: cwdOf(pid) }];
  });
}

/** A program that has written over its command line leaves one long word and zeros behind it. */
export const argvOf = (pid: number): string[] =>
  (readProc(`/proc/${pid}/cmdline`) ?? '')
    .replace(/\0+$/, '')
    .split('\0')
    .filter((word) => word !== '');

export function cwdOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null; // another user's, or gone
  }
}

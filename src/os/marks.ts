/** Processes by the mark in the environment that they were started with. */
import { allStats, readProc, type ProcessStat } from './proc.ts';

/** The variable that marks everything a run starts. */
export const MARK = 'PRODSERVER_INSTANCE';

/** True where `mark` stood in the environment that the process was started with; it may have written over that. */
export const hasMark = (pid: number, mark: string): boolean =>
  readProc(`/proc/${pid}/environ`)?.split('\0').includes(`${MARK}=${mark}`) ?? false;

export interface Marked {
  readonly mark: string;
  readonly stat: ProcessStat;
}

/** Every process that can still act and whose mark begins with `prefix`; ours and those that may not be read left out. */
export function findMarked(prefix: string): Marked[] {
  const wanted = `${MARK}=${prefix}`;
  return allStats().flatMap((stat) => {
    if (stat.pid === process.pid || stat.state === 'Z' || stat.state === 'X') return [];
    const entry = readProc(`/proc/${stat.pid}/environ`)
      ?.split('\0')
      .find((one) => one.startsWith(wanted));
    return entry === undefined ? [] : [{ mark: entry.slice(MARK.length + 1), stat }];
  });
}

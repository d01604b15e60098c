/**
 * The memory of a tree with shared pages counted once. The kernel walks every page for it (a second for 10 GiB or so),
 * so it is read beside the loop, and for one tree at a time.
 */
import { readFile } from 'node:fs/promises';

/** Bytes; refused: one of the processes may not be looked into; null: not known this time. */
export type Proportional = number | 'refused' | null;

let earlier: Promise<unknown> = Promise.resolve();

export async function readPss(pids: readonly number[]): Promise<Proportional> {
  const mine = earlier.then(async () => sumOf(pids));
  earlier = mine;
  return mine;
}

async function sumOf(pids: readonly number[]): Promise<Proportional> {
  let bytes = 0;
  for (const pid of pids) {
    try {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
      bytes += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') return 'refused';
      // Gone in the meantime, which is nothing; or no descriptor is left to ask with.
      if (code !== 'ENOENT' && code !== 'ESRCH') return null;
    }
  }
  return bytes === 0 ? null : bytes;
}

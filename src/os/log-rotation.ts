/** The names of rotated files: `file.1` is the newest. */
import { rename, stat } from 'node:fs/promises';

interface Identity {
  readonly dev: number;
  readonly ino: number;
}

async function identityOf(path: string): Promise<Identity | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the path still names that file: another program may have moved it away. */
export async function stillThere(path: string, file: Identity): Promise<boolean> {
  const there = await identityOf(path);
  return there !== null && there.ino === file.ino && there.dev === file.dev;
}

/** Moves `file` to `file.1`, `file.1` to `file.2` and so on to `keep`; the one that stood there is gone then. */
export async function shiftLogFiles(file: string, keep: number): Promise<void> {
  // Only up to the first gap: a last step that fails again and again must not push the older ones out.
  let gap = 1;
  while (gap < keep && (await identityOf(`${file}.${gap}`)) !== null) gap += 1;
  for (let number = gap; number > 1; number -= 1) await rename(`${file}.${number - 1}`, `${file}.${number}`);
  await rename(file, `${file}.1`);
}

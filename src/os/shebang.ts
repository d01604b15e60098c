import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';

/** The kernel reads no more of a first line. Bytes. */
const LINE = 256;

/** The first line of a program that is a script, `#!/usr/bin/python3`; null where it is none, or cannot be found. */
export function shebangOf(program: string, cwd: string, path: string): string | null {
  const folders = program.includes('/') ? [''] : path.split(':');
  for (const folder of folders) {
    const line = firstLine(resolve(cwd, folder, program));
    if (line !== null) return line.startsWith('#!') ? line : null;
  }
  return null;
}

function firstLine(file: string): string | null {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const buffer = Buffer.alloc(LINE);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer)).split('\n', 1)[0] ?? '';
  } catch {
    return null; // not there, or not to be read: perhaps the next folder has it
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** What a child writes its output to. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { libc } from './libc.ts';

/** One stream of a child that is about to be spawned. */
export interface Output {
  /** For the child's stdio: a descriptor, or 'pipe' where Node is to make what it can. */
  readonly stdio: number | 'pipe';
  /** Our end; null where Node makes it. */
  readonly source: Readable | null;
  /** Once the child has its copy, or never will: then the end of the stream is that of its last writer. */
  spawned(): void;
}

/**
 * Node's own 'pipe' is a socket, and a socket cannot be opened by its path: `> /dev/stdout` and `access_log /dev/stderr`,
 * which are what containers are told to do, would fail with ENXIO. So it is a real pipe where one can be made.
 */
export function newOutput(): Output {
  const ends = libc()?.pipe() ?? null;
  if (ends === null) return { stdio: 'pipe', source: null, spawned: () => undefined };
  const [readEnd, writeEnd] = ends;
  return {
    stdio: writeEnd,
    source: new Socket({ fd: readEnd, readable: true, writable: false }),
    spawned: () => closeSync(writeEnd),
  };
}

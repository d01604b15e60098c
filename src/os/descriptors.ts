import { closeSync, openSync } from 'node:fs';

/** What a spawn opens at most: five pipes with two ends each, and a few of libuv's own. */
const NEEDED = 16;

/**
 * The errno that a spawn would meet for want of descriptors; null where there are enough. Asked beforehand, since Node
 * hands out half a child where its pipes cannot be made, whose error nobody can catch.
 */
export function descriptorShortage(): string | null {
  const open: number[] = [];
  try {
    while (open.length < NEEDED) open.push(openSync('/dev/null', 'r'));
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    open.forEach((fd) => closeSync(fd));
  }
}

/** Which listening sockets a process waits on for connections, as the kernel tells. */
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { readProc } from './proc.ts';

const EPOLLIN = 1; // linux/eventpoll.h
/** accept and accept4 of asm/unistd.h. */
const ACCEPT: Readonly<Record<string, readonly number[]>> = { x64: [43, 288], arm64: [202, 242] };

/** Of `inodes` those that it waits on; null where the descriptors of the process may not be read (another user's). */
export function awaitedSockets(pid: number, inodes: readonly number[]): number[] | null {
  let numbers: string[];
  try {
    numbers = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return null;
  }
  const links = new Map(numbers.map((number) => [number, linkOf(pid, number)]));
  const has = (inode: number): boolean => [...links.values()].includes(`socket:[${inode}]`);
  const found = new Set<number>();
  for (const [number, link] of links) {
    if (link === 'anon_inode:[eventpoll]') {
      polled(readProc(`/proc/${pid}/fdinfo/${number}`) ?? '').forEach((inode) => found.add(inode));
    } else if (/\/wgunicorn-[^/]*$/.test(link.replace(/ \(deleted\)$/, '')) && hasBeaten(pid, number)) {
      // gunicorn's sync worker waits by select(2), of which the kernel tells nothing.
      inodes.filter(has).forEach((inode) => found.add(inode));
    }
  }
  const accepting = links.get(String(acceptsOn(pid)));
  return inodes.filter((inode) => found.has(inode) || accepting === `socket:[${inode}]`);
}

function linkOf(pid: number, number: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${number}`);
  } catch {
    return ''; // closed between the listing and the look
  }
}

/** The inodes of those that an epoll instance watches for input: `tfd: 5 events: 19 data: 5 pos:0 ino:2a5b sdev:9`. */
export const polled = (fdinfo: string): number[] =>
  [...fdinfo.matchAll(/^tfd:\s*\d+ events:\s*([0-9a-f]+) .*\bino:([0-9a-f]+)/gm)]
    .filter(([, events = '']) => (Number.parseInt(events, 16) & EPOLLIN) !== 0)
    .map(([, , inode = '']) => Number.parseInt(inode, 16));

/**
 * A worker of gunicorn touches a file at each turn of its loop, which begins once its application is there: with the
 * time since boot, which is long before the file was made.
 */
function hasBeaten(pid: number, number: string): boolean {
  try {
    const { mtimeMs, ctimeMs } = statSync(`/proc/${pid}/fd/${number}`);
    return ctimeMs - mtimeMs > 1000;
  } catch {
    return false; // closed between the listing and the look
  }
}

/** The descriptor in whose accept(2) it sleeps; null where it does not, or where that may not be known. */
function acceptsOn(pid: number): number | null {
  const [call, first] = (readProc(`/proc/${pid}/syscall`) ?? '').split(' ');
  return ACCEPT[process.arch]?.includes(Number(call)) === true ? Number(first) : null;
}

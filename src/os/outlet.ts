/** Descriptors to write to without ever blocking the loop, whatever stands behind them. */
import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Clock } from '../model/clock.ts';
import type { Outlet } from '../model/line.ts';
import { libc } from './libc.ts';
import { readStat } from './proc.ts';

/** How often a full terminal or pipe is tried again, at first and at most. Milliseconds. */
const RETRY_FIRST_MS = 1;
const RETRY_MOST_MS = 50;
/** Bytes that are handed to a socket at once. */
const SOCKET_LIMIT = 64 * 1024;
/** Bytes of one write to a file. */
const FILE_LIMIT = 256 * 1024;

/**
 * The flag O_NONBLOCK belongs to the open file, which the shell and others share, so the descriptor is opened anew
 * through /proc: a terminal (Node's own stdout would freeze the loop when it is stopped by Ctrl-S) and a pipe get an
 * open file of their own. A socket cannot be opened anew; a regular file keeps its offset and knows no such flag.
 */
export function openOutlet(fd: 1 | 2, clock: Clock): Outlet {
  const stat = fstatSync(fd);
  if (stat.isSocket()) return socketOutlet(fd);
  if (stat.isFile()) return fileOutlet(fd, clock);
  const own = reopen(`/proc/self/fd/${fd}`) ?? (isControllingTerminal(stat.rdev) ? reopen('/dev/tty') : null);
  if (own !== null) return descriptorOutlet(own, clock);
  // A pipe of another user may not be opened anew: the flag is then set on the shared one, which pipes can bear.
  return stat.isFIFO() ? socketOutlet(fd) : descriptorOutlet(fd, clock);
}

/**
 * Node sets O_NONBLOCK on the pipes behind its own stdout and stderr when those are first touched, and imports touch them.
 * Others may share these open files (a shell's `prodserver start & program`), and their writes would fail with EAGAIN.
 */
export function giveBackPipes(): void {
  for (const fd of [1, 2]) if (fstatSync(fd).isFIFO()) libc()?.setBlocking(fd);
}

function reopen(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null; // another user's: the caller has a second way
  }
}

const isControllingTerminal = (device: number): boolean => readStat('self')?.terminal === device;

function descriptorOutlet(fd: number, clock: Clock): Outlet {
  let delay = RETRY_FIRST_MS;
  return {
    write(bytes) {
      try {
        const taken = writeSync(fd, bytes);
        delay = RETRY_FIRST_MS;
        return taken;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A full disk passes; a pipe without a reader and a terminal that hung up do not.
        return code === 'EPIPE' || code === 'EBADF' || code === 'EIO' ? null : 0;
      }
    },
    whenWritable(again) {
      clock.after(delay, again);
      delay = Math.min(delay * 2, RETRY_MOST_MS);
    },
    pending: () => false,
    close() {
      if (fd > 2) closeSync(fd);
    },
  };
}

/** A write to a file may take as long as its disk is busy, or hangs, so it is done beside the loop, one at a time. */
function fileOutlet(fd: number, clock: Clock): Outlet {
  let held: Buffer | null = null;
  let broken = false;
  let waiting: (() => void)[] = [];
  let delay = RETRY_FIRST_MS;
  const settle = (error: NodeJS.ErrnoException | null, taken: number): void => {
    if (error === null) {
      delay = RETRY_FIRST_MS;
      held = held === null || taken === held.length ? null : held.subarray(taken);
    }
    // A full disk passes.
    broken = error?.code === 'EBADF' || error?.code === 'EIO';
    if (held !== null && !broken) {
      clock.after(error === null ? 0 : delay, send);
      delay = Math.min(delay * 2, RETRY_MOST_MS);
      return;
    }
    held = null;
    const all = waiting;
    waiting = [];
    for (const again of all) again();
  };
  const send = (): void => {
    if (held !== null) write(fd, held, 0, held.length, null, settle);
  };
  return {
    write(bytes) {
      if (broken) return null;
      if (held !== null) return 0;
      held = bytes.subarray(0, FILE_LIMIT);
      const taken = held.length;
      send();
      return taken;
    },
    whenWritable(again) {
      if (held === null) setImmediate(again);
      else waiting.push(again);
    },
    pending: () => held !== null,
    close: () => void (held = null),
  };
}

function socketOutlet(fd: number): Outlet {
  const socket = new Socket({ fd, readable: false, writable: true });
  let waiting: (() => void)[] = [];
  let broken = false;
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const again of all) again();
  };
  socket.on('error', () => (broken = true));
  socket.on('close', () => {
    broken = true;
    wake();
  });
  return {
    write(bytes) {
      if (broken) return null;
      // Only what the kernel has taken counts as written: then an empty queue before it means that all is out.
      if (socket.writableLength > 0) return 0;
      const part = bytes.subarray(0, SOCKET_LIMIT);
      socket.write(part, (error) => {
        if (error !== null && error !== undefined) broken = true;
        wake();
      });
      return part.length;
    },
    whenWritable(again) {
      // 'drain' comes only after a write that was told to wait, so the write's own callback wakes.
      if (broken || socket.writableLength === 0) setImmediate(again);
      else waiting.push(again);
    },
    pending: () => !broken && socket.writableLength > 0,
    close: () => socket.destroy(),
  };
}

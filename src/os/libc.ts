/** The few calls that Node lacks, through koffi, which is optional: without it `libc()` is null and each caller degrades. */
import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { socketCalls, type SocketCalls } from './libc-sockets.ts';

export interface Libc extends SocketCalls {
  /** Orphans below this process become its own children. True when it took. */
  becomeSubreaper(): boolean;
  /** Reaps one dead child without waiting; true when it was reaped. Only for pids that libuv does not wait for. */
  reap(pid: number): boolean;
  /**
   * Signals the process that `isIt` recognises once it can no longer change: a pidfd names one process for ever.
   * False where there is none, or where it is another.
   */
  signalOnly(pid: number, signal: number, isIt: () => boolean): boolean;
  /** flock(2), exclusive, without waiting: 'locked', 'busy', or an errno's number. */
  lockExclusive(fd: number): 'locked' | 'busy' | number;
  /** pipe2(2) with O_CLOEXEC: the ends to read and to write; null where there is none left. */
  pipe(): readonly [number, number] | null;
  /** CLOCK_BOOTTIME in milliseconds; null where the kernel has none. */
  bootMs(): number | null;
  /** adjtimex(2): whether the kernel is told that its clock is right; null where it may not be asked. */
  clockIsKept(): boolean | null;
  /** Takes O_NONBLOCK from the open file behind a descriptor. */
  setBlocking(fd: number): void;
  /** A datagram socket that is nobody's, without waiting and not inherited; null where there is none left. */
  datagramSocket(): number | null;
  /** sendto(2) to a sockaddr: 0, or an errno's number. */
  sendTo(fd: number, address: Uint8Array, text: string): number;
}

const PR_SET_CHILD_SUBREAPER = 36; // linux/prctl.h
const WNOHANG = 1; // bits/waitflags.h
const LOCK_EX_NB = 2 | 4; // sys/file.h
const SYS_PIDFD_SEND_SIGNAL = 424; // asm-generic/unistd.h: the same number on every architecture
const SYS_PIDFD_OPEN = 434;
const EWOULDBLOCK = 11; // asm-generic/errno-base.h
const O_CLOEXEC = 0o2000000; // asm-generic/fcntl.h
const CLOCK_BOOTTIME = 7; // linux/time.h
const TIME_ERROR = 5; // linux/timex.h: nobody keeps it right
/** Larger than any struct timex; all zero it only asks. Bytes. */
const TIMEX_BYTES = 512;
const F_GETFL = 3;
const F_SETFL = 4;
const AF_UNIX = 1; // bits/socket.h
const SOCK_DGRAM = 2; // bits/socket_type.h; MIPS alone swaps it with SOCK_STREAM, and Node is not built for that
const SOCK_CLOEXEC = O_CLOEXEC;
const MSG_NOSIGNAL = 0x4000;

let loaded: { readonly libc: Libc | null; readonly problem: string } | null = null;

/** Null where koffi cannot be loaded; `libcProblem()` then says why. */
export function libc(): Libc | null {
  loaded ??= load();
  return loaded.libc;
}

export function libcProblem(): string {
  loaded ??= load();
  return loaded.problem;
}

function load(): { libc: Libc | null; problem: string } {
  if (process.env['PRODSERVER_NO_KOFFI'] === '1') {
    return { libc: null, problem: 'switched off by PRODSERVER_NO_KOFFI=1' };
  }
  try {
    return { libc: bind(createRequire(import.meta.url)('koffi') as typeof import('koffi')), problem: '' };
  } catch (error) {
    const first = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { libc: null, problem: first ?? 'unknown' };
  }
}

function bind(koffi: typeof import('koffi')): Libc {
  const self = koffi.load(null);
  const prctl = self.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as (
    ...args: number[]
  ) => number;
  const waitpid = self.func('int waitpid(int, _Out_ int *, int)') as (
    pid: number,
    status: number[],
    options: number,
  ) => number;
  const flock = self.func('int flock(int, int)') as (fd: number, operation: number) => number;
  const syscall = self.func('long syscall(long, long, long, long, long)') as (...args: number[]) => number;
  const close = self.func('int close(int)') as (fd: number) => number;
  const pipe2 = self.func('int pipe2(_Out_ int *, int)') as (ends: number[], flags: number) => number;
  const fcntl = self.func('int fcntl(int, int, ...)') as (
    fd: number,
    command: number,
    type: string,
    value: number,
  ) => number;
  const socket = self.func('int socket(int, int, int)') as (...args: number[]) => number;
  const sendto = self.func(
    'long sendto(int, const uint8_t *, size_t, int, const uint8_t *, unsigned int)',
  ) as (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
  const clockGettime = self.func('int clock_gettime(int, _Out_ int64_t *)') as (
    clock: number,
    time: [number | bigint, number | bigint],
  ) => number;
  const adjtimex = self.func('int adjtimex(void *)') as (timex: Buffer) => number;
  return {
    ...socketCalls(koffi, self),
    clockIsKept() {
      const state = adjtimex(Buffer.alloc(TIMEX_BYTES));
      return state < 0 ? null : state !== TIME_ERROR;
    },
    bootMs() {
      const time: [number | bigint, number | bigint] = [0, 0];
      return clockGettime(CLOCK_BOOTTIME, time) === 0 ? Number(time[0]) * 1000 + Number(time[1]) / 1e6 : null;
    },
    setBlocking(fd) {
      const flags = fcntl(fd, F_GETFL, 'int', 0);
      if (flags >= 0) fcntl(fd, F_SETFL, 'int', flags & ~constants.O_NONBLOCK);
    },
    datagramSocket() {
      const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | constants.O_NONBLOCK, 0);
      return fd < 0 ? null : fd;
    },
    sendTo(fd, address, text) {
      const bytes = Buffer.from(text);
      const sent = sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length);
      return sent < 0 ? koffi.errno() : 0;
    },
    signalOnly(pid, signal, isIt) {
      const fd = syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
      if (fd < 0) return false;
      try {
        return isIt() && syscall(SYS_PIDFD_SEND_SIGNAL, fd, signal, 0, 0) === 0;
      } finally {
        close(fd);
      }
    },
    becomeSubreaper: () => prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0,
    reap: (pid) => waitpid(pid, [0], WNOHANG) === pid,
    lockExclusive(fd) {
      if (flock(fd, LOCK_EX_NB) === 0) return 'locked';
      const errno = koffi.errno();
      return errno === EWOULDBLOCK ? 'busy' : errno;
    },
    pipe() {
      const ends = [-1, -1];
      if (pipe2(ends, O_CLOEXEC) !== 0) return null;
      return [ends[0] ?? -1, ends[1] ?? -1];
    },
  };
}

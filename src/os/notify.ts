/** sd_notify(3): lines of text, as one datagram, to the socket of the service manager. */
import { constants, endianness } from 'node:os';
import type { Clock } from '../model/clock.ts';
import { askBriefly } from './brief.ts';
import { libc, libcProblem } from './libc.ts';
import { findProgram } from './programs.ts';

/** A line is `READY=1`; those of one call arrive together. Never waits; what is sent first arrives first. */
export interface Notifier {
  send(lines: readonly string[]): void;
  /** Resolves when all that was sent has gone, or cannot. */
  flushed(): Promise<void>;
}

/** How soon a manager that could not take more is tried again, and how often until a message is given up. Milliseconds. */
const RETRY_MS = 50;
const RETRIES = 40;
const { EAGAIN, EINTR, ENOBUFS } = constants.errno;
const BUSY: ReadonlySet<number> = new Set([EAGAIN, EINTR, ENOBUFS]);
const AF_UNIX = 1;
/** What sun_path holds (linux/un.h), less the NUL of a path. */
const PATH_MOST = 107;

/** `problem` is told what keeps the manager from being told; each kind of it once. */
export function newNotifier(socket: string, clock: Clock, problem: (detail: string) => void): Notifier {
  const told = new Set<string>();
  const complain = (detail: string): void => {
    if (told.has(detail)) return;
    told.add(detail);
    problem(detail);
  };
  const attempt = attemptOf(socket);
  const queue: string[] = [];
  let working: Promise<void> = Promise.resolve();
  let busy = false;

  const work = async (): Promise<void> => {
    for (let text = queue[0]; text !== undefined; text = queue[0]) {
      const detail = await insist(text, attempt, clock);
      if (detail !== null) complain(detail);
      queue.shift();
    }
    busy = false;
  };

  return {
    send(lines) {
      queue.push(lines.join('\n'));
      if (busy) return;
      busy = true;
      working = work();
    },
    flushed: async () => working,
  };
}

/** Null: it was sent. A number: to be tried again. A text: why it never will be. */
type Attempt = (text: string) => Promise<string | number | null> | string | number | null;

/** Why it could not be sent; null where it was. */
async function insist(text: string, attempt: Attempt, clock: Clock): Promise<string | null> {
  for (let tries = 0; ; tries += 1) {
    const outcome = await attempt(text);
    if (typeof outcome !== 'number') return outcome;
    if (tries === RETRIES) return `it takes nothing (${errnoName(outcome)})`;
    await new Promise<void>((done) => void clock.after(RETRY_MS, done));
  }
}

function attemptOf(socket: string): Attempt {
  const calls = libc();
  if (calls === null) return byProgram(socket);
  const address = addressOf(socket);
  if (address === null) return () => 'only sockets of this host are known, by path or @name';
  let fd: number | null = null;
  return (text) => {
    // Kept open, so that it works when there are no descriptors left.
    fd ??= calls.datagramSocket();
    if (fd === null) return constants.errno.EMFILE;
    const errno = calls.sendTo(fd, address, text);
    if (errno === 0) return null;
    return BUSY.has(errno) ? errno : errnoName(errno);
  };
}

/** Its own process tells in our stead, which the unit must allow: NotifyAccess=all. */
function byProgram(socket: string): Attempt {
  const program = findProgram('systemd-notify', { cwd: '/', env: {} });
  if (program === null) return () => `neither koffi (${libcProblem()}) nor systemd-notify is there`;
  return async (text) => {
    const answer = await askBriefly([program, ...text.split('\n')], { NOTIFY_SOCKET: socket });
    if (!answer.ok) return `systemd-notify: ${answer.error.failure.code}`;
    const { code, stderr } = answer.value;
    return code === 0
      ? null
      : `systemd-notify: ${stderr.trim() === '' ? `exit code ${code}` : stderr.trim()}`;
  };
}

/** A sockaddr_un, no longer than it says: of an abstract name every further byte would be part of it. */
export function addressOf(socket: string): Buffer | null {
  const path = Buffer.from(socket);
  const abstract = socket.startsWith('@');
  if ((!abstract && !socket.startsWith('/')) || path.length > PATH_MOST || path.length < 2) return null;
  if (abstract) path[0] = 0;
  const family = endianness() === 'LE' ? [AF_UNIX, 0] : [0, AF_UNIX];
  return Buffer.concat([Buffer.from(family), path, Buffer.from(abstract ? [] : [0])]);
}

/** `RELOADING=1` with the instant that goes with it: CLOCK_MONOTONIC, which is what Node counts by. */
export const reloadingLines = (): string[] => [
  'RELOADING=1',
  `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`,
];

const errnoName = (errno: number): string =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;

/** Opens and closes listening sockets that this process holds and never accepts on. */
import { chmodSync, chownSync, closeSync, fstatSync, statSync, unlinkSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { socketText, type HeldSocket } from '../model/sockets.ts';
import type { Address } from '../model/spec.ts';
import { findAccount, findGroup } from './accounts.ts';
import { libc, libcProblem } from './libc.ts';
import { listenByHelper } from './listen-helper.ts';
import { listenersOn, refusal, socketInodes } from './listen.ts';
import { allStats, readProc } from './proc.ts';
import { withUmask } from './spawn.ts';

export interface Opened {
  readonly fd: number;
  readonly inode: number;
  close(): void;
}

/** How long a Unix socket that may be a dead one's is asked. Milliseconds. */
const ASK_MS = 1000;

export async function openSocket(socket: HeldSocket): Promise<Result<Opened>> {
  const { name, address } = socket;
  if (address.kind === 'unix') await clearAway(address.path);
  // Nobody may connect before the file has its mode and its owner.
  const mask = address.kind === 'unix' && needsCare(socket) ? 0o177 : null;
  const opened = await withUmask(mask, () => listenOn(socket));
  if ('missing' in opened) {
    const detail = `koffi: ${libcProblem()}; ${opened.missing}`;
    return { ok: false, error: failure('socket-tool', { name, detail }) };
  }
  if ('errno' in opened) return { ok: false, error: problemOf(socket, opened.errno) };
  const { fd } = opened;
  const close = closer(address, () => opened.close());
  const own = await adorn(socket);
  if (own.ok) return { ok: true, value: { fd, inode: fstatSync(fd).ino, close } };
  close();
  return own;
}

async function listenOn(socket: HeldSocket): ReturnType<typeof listenByHelper> {
  const calls = libc();
  if (calls === null) return listenByHelper(socket.address, socket);
  const opened = calls.listenOn(socket.address, socket);
  if ('errno' in opened) return { errno: getSystemErrorName(-opened.errno) };
  return { fd: opened.fd, close: () => closeSync(opened.fd) };
}

/** Makes one that is open already what `socket` says now; without koffi its backlog stays. */
export async function readjust(socket: HeldSocket, { fd }: Pick<Opened, 'fd'>): Promise<Result<null>> {
  const errno = libc()?.relisten(fd, socket.backlog) ?? 0;
  if (errno !== 0) return { ok: false, error: problemOf(socket, getSystemErrorName(-errno)) };
  return adorn(socket);
}

const needsCare = ({ mode, user, group }: HeldSocket): boolean =>
  mode !== null || user !== null || group !== null;

/** Mode and owner of the file of a Unix socket. */
async function adorn(socket: HeldSocket): Promise<Result<null>> {
  const { name, address, user, group } = socket;
  if (address.kind !== 'unix' || !needsCare(socket)) return { ok: true, value: null };
  const account = user === null ? null : await findAccount(user);
  if (account?.ok === false) return { ok: false, error: account.error.failure };
  const gid = group === null ? null : await findGroup(group);
  if (gid?.ok === false) return { ok: false, error: gid.error.failure };
  try {
    if (account !== null || gid !== null) {
      chownSync(address.path, account?.value.uid ?? -1, gid?.value ?? account?.value.gid ?? -1);
    }
    chmodSync(address.path, socket.mode ?? 0o666 & ~process.umask());
    return { ok: true, value: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const facts = { name, address: socketText(socket), detail: code ?? message };
    return { ok: false, error: failure('socket-refused', facts, { cause: error }) };
  }
}

/** The file of a socket on which nobody listens any more; whatever else is there is left, and bind(2) tells of it. */
async function clearAway(path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  if ((await refusal({ kind: 'unix', path }, ASK_MS)) === 'ECONNREFUSED') removeSocket(path);
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone by itself, or not ours to remove: then the next bind(2) tells.
  }
}

function closer(address: Address, close: () => void): () => void {
  const file = address.kind === 'unix' ? statSync(address.path, { throwIfNoEntry: false }) : undefined;
  return () => {
    close();
    if (address.kind !== 'unix' || file === undefined) return;
    // Another supervisor may have put one of its own in its place.
    if (statSync(address.path, { throwIfNoEntry: false })?.ino === file.ino) removeSocket(address.path);
  };
}

function problemOf(socket: HeldSocket, errno: string): Failure {
  const { name } = socket;
  const address = socketText(socket);
  if (errno !== 'EADDRINUSE') return failure('socket-refused', { name, address, detail: errno });
  return failure('socket-in-use', { name, address, holder: holderOf(socket.address) });
}

/** Who listens there, as far as this user may see. */
function holderOf(address: Address): { pid: number; program: string } | null {
  const listeners = listenersOn(address);
  if (listeners.size === 0) return null;
  const holds = ({ pid }: { pid: number }): boolean =>
    [...(socketInodes(pid) ?? [])].some((inode) => listeners.has(inode));
  const pid = allStats().find(holds)?.pid;
  return pid === undefined ? null : { pid, program: (readProc(`/proc/${pid}/comm`) ?? '').trim() };
}

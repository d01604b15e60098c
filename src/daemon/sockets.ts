/**
 * The sockets that are held for those that run. The supervisor never accepts on one: connections wait in it until a process
 * takes them, so that while one is replaced none is refused.
 */
import { failure, FailureError, type Failure, type Result } from '../model/failure.ts';
import { socketText, type HeldSocket } from '../model/sockets.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Inherited } from '../os/activation.ts';
import { openSocket, readjust, type Opened } from '../os/held.ts';
import { isThere, lookAtPassed, meantOf, type Passed } from '../os/passed.ts';

/** What counts of a spec here. */
type Sharer = Pick<ProcessSpec, 'sockets'>;

export interface Sockets {
  /** Opens those of `specs` that are not open yet. Where one cannot be, none of the new ones is. */
  hold(specs: readonly Sharer[]): Promise<Result<null>>;
  /** Closes those that no spec of `specs` has, at this call and at the last: one for what is about to come stays. */
  keep(specs: readonly Sharer[]): void;
  descriptors(spec: Sharer): number[];
  /** By name. */
  inodes(spec: Sharer): Map<string, number>;
  close(): void;
}

/** `inherited`: those that were opened before the start. They are used where they are meant, and never closed. */
export function newSockets(inherited: readonly Inherited[], problem: (found: Failure) => void): Sockets {
  const spare = new Set(inherited.map(lookAtPassed));
  let looked = false;
  /** By address: under another name it is the same socket. */
  const open = new Map<string, Opened & { readonly as: HeldSocket; readonly passed: boolean }>();
  let idle: ReadonlySet<string> = new Set();

  const hold = async (socket: HeldSocket): Promise<Result<boolean>> => {
    const key = socketText(socket);
    const there = open.get(key);
    if (there === undefined) {
      const passed = take(socket);
      const opened = passed === null ? await openSocket(socket) : { ok: true as const, value: passed };
      if (!opened.ok) return opened;
      open.set(key, { ...opened.value, as: socket, passed: passed !== null });
      return { ok: true, value: true };
    }
    if (JSON.stringify(there.as) !== JSON.stringify(socket)) {
      // Who has opened it says how many may wait in it, and who may connect.
      const changed = there.passed ? { ok: true as const } : await readjust(socket, there);
      if (!changed.ok) return changed;
      open.set(key, { ...there, as: socket });
    }
    return { ok: true, value: false };
  };
  const take = (socket: HeldSocket): Opened | null => {
    const passed = meantOf(socket, [...spare]);
    if (passed === null) return null;
    spare.delete(passed);
    if (passed.address !== null && !isThere(passed.address, socket.address)) {
      const [address, elsewhere] = [socketText(socket), socketText({ address: passed.address })];
      problem(failure('socket-elsewhere', { name: socket.name, address, passed: elsewhere }));
    }
    return { fd: passed.fd, inode: passed.inode, close: () => void spare.add(passed) };
  };
  const tellSpare = ({ name, address }: Passed): void =>
    problem(failure('socket-spare', { name, address: address === null ? null : socketText({ address }) }));
  const close = (key: string): void => {
    open.get(key)?.close();
    open.delete(key);
  };
  const held = (socket: HeldSocket): Opened => {
    const found = open.get(socketText(socket));
    if (found !== undefined) return found;
    throw new FailureError(failure('internal', { detail: `socket ${socket.name} is not held` }));
  };

  return {
    async hold(specs) {
      const added: string[] = [];
      for (const socket of socketsOf(specs)) {
        const result = await hold(socket);
        if (!result.ok) {
          added.forEach(close);
          return result;
        }
        if (result.value) added.push(socketText(socket));
      }
      if (!looked) spare.forEach(tellSpare);
      looked = true;
      return { ok: true, value: null };
    },
    keep(specs) {
      const wanted = new Set(socketsOf(specs).map(socketText));
      const before = idle;
      idle = new Set([...open.keys()].filter((key) => !wanted.has(key)));
      for (const key of idle) if (before.has(key)) close(key);
    },
    descriptors: ({ sockets }) => sockets.map((one) => held(one).fd),
    inodes: ({ sockets }) => new Map(sockets.map((one) => [one.name, held(one).inode])),
    close: () => [...open.keys()].forEach(close),
  };
}

/** Each once. */
const socketsOf = (specs: readonly Sharer[]): HeldSocket[] => [
  ...new Map(specs.flatMap(({ sockets }) => sockets).map((one) => [socketText(one), one])).values(),
];

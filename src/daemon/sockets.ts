/**
 * The sockets that are held for those that run. The supervisor never accepts on one: connections wait in it until a process
 * takes them, so that while one is replaced none is refused.
 */
import { failure, FailureError, type Result } from '../model/failure.ts';
import { socketText, type HeldSocket } from '../model/sockets.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { openSocket, readjust, type Opened } from '../os/held.ts';

export interface Sockets {
  /** Opens those of `specs` that are not open yet. Where one cannot be, none of the new ones is. */
  hold(specs: readonly ProcessSpec[]): Promise<Result<null>>;
  /** Closes those that no spec of `specs` has, at this call and at the last: one for what is about to come stays. */
  keep(specs: readonly ProcessSpec[]): void;
  descriptors(spec: ProcessSpec): number[];
  /** By name. */
  inodes(spec: ProcessSpec): Map<string, number>;
  close(): void;
}

export function newSockets(): Sockets {
  /** By address: under another name it is the same socket. */
  const open = new Map<string, Opened & { readonly as: HeldSocket }>();
  let idle: ReadonlySet<string> = new Set();

  const hold = async (socket: HeldSocket): Promise<Result<boolean>> => {
    const key = socketText(socket);
    const there = open.get(key);
    if (there === undefined) {
      const opened = await openSocket(socket);
      if (!opened.ok) return opened;
      open.set(key, { ...opened.value, as: socket });
      return { ok: true, value: true };
    }
    if (JSON.stringify(there.as) !== JSON.stringify(socket)) {
      const changed = await readjust(socket, there);
      if (!changed.ok) return changed;
      open.set(key, { ...there, as: socket });
    }
    return { ok: true, value: false };
  };
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
const socketsOf = (specs: readonly ProcessSpec[]): HeldSocket[] => [
  ...new Map(specs.flatMap(({ sockets }) => sockets).map((one) => [socketText(one), one])).values(),
];

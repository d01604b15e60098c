/** Listening sockets that were opened before the start: LISTEN_FDS. */
import { fstatSync } from 'node:fs';
import type { Address } from '../model/spec.ts';
import type { Inherited } from './activation.ts';
import { nameOf } from './libc-sockets.ts';
import { listeningAddress } from './listen.ts';

export interface Passed extends Inherited {
  readonly inode: number;
  /** Null: it does not listen, or in another way than on a port or a Unix socket. */
  readonly address: Address | null;
}

export const lookAtPassed = ({ name, fd }: Inherited): Passed => {
  const inode = fstatSync(fd).ino;
  return { name, fd, inode, address: listeningAddress(inode) };
};

/**
 * The one that is meant: of those with its name the one with its address, or the only one; else one with its address,
 * whatever its name, since a unit that does not say one names them all by itself.
 */
export function meantOf(
  wanted: { readonly name: string; readonly address: Address },
  passed: readonly Passed[],
): Passed | null {
  const named = passed.filter(({ name, address }) => name === wanted.name && address !== null);
  const exact = (one: Passed): boolean => isThere(one.address, wanted.address);
  return named.find(exact) ?? (named.length === 1 ? named[0] : undefined) ?? passed.find(exact) ?? null;
}

/** Whether what listens at `there` is what `wanted` asks for: `[::]`, which systemd makes of a bare port, is IPv4 too. */
export function isThere(there: Address | null, wanted: Address): boolean {
  if (there === null) return false;
  if (bytes(there).equals(bytes(wanted))) return true;
  if (there.kind === 'unix' || wanted.kind === 'unix') return false;
  return there.host === '::' && wanted.host === '0.0.0.0' && there.port === wanted.port;
}

const bytes = (address: Address): Buffer => nameOf(address)[1];

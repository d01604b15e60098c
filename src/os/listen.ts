/** Which sockets a process listens on, read from /proc; and whether an address accepts. */
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import type { Address } from '../model/spec.ts';
import { readProc } from './proc.ts';

const LISTEN = '0A'; // TCP_LISTEN of linux/tcp_states.h, as /proc/net/tcp writes it
const SO_ACCEPTCON = 0x10000; // linux/net.h, in the flags column of /proc/net/unix

/** Null where the descriptors of the process may not be read (another user's). */
export function listeningAddresses(pid: number): Address[] | null {
  const inodes = socketInodes(pid);
  return inodes === null ? null : listeningOn(String(pid), inodes);
}

/** Where a socket of ours listens; null where it does not. */
export const listeningAddress = (inode: number): Address | null =>
  listeningOn('self', new Set([String(inode)]))[0] ?? null;

function listeningOn(pid: string, inodes: ReadonlySet<string>): Address[] {
  const rows = (name: string): string[][] =>
    (readProc(`/proc/${pid}/net/${name}`) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  const tcp = ['tcp', 'tcp6'].flatMap((name) =>
    rows(name)
      .filter((row) => row[3] === LISTEN && inodes.has(row[9] ?? ''))
      .map((row): Address => {
        const [host = '', port = ''] = (row[1] ?? '').split(':');
        return {
          kind: 'tcp',
          host: name === 'tcp' ? ipv4(host) : ipv6(host),
          port: Number.parseInt(port, 16),
        };
      }),
  );
  const unix = rows('unix')
    .filter((row) => (Number.parseInt(row[3] ?? '0', 16) & SO_ACCEPTCON) !== 0 && inodes.has(row[6] ?? ''))
    .flatMap((row): Address[] =>
      row[7] === undefined ? [] : [{ kind: 'unix', path: row.slice(7).join(' ') }],
    );
  return [...tcp, ...unix];
}

/** The listening sockets of an address, or of others with its port, whoever has them. */
export function listenersOn(address: Address): Set<string> {
  const names = address.kind === 'unix' ? ['unix'] : ['tcp', 'tcp6'];
  const lines = names.flatMap((name) => (readProc(`/proc/self/net/${name}`) ?? '').split('\n'));
  const found = lines
    .map((line) => line.trim().split(/\s+/))
    .flatMap((row) => {
      if (address.kind === 'unix') return row.slice(7).join(' ') === address.path ? [row[6] ?? ''] : [];
      const port = Number.parseInt(row[1]?.split(':')[1] ?? '', 16);
      return row[3] === LISTEN && port === address.port ? [row[9] ?? ''] : [];
    });
  return new Set(found);
}

/** Those that a process has open; null where that may not be known. */
export function socketInodes(pid: number): Set<string> | null {
  const inodes = new Set<string>();
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return null; // another user's, or gone: the caller tells the two apart by the process itself
  }
  for (const name of names) {
    try {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`));
      if (match?.[1] !== undefined) inodes.add(match[1]);
    } catch {
      continue; // closed between the listing and the look
    }
  }
  return inodes;
}

/** The kernel prints the address as one number in the machine's (little-endian) order. */
function ipv4(hex: string): string {
  return (hex.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .toReversed()
    .join('.');
}

function ipv6(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).toReversed().join(''));
  const groups = (words.join('').match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ''));
  return groups.every((group) => group === '0') ? '::' : groups.join(':');
}

/** Why no connection is taken within `timeoutMs`, as an errno or `no answer`; null when one is. Never rejects. */
export async function refusal(address: Address, timeoutMs: number): Promise<string | null> {
  return new Promise((done) => {
    const socket = connect(
      address.kind === 'unix'
        ? { path: address.path }
        : { host: reachable(address.host), port: address.port },
    );
    const finish = (result: string | null): void => {
      socket.destroy();
      done(result);
    };
    socket.setTimeout(timeoutMs, () => finish('no answer'));
    socket.once('connect', () => finish(null));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}

/** An address to connect to for one that is bound: "any" is reached over loopback. */
export const reachable = (host: string): string =>
  host === '' || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

/** socket(2), bind(2) and listen(2): Node's own servers accept whatever comes to what they listen on. */
import { isIPv6 } from 'node:net';
import type { Address } from '../model/spec.ts';

export interface SocketCalls {
  /** A descriptor that listens and accepts nothing, closed in children that are not given it; or an errno's number. */
  listenOn(
    address: Address,
    options: { readonly backlog: number; readonly reusePort: boolean },
  ): { readonly fd: number } | { readonly errno: number };
  /** Changes how many connections may wait in it; 0, or an errno's number. */
  relisten(fd: number, backlog: number): number;
}

const AF_UNIX = 1; // bits/socket.h
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1; // asm-generic/socket.h
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;

export function socketCalls(koffi: typeof import('koffi'), self: ReturnType<typeof koffi.load>): SocketCalls {
  const socket = self.func('int socket(int, int, int)') as (...args: number[]) => number;
  const setsockopt = self.func('int setsockopt(int, int, int, const void *, unsigned int)') as (
    fd: number,
    level: number,
    name: number,
    value: Buffer,
    bytes: number,
  ) => number;
  const bind = self.func('int bind(int, const void *, unsigned int)') as (
    fd: number,
    address: Buffer,
    bytes: number,
  ) => number;
  const listen = self.func('int listen(int, int)') as (fd: number, backlog: number) => number;
  const close = self.func('int close(int)') as (fd: number) => number;
  const on = Buffer.from(Int32Array.of(1).buffer);

  return {
    listenOn(address, { backlog, reusePort }) {
      const [family, name] = nameOf(address);
      const fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) return { errno: koffi.errno() };
      const set = (option: number): boolean => setsockopt(fd, SOL_SOCKET, option, on, on.length) === 0;
      const done =
        (family === AF_UNIX || set(SO_REUSEADDR)) &&
        (!reusePort || set(SO_REUSEPORT)) &&
        bind(fd, name, name.length) === 0 &&
        listen(fd, backlog) === 0;
      if (done) return { fd };
      const errno = koffi.errno();
      close(fd);
      return { errno };
    },
    relisten: (fd, backlog) => (listen(fd, backlog) === 0 ? 0 : koffi.errno()),
  };
}

/** The family and the bytes of a struct sockaddr: the family in the machine's order, the port in the network's. */
export function nameOf(address: Address): readonly [number, Buffer] {
  const begin = (family: number, port: number): Buffer => {
    const head = Buffer.from(Uint16Array.of(family, 0).buffer);
    head.writeUInt16BE(port, 2);
    return head;
  };
  if (address.kind === 'unix') {
    const family = begin(AF_UNIX, 0).subarray(0, 2);
    return [AF_UNIX, Buffer.concat([family, Buffer.from(address.path), Buffer.alloc(1)])];
  }
  const { host, port } = address;
  if (!isIPv6(host)) {
    const bytes = Buffer.from(host.split('.').map(Number));
    return [AF_INET, Buffer.concat([begin(AF_INET, port), bytes, Buffer.alloc(8)])];
  }
  return [
    AF_INET6,
    Buffer.concat([begin(AF_INET6, port), Buffer.alloc(4), ipv6Bytes(host), Buffer.alloc(4)]),
  ];
}

/** Of an address without a zone. */
function ipv6Bytes(host: string): Buffer {
  // The URL parser writes each form in one: hexadecimal groups, the longest run of zeros left out.
  const plain = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [left = '', right] = plain.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const head = groups(left);
  const tail = groups(right ?? '');
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

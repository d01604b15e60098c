/** Which of the sockets that were passed at the start is meant. */
import { expect, test } from 'vitest';
import type { Address } from '../../src/model/spec.ts';
import { meantOf, type Passed } from '../../src/os/passed.ts';

const tcp = (host: string, port: number): Address => ({ kind: 'tcp', host, port });
const unix = (path: string): Address => ({ kind: 'unix', path });
const passed = (name: string, address: Address | null): Passed => ({ name, fd: 3, inode: 1, address });

const HTTP = passed('http', tcp('127.0.0.1', 8000));
const OTHER = passed('http', tcp('::1', 8000));
const UNIT = passed('shop.socket', tcp('::', 8000));
const FILE = passed('shop.socket', unix('/run/shop.sock'));
const DEAF = passed('deaf', null);

test.each<[string, { name: string; address: Address }, Passed[], Passed | null]>([
  ['by name, wherever it is', { name: 'http', address: tcp('127.0.0.1', 80) }, [UNIT, HTTP], HTTP],
  ['of several by address', { name: 'http', address: tcp('0:0::1', 8000) }, [HTTP, OTHER], OTHER],
  ['none of several elsewhere', { name: 'http', address: tcp('::1', 80) }, [HTTP, OTHER], null],
  ['by address', { name: 'web', address: tcp('127.0.0.1', 8000) }, [FILE, HTTP], HTTP],
  ['IPv4 of any', { name: 'web', address: tcp('0.0.0.0', 8000) }, [FILE, UNIT], UNIT],
  ['not one of IPv4 alone', { name: 'web', address: tcp('127.0.0.1', 8000) }, [UNIT], null],
  ['a file', { name: 'web', address: unix('/run/shop.sock') }, [UNIT, FILE], FILE],
  ['another file', { name: 'web', address: unix('/run/shop') }, [UNIT, FILE], null],
  ['one that listens', { name: 'deaf', address: tcp('127.0.0.1', 1) }, [DEAF], null],
])('%s', (_, wanted, among, expected) => {
  expect(meantOf(wanted, among)).toBe(expected);
});

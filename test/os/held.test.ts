/** Sockets that are held: real ones. */
import { fstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { HeldSocket } from '../../src/model/sockets.ts';
import type { Address } from '../../src/model/spec.ts';
import { awaitedSockets, polled } from '../../src/os/awaited.ts';
import { openSocket, readjust } from '../../src/os/held.ts';
import { nameOf } from '../../src/os/libc-sockets.ts';
import { listenByHelper } from '../../src/os/listen-helper.ts';
import { listeningAddress, refusal } from '../../src/os/listen.ts';
import { freePort, until } from '../support/rig.ts';

const held = (address: Address, change: Partial<HeldSocket> = {}): HeldSocket => ({
  name: 'http',
  address,
  backlog: 8,
  reusePort: false,
  mode: null,
  user: null,
  group: null,
  ...change,
});

const open = async (socket: HeldSocket) => {
  const opened = await openSocket(socket);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  let closed = false;
  const close = (): void => {
    if (!closed) opened.value.close();
    closed = true;
  };
  onTestFinished(close);
  return { ...opened.value, close };
};

test('a port is taken, accepts in the kernel, is waited on by nobody, and is free again', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const address = { kind: 'tcp', host, port: await freePort() } as const;
    const socket = held(address);
    const first = await open(socket);
    expect(await refusal(address, 1000)).toBeNull();
    expect(awaitedSockets(process.pid, [first.inode])).toEqual([]);
    expect(await readjust({ ...socket, backlog: 4 }, first)).toEqual({ ok: true, value: null });
    expect(await openSocket(socket)).toMatchObject({
      ok: false,
      error: { code: 'socket-in-use', facts: { name: 'http', holder: { pid: process.pid } } },
    });
    first.close();
    expect(await refusal(address, 1000)).toBe('ECONNREFUSED');
  }
});

test('without koffi a Python program opens it', async () => {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'held-'))];
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'http.sock');
  for (const address of [
    { kind: 'tcp', host: '127.0.0.1', port } as const,
    { kind: 'tcp', host: '::1', port } as const,
    { kind: 'unix', path } as const,
  ]) {
    const opened = await listenByHelper(address, { backlog: 8, reusePort: true });
    if (!('fd' in opened)) throw new Error(JSON.stringify(opened));
    expect(listeningAddress(fstatSync(opened.fd).ino)).toEqual(
      address.kind === 'tcp' && address.host === '::1' ? { ...address, host: '0:0:0:0:0:0:0:1' } : address,
    );
    expect(await refusal(address, 1000)).toBeNull();
    const second = await listenByHelper(address, { backlog: 8, reusePort: false });
    expect(second).toEqual({ errno: 'EADDRINUSE' });
    opened.close();
    await until(async () => (await refusal(address, 1000)) === 'ECONNREFUSED', 'it to be closed');
  }
});

test('two may have a port where both say so', async () => {
  const socket = held({ kind: 'tcp', host: '127.0.0.1', port: await freePort() }, { reusePort: true });
  await open(socket);
  await open(socket);
});

test('the file of a Unix socket: its mode, a dead one in its place, and its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'held-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'http.sock');
  const socket = held({ kind: 'unix', path }, { mode: 0o640 });
  const first = await open(socket);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(await openSocket(socket)).toMatchObject({ ok: false, error: { code: 'socket-in-use' } });
  first.close();
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  const missing = held({ kind: 'unix', path: join(folder, 'no', 'http.sock') });
  expect(await openSocket(missing)).toMatchObject({
    error: { code: 'socket-refused', facts: { detail: 'ENOENT' } },
  });
});

test('one on which a process waits, as the kernel tells', async () => {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { _handle: handle } = server as unknown as { _handle: { fd: number } };
  const inode = statSync(`/proc/self/fd/${handle.fd}`).ino;
  // libuv tells the kernel when it next waits.
  const { port } = server.address() as { port: number };
  await new Promise<void>((done) => {
    const client = connect(port, '127.0.0.1', () => client.destroy()).once('close', () => done());
  });
  expect(awaitedSockets(process.pid, [inode, 1])).toEqual([inode]);
  // What is watched for output only is not waited on.
  expect(
    polled(
      'pos:\t0\nflags:\t02\ntfd:        5 events:       19 data:  5  pos:0 ino:2a5b sdev:9\n' +
        'tfd:        6 events:        4 data:  6  pos:0 ino:2a5c sdev:9\n',
    ),
  ).toEqual([0x2a5b]);
  expect(awaitedSockets(2 ** 22 + 1, [inode])).toBeNull();
});

test('the bytes of addresses', () => {
  const hex = (address: Address): string => nameOf(address)[1].toString('hex');
  expect([
    hex({ kind: 'tcp', host: '10.0.0.7', port: 8000 }),
    hex({ kind: 'tcp', host: '::', port: 80 }),
    hex({ kind: 'tcp', host: '2001:db8::7', port: 80 }),
    hex({ kind: 'tcp', host: '::ffff:10.0.0.7', port: 80 }),
    hex({ kind: 'unix', path: '/a' }),
  ]).toEqual([
    '02001f400a0000070000000000000000',
    `0a00005000000000${'00'.repeat(16)}00000000`,
    '0a0000500000000020010db800000000000000000000000700000000',
    '0a0000500000000000000000000000000000ffff0a00000700000000',
    '01002f6100',
  ]);
});

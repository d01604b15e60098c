/** What is held, and what becomes of sockets that were passed at the start. */
import { expect, onTestFinished, test } from 'vitest';
import { newSockets } from '../../src/daemon/sockets.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { HeldSocket } from '../../src/model/sockets.ts';
import { openSocket } from '../../src/os/held.ts';
import { refusal } from '../../src/os/listen.ts';
import { freePort } from '../support/rig.ts';

const held = (name: string, port: number, change: Partial<HeldSocket> = {}): HeldSocket => ({
  name,
  address: { kind: 'tcp', host: '127.0.0.1', port },
  backlog: 8,
  reusePort: false,
  mode: null,
  user: null,
  group: null,
  ...change,
});

const webWith = (...sockets: HeldSocket[]) => ({ sockets });

test('one that was passed is used in the place of one of our own, is left when nobody wants it, and taken again', async () => {
  const port = await freePort();
  const http = held('http', port);
  const opened = await openSocket(http);
  const spare = await openSocket(held('admin', await freePort()));
  if (!opened.ok || !spare.ok) throw new Error('no sockets');
  onTestFinished(() => [opened, spare].forEach(({ value }) => value.close()));
  const told: Failure[] = [];
  const { fd, inode } = opened.value;
  const sockets = newSockets(
    [
      { name: 'shop.socket', fd },
      { name: 'admin', fd: spare.value.fd },
    ],
    (found) => told.push(found),
  );
  expect(await sockets.hold([webWith(http)])).toEqual({ ok: true, value: null });
  expect(told.map(({ code, facts }) => [code, (facts as { name: string }).name])).toEqual([
    ['socket-spare', 'admin'],
  ]);
  expect(sockets.descriptors(webWith(http))).toEqual([fd]);
  expect(sockets.inodes(webWith(http))).toEqual(new Map([['http', inode]]));
  // A changed backlog is the business of who has opened it.
  expect(await sockets.hold([webWith({ ...http, backlog: 9 })])).toEqual({ ok: true, value: null });

  sockets.keep([]);
  sockets.keep([]);
  expect(() => sockets.descriptors(webWith(http))).toThrow('socket http is not held');
  expect(await refusal(http.address, 1000)).toBeNull();
  const elsewhere = held('admin', port + 1);
  expect(await sockets.hold([webWith(http, elsewhere)])).toEqual({ ok: true, value: null });
  expect(sockets.descriptors(webWith(http, elsewhere))).toEqual([fd, spare.value.fd]);
  expect(told.at(-1)?.code).toBe('socket-elsewhere');
  sockets.close();
  expect(await refusal(http.address, 1000)).toBeNull();
});

test('one that is removed is closed after a while, and where one cannot be opened none is', async () => {
  const [port, taken] = [await freePort(), await freePort()];
  const other = await openSocket(held('other', taken));
  if (!other.ok) throw new Error('no socket');
  onTestFinished(() => other.value.close());
  const sockets = newSockets([], () => undefined);
  const http = held('http', port);
  expect(await sockets.hold([webWith(http, held('admin', taken))])).toMatchObject({
    ok: false,
    error: { code: 'socket-in-use', facts: { name: 'admin', holder: { pid: process.pid } } },
  });
  expect(await refusal(http.address, 1000)).toBe('ECONNREFUSED');
  await sockets.hold([webWith(http)]);
  sockets.keep([]);
  expect(await refusal(http.address, 1000)).toBeNull();
  sockets.keep([]);
  expect(await refusal(http.address, 1000)).toBe('ECONNREFUSED');
});

import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { socketsOf, takeHanded } from '../../src/os/activation.ts';
import { addressOf } from '../../src/os/notify.ts';

test('all of it is for this process, and is taken out', () => {
  const env = {
    HOME: '/root',
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '30000000',
    WATCHDOG_PID: '7',
    LISTEN_PID: '7',
    LISTEN_FDS: '3',
    LISTEN_FDNAMES: 'http::https',
  };
  expect(takeHanded(env, 7)).toEqual({
    manager: { socket: '/run/systemd/notify', watchdogMs: 30_000 },
    inherited: [
      { name: 'http', fd: 3 },
      { name: 'unknown', fd: 4 },
      { name: 'https', fd: 5 },
    ],
  });
  expect(env).toEqual({ HOME: '/root' });
});

test.each([
  [{}, null, 0],
  [{ NOTIFY_SOCKET: '' }, null, 0],
  [{ NOTIFY_SOCKET: '@a', WATCHDOG_USEC: '1000', WATCHDOG_PID: '8' }, { socket: '@a', watchdogMs: null }, 0],
  [{ NOTIFY_SOCKET: '@a', WATCHDOG_USEC: '1000' }, { socket: '@a', watchdogMs: 1 }, 0],
  [{ NOTIFY_SOCKET: '@a', WATCHDOG_USEC: 'soon' }, { socket: '@a', watchdogMs: null }, 0],
  [{ LISTEN_PID: '8', LISTEN_FDS: '1' }, null, 0],
  [{ LISTEN_PID: '7', LISTEN_FDS: '2' }, null, 2],
  [{ LISTEN_PID: '7', LISTEN_FDS: '-1' }, null, 0],
])('of %j', (given, manager, count) => {
  const env: NodeJS.ProcessEnv = { ...given };
  const handed = takeHanded(env, 7);
  expect([handed.manager, handed.inherited.length, env]).toEqual([manager, count, {}]);
});

test('what is no socket, or not open, is not one', async () => {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const { fd } = Reflect.get(server, '_handle') as { readonly fd: number };
  const file = openSync('/dev/null', 'r');
  const given = [fd, file, 99_999].map((number) => ({ name: 'http', fd: number }));
  expect(socketsOf(given)).toEqual([{ name: 'http', fd }]);
  closeSync(file);
  server.close();
});

test('addresses', () => {
  expect(addressOf('/run/n')?.toString('latin1')).toBe('\x01\0/run/n\0');
  expect(addressOf('@n')?.toString('latin1')).toBe('\x01\0\0n');
  expect([addressOf('vsock:2:1234'), addressOf('@'), addressOf(`/${'n'.repeat(107)}`)]).toEqual([
    null,
    null,
    null,
  ]);
});

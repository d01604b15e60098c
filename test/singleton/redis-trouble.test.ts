/** What is said where a Redis does not do as asked, and what becomes of the connection. */
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/os/clock.ts';
import { newRedisClient } from '../../src/singleton/redis-client.ts';
import { FakeClock } from '../logs/support.ts';
import { startRedis } from '../support/redis.ts';
import { freePort, Rig, until } from '../support/rig.ts';
import { acquired, operator, OURS, reasonOf, storeOf, take, TIMEOUT_MS } from './redis-support.ts';

const connections = async (redis: ReturnType<typeof operator>): Promise<number> =>
  ((await redis.client('LIST')) as string).trim().split('\n').length - 1;

test('nobody there', async () => {
  const port = await freePort();
  expect(await reasonOf(take(storeOf(`redis://127.0.0.1:${port}`)))).toBe(
    `connect ECONNREFUSED 127.0.0.1:${port}`,
  );
  expect(await reasonOf(take(storeOf(`redis://localhost:${port}`)))).toMatch(
    new RegExp(`^connect ECONNREFUSED (::1|127\\.0\\.0\\.1):${port}`),
  );
  expect(await reasonOf(take(storeOf('redis://cache.invalid')))).toMatch(/^getaddrinfo \w+ cache\.invalid$/);
  expect(await reasonOf(take(storeOf('redis+socket:///nonexistent/redis.sock')))).toBe(
    'connect ENOENT /nonexistent/redis.sock',
  );
});

test('somebody else there', async () => {
  const port = await freePort();
  const server = createServer((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  await new Promise<void>((done) => void server.listen(port, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  expect(await reasonOf(take(storeOf(`redis://127.0.0.1:${port}`)))).toMatch(
    /^what answers there is no Redis \(/,
  );
});

test('a password that is wrong, missing, or not wanted; a user, and what it may not', async () => {
  const server = await startRedis(new Rig(), { password: 'se/cr@t' });
  const place = `127.0.0.1:${server.port}`;
  await acquired(storeOf(server.url));
  expect(await reasonOf(take(storeOf(`redis://:wrong@${place}`)))).toMatch(
    /^WRONGPASS invalid username-password/,
  );
  expect(await reasonOf(take(storeOf(`redis://${place}`)))).toBe(
    'it asks for a password, and the URL has none (NOAUTH)',
  );
  const redis = operator(server.port, 'se/cr@t');
  await redis.acl('SETUSER', 'beat', 'on', '>p%ss', '~prodserver:*', '+@all');
  expect(await acquired(storeOf(`redis://beat:p%25ss@${place}`))).toMatchObject({ again: true });
  await redis.acl('SETUSER', 'beat', '-info');
  expect(await reasonOf(take(storeOf(`redis://beat:p%25ss@${place}`)))).toMatch(
    /^ERR The user executing the script can't run this command/,
  );
  await redis.acl('SETUSER', 'beat', '+@all', 'resetkeys', '~celery*');
  expect(await reasonOf(take(storeOf(`redis://beat:p%25ss@${place}`)))).toMatch(/^NOPERM /);
  await redis.config('SET', 'requirepass', '');
  expect(await acquired(storeOf(server.url))).toMatchObject({ again: true });
});

test('a database that it has not; those that it has are apart', async () => {
  const server = await startRedis(new Rig());
  const place = `redis://127.0.0.1:${server.port}`;
  expect(await reasonOf(take(storeOf(`${place}/99`)))).toBe('ERR DB index is out of range');
  await acquired(storeOf(`${place}/3`));
  expect(await acquired(storeOf(`${place}/4`))).toMatchObject({ previous: null, again: false });
  expect(await acquired(storeOf(`${place}?db=3`))).toMatchObject({ again: true });
  const redis = operator(server.port);
  await redis.select(3);
  expect(await redis.dbsize()).toBe(2);
});

test('a replica, which may not be written to', async () => {
  const rig = new Rig();
  const master = await startRedis(rig);
  const args = ['--replicaof', '127.0.0.1', String(master.port)];
  const replica = await startRedis(rig, { args });
  expect(await reasonOf(take(storeOf(replica.url)))).toMatch(/^(READONLY|MASTERDOWN) /);
});

test('a server that loads its data', async () => {
  const rig = new Rig();
  const server = await startRedis(rig, { args: ['--appendonly', 'yes', '--appendfsync', 'no'] });
  const redis = operator(server.port);
  await redis.eval("for i = 1, 15000 do redis.call('SET', i, 'x') end", 0);
  await server.stop();
  // Microseconds for each key; after a thousand of them it looks at its connections.
  const slow = ['--key-load-delay', '100'];
  const again = await startRedis(rig, { port: server.port, args: ['--appendonly', 'yes', ...slow] });
  const store = storeOf(again.url);
  expect(await reasonOf(take(store))).toBe('LOADING Redis is loading the dataset in memory');
  await operator(server.port).config('SET', 'key-load-delay', '0');
  await until(async () => take(store).catch(() => null), 'the server to have loaded');
});

test('a server that is frozen: no answer in time, over a new connection afterwards, and none is left', async () => {
  const server = await startRedis(new Rig());
  const redis = operator(server.port);
  const clock = new FakeClock();
  const store = storeOf(server.url, { clock });
  const { fence } = await acquired(store);
  expect(await connections(redis)).toBe(1);
  process.kill(server.pid, 'SIGSTOP');
  const timeUp = async (act: Promise<unknown>): Promise<void> => {
    const reason = reasonOf(act);
    await until(() => clock.armed > 0, 'the command to be on its way');
    clock.pass(TIMEOUT_MS - 1);
    expect(clock.armed).toBeGreaterThan(0);
    clock.pass(1);
    expect(await reason).toBe('no answer within 20 s');
    expect(clock.armed).toBe(0);
  };
  // Over the connection that there is, and over one that does not come about.
  await timeUp(store.renew(OURS, 30_000));
  await timeUp(store.renew(OURS, 30_000));
  process.kill(server.pid, 'SIGCONT');
  await until(async () => (await connections(redis)) === 0, 'all connections to be closed');
  expect(await acquired(store)).toMatchObject({ fence, again: true });
  expect(await connections(redis)).toBe(1);
  expect(clock.armed).toBe(0);
});

test('a command that is refused takes nothing from those beside it', async () => {
  const server = await startRedis(new Rig());
  const redis = operator(server.port);
  const client = newRedisClient(server.url, TIMEOUT_MS, systemClock);
  onTestFinished(() => client.close());
  const answers = await Promise.allSettled([
    client.run('return redis.error_reply("NO thanks")', [], []),
    client.run('local n = 0 while n < 1e6 do n = n + 1 end return n', [], []),
    client.run('return ARGV[1]', [], ['x']),
  ]);
  expect(answers).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ message: 'NO thanks' }) as Error },
    { status: 'fulfilled', value: 1e6 },
    { status: 'fulfilled', value: 'x' },
  ]);
  await until(async () => (await connections(redis)) === 0, 'the connection to be closed');
  // At once, however many ask for it.
  await Promise.all([1, 2, 3].map(async (one) => client.run('return ARGV[1]', [], [one])));
  expect(await connections(redis)).toBe(1);
});

test('a restart, or a server that hung up, costs no command', async () => {
  const server = await startRedis(new Rig());
  const store = storeOf(server.url);
  await acquired(store);
  await server.restart();
  expect(await acquired(store)).toMatchObject({ again: false, previous: null });
  const redis = operator(server.port);
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(async () => (await connections(redis)) === 0, 'the connection to be closed');
  expect(await store.renew(OURS, 30_000)).toBe(true);
});

test('closed is closed: who waits hears of it, and nothing is asked any more', async () => {
  const server = await startRedis(new Rig());
  const redis = operator(server.port);
  const store = storeOf(server.url);
  await acquired(store);
  process.kill(server.pid, 'SIGSTOP');
  const waits = reasonOf(store.renew(OURS, 30_000));
  const connecting = storeOf(server.url);
  const connects = reasonOf(take(connecting));
  // The command is under way, as far as a frozen server lets it.
  await new Promise((done) => void setImmediate(done));
  store.close();
  connecting.close();
  expect(await waits).toBe('the connection was closed');
  expect(await connects).toBe('the connection was closed');
  process.kill(server.pid, 'SIGCONT');
  expect(await reasonOf(store.renew(OURS, 30_000))).toBe('the connection was closed');
  store.close();
  await until(async () => (await connections(redis)) === 0, 'all connections to be closed');
});

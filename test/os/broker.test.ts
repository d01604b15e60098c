/** Brokers that answer, refuse, and hold their tongue. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { brokerAnswers, brokerDoors } from '../../src/os/broker.ts';
import { startRedis } from '../support/redis.ts';
import { freePort, Rig } from '../support/rig.ts';

/** A server that does with each connection what the test says; what it was told. */
async function server(
  then: (socket: Socket) => void,
  at?: string,
): Promise<{ port: number; told: string[] }> {
  const told: string[] = [];
  const one = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => told.push(data.toString('latin1')));
    then(socket);
  });
  onTestFinished(() => void one.close());
  await new Promise<void>(
    (done) => void (at === undefined ? one.listen(0, '127.0.0.1', done) : one.listen(at, done)),
  );
  return { port: at === undefined ? (one.address() as AddressInfo).port : 0, told };
}

const SILENT = (): void => undefined;
const echo = (socket: Socket): void => void socket.on('data', () => socket.write('x'));

describe('the doors of a URL, as kombu writes it', () => {
  const at = (host: string, port: number, tls = false) => ({ address: { host, port }, tls });
  test.each([
    ['redis://:**@127.0.0.1:6379//', at('127.0.0.1', 6379), 'PING\r\n'],
    ['redis://h', at('h', 6379), 'PING\r\n'],
    ['redis://', at('localhost', 6379), 'PING\r\n'],
    ['redis://user:**@h:1/2?ssl_cert_reqs=none', at('h', 1), 'PING\r\n'],
    ['redis://:**@%3A%3A1:6379/0', at('::1', 6379), 'PING\r\n'],
    ['redis://[::1]:7/0', at('::1', 7), 'PING\r\n'],
    ['rediss://:**@h:1/0', at('h', 1, true), 'PING\r\n'],
    ['sentinel://:**@a//', at('a', 26_379), 'PING\r\n'],
    ['amqp://guest:**@h:5672//', at('h', 5672), 'AMQP\0\0\t\u0001'],
    ['pyamqp://h', at('h', 5672), 'AMQP\0\0\t\u0001'],
    ['amqps://g:**@h//', at('h', 5671, true), 'AMQP\0\0\t\u0001'],
    ['kafka://h:9092', at('h', 9092), undefined],
    ['confluentkafka://h:9092', at('h', 9092), undefined],
    ['redis+socket:///run/redis.sock', { address: { path: '/run/redis.sock' }, tls: false }, 'PING\r\n'],
    [
      'redis+socket:///run/redis.sock?virtual_host=2',
      { address: { path: '/run/redis.sock' }, tls: false },
      'PING\r\n',
    ],
  ])('%s', (url, door, words) => {
    const found = brokerDoors(url).map((one) => ({ ...one, words: one.words?.toString('latin1') }));
    expect(found).toEqual([{ ...door, words }]);
  });

  test('of several', () => {
    expect(brokerDoors('sentinel://a:1;sentinel://b:2').map(({ address }) => address)).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
  });

  test.each([
    'filesystem://localhost//',
    'memory://:**@localhost//',
    'sqs://',
    'sqla+sqlite:///x.db',
    'redis://h:99999',
    '',
    'kilroy',
  ])('none: %s', async (url) => {
    expect(brokerDoors(url)).toEqual([]);
    expect(await brokerAnswers(url, 1)).toBe(true);
  });
});

test('any word is an answer, for Redis and for AMQP', async () => {
  const { port, told } = await server(echo);
  expect(await brokerAnswers(`redis://127.0.0.1:${port}/0`, 5000)).toBe(true);
  expect(await brokerAnswers(`amqp://127.0.0.1:${port}//`, 5000)).toBe(true);
  expect(told).toEqual(['PING\r\n', 'AMQP\0\0\t\u0001']);
});

test('one that takes the connection and says nothing does not answer; where no words are known it does', async () => {
  const { port } = await server(SILENT);
  expect(await brokerAnswers(`redis://127.0.0.1:${port}/0`, 100)).toBe(false);
  expect(await brokerAnswers(`amqps://127.0.0.1:${port}//`, 100)).toBe(false);
  expect(await brokerAnswers(`kafka://127.0.0.1:${port}`, 5000)).toBe(true);
});

test('one that hangs up, or is not there, does not answer', async () => {
  const { port } = await server((socket) => void socket.end());
  expect(await brokerAnswers(`redis://127.0.0.1:${port}`, 5000)).toBe(false);
  expect(await brokerAnswers(`redis://127.0.0.1:${await freePort()}`, 5000)).toBe(false);
});

test('one of several is enough', async () => {
  const [good, silent] = [await server(echo), await server(SILENT)];
  const url = `redis://127.0.0.1:${silent.port}/0;redis://127.0.0.1:${good.port}/0`;
  expect(await brokerAnswers(url, 200)).toBe(true);
});

test('over a Unix socket', async () => {
  const path = join(new Rig().folder, 'redis.sock');
  await server(echo, path);
  expect(await brokerAnswers(`redis+socket://${path}`, 5000)).toBe(true);
  expect(await brokerAnswers(`redis+socket://${path}.not`, 5000)).toBe(false);
});

test('a Redis: with a password that is not known here, frozen, going on, gone', async () => {
  const redis = await startRedis(new Rig(), { password: 'hunter2' });
  const url = redis.url.replace('hunter2', '**');
  expect(await brokerAnswers(url, 5000)).toBe(true);
  process.kill(redis.pid, 'SIGSTOP');
  expect(await brokerAnswers(url, 300)).toBe(false);
  process.kill(redis.pid, 'SIGCONT');
  expect(await brokerAnswers(url, 5000)).toBe(true);
  await redis.stop();
  expect(await brokerAnswers(url, 5000)).toBe(false);
});

test('a Redis behind TLS, whoever signed its certificate', async () => {
  const rig = new Rig();
  const port = await freePort();
  const subject = ['-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'cert.pem'];
  await rig.spawn(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], {
    cwd: rig.folder,
  }).ended;
  const files = [
    '--tls-cert-file',
    'cert.pem',
    '--tls-key-file',
    'key.pem',
    '--tls-ca-cert-file',
    'cert.pem',
  ];
  const server = rig.spawn(
    ['redis-server', '--port', '0', '--tls-port', String(port), '--save', '', ...files],
    { cwd: rig.folder },
  );
  onTestFinished(() => server.kill('SIGTERM'));
  await server.says(/Ready to accept connections/);
  // It wants a certificate of ours, which there is not: that it says so is the answer.
  expect(await brokerAnswers(`rediss://localhost:${port}/0`, 5000)).toBe(true);
  process.kill(server.pid, 'SIGSTOP');
  expect(await brokerAnswers(`rediss://localhost:${port}/0`, 300)).toBe(false);
  process.kill(server.pid, 'SIGCONT');
});

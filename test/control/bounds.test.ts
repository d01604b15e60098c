/** Who asks slowly, too much, or never reads. */
import { createConnection, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { serveControl } from '../../src/control/server.ts';
import type { Bounds } from '../../src/control/bounds.ts';
import { control, newFolder, socketIn } from './support.ts';

const WIDE: Bounds = { headersMs: 60_000, bodyMs: 60_000, answerMs: 60_000, waiting: 100 };

async function bounded(bounds: Partial<Bounds>, change = {}): Promise<string> {
  const path = socketIn(newFolder());
  const server = await serveControl(path, control(change), { ...WIDE, ...bounds });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return path;
}

function open(path: string, words: string): { socket: Socket; heard: Promise<string> } {
  const socket = createConnection({ path });
  onTestFinished(() => void socket.destroy());
  socket.write(words);
  const heard = new Promise<string>((done) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.once('close', () => done(text));
    socket.on('error', () => socket.destroy());
  });
  return { socket, heard };
}

const POST = 'POST /v1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n';
const refusal = (line: string, error: string): string => {
  const body = `{"protocol":1,"error":"${error}"}\n`;
  return `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
};

test.each([
  ['says nothing', ''],
  ['stops in its headers', 'GET /v1/status HTTP/1.1\r\nho'],
])('one that %s is told so after a while', async (_, words) => {
  const path = await bounded({ headersMs: 100 });
  expect(await open(path, words).heard).toBe(
    refusal('408 Request Timeout', 'the request took too long to come'),
  );
});

test('so is one that stops in its body, and nothing of it takes effect', async () => {
  const stops: unknown[] = [];
  const path = await bounded(
    { headersMs: 100, bodyMs: 100 },
    { stop: (names: unknown) => (stops.push(names), { protocol: 1, instances: [] }) },
  );
  expect(await open(path, `${POST}{"names":null`).heard).toBe(
    refusal('408 Request Timeout', 'the request took too long to come'),
  );
  expect(stops).toEqual([]);
});

test('the oldest that asks for nothing goes when there are too many, and who asks is answered', async () => {
  const path = await bounded({ waiting: 2 });
  const idle = open(path, '');
  const others = [open(path, 'G'), open(path, POST)];
  expect(await idle.heard).toBe('');
  expect(others.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
  expect(await open(path, 'GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n').heard).toMatch(
    /^HTTP\/1\.1 200 OK\r\n/,
  );
});

test('an answer that nobody reads is thrown away with its connection', async () => {
  const path = await bounded(
    { answerMs: 100 },
    { status: () => ({ protocol: 1, much: 'x'.repeat(4_000_000) }) },
  );
  const socket = createConnection({ path }).pause();
  socket.on('error', () => socket.destroy());
  onTestFinished(() => void socket.destroy());
  socket.write('GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
  // The other side has hung up when writing to it fails.
  const gone = new Promise<void>((done) => socket.once('close', () => done()));
  const timer = setInterval(() => socket.write(' '), 20);
  onTestFinished(() => clearInterval(timer));
  await gone;
});

test('of several requests on one connection only the first is done', async () => {
  const stops: unknown[] = [];
  const path = await bounded(
    {},
    { stop: (names: unknown) => (stops.push(names), { protocol: 1, instances: [] }) },
  );
  const one = `${POST}{"names":["a"]}`.replace('14', '15');
  const heard = await open(path, one + one + one).heard;
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  expect(stops).toEqual([['a']]);
});

/** Everything that may come over the control socket and is no honest request, from a printed seed. */
import { readdirSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newChance } from '../support/chance.ts';
import { commands } from '../support/commands.ts';
import { MEASURE, sample } from '../support/restarting.ts';
import { Rig, type Running, tryKill, until } from '../support/rig.ts';

interface Answer {
  readonly status: number;
  readonly error: string | null;
}

const JSON_BODIES = ['', '{', '[]', 'null', '0', '"x"', '{}', '{"names":1}', '{"names":[1]}', '{"names":{}}'];
const WRONG = [
  ...JSON_BODIES,
  '{"names":[null]}',
  '{"names":null,"x":1}',
  '{"counts":[]}',
  '{"counts":{"calm":0}}',
  '{"counts":{"calm":1.5}}',
  '{"counts":{"calm":"2"}}',
  '{"counts":{"calm":1e9}}',
  '{"dry":"yes"}',
  '{"dry":null}',
  '{"names":["calm"],"signal":9}',
  '{"names":["calm"],"signal":"KILL"}',
  '{"names":["calm"],"signal":"SIGNO"}',
  '['.repeat(50_000),
  `{"names":["${'x'.repeat(200)}"]}`,
  '\u0000',
  '{"names":null',
];
const PATHS = ['start', 'stop', 'restart', 'signal', 'scale', 'update'];
const BAD = [
  'the body is no JSON',
  'names must be a list of names, or null',
  'names must be a list of names, or null; asker a pid, or nothing',
  'names must be a list of names, or null; signal a name such as SIGHUP',
  'there is no signal SIGNO here',
  'counts must be numbers of 1 to 1000 by name',
  'dry must be true or false',
];

const request = (what: string, body = ''): string =>
  `${what} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

class Intruder {
  readonly #path: string;
  readonly #chance: () => number;
  /** Left open until the end. */
  readonly #kept: Socket[] = [];

  constructor(path: string, chance: () => number) {
    [this.#path, this.#chance] = [path, chance];
  }

  #upTo(count: number): number {
    return Math.floor(this.#chance() * count);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#upTo(list.length)] as T;
  }

  #open(): Socket {
    const socket = createConnection({ path: this.#path, allowHalfOpen: true });
    // Being cut off is what it asks for.
    return socket.on('error', () => socket.destroy());
  }

  /** All that comes back until the other side hangs up. */
  async #say(...parts: readonly (string | Buffer)[]): Promise<string> {
    const socket = this.#open();
    return new Promise((done) => {
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.once('end', () => socket.end());
      socket.once('close', () => done(text));
      for (const part of parts) socket.write(part);
      if (this.#chance() < 0.5) socket.end();
    });
  }

  #answer(text: string): Answer {
    const [head = '', body = ''] = text.split('\r\n\r\n', 2);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    const { error } = JSON.parse(body) as { error?: string };
    return { status, error: error ?? null };
  }

  /** Bytes that mean nothing. Half of them are only a beginning, and then the connection goes. */
  async noise(): Promise<void> {
    const bytes = Buffer.from(Array.from({ length: 1 + this.#upTo(4000) }, () => this.#upTo(256)));
    const text = await this.#say(bytes, '\r\n\r\n');
    if (text !== '') expect(this.#answer(text)).toEqual({ status: 400, error: 'this is no HTTP request' });
  }

  async wrongBody(): Promise<void> {
    const { status, error } = this.#answer(
      await this.#say(request(`POST /v1/${this.#one(PATHS)}`, this.#one(WRONG))),
    );
    expect(status).toBe(400);
    expect(BAD).toContain(error);
  }

  async wrongPath(): Promise<void> {
    const what = this.#one([
      'GET /',
      'GET /v1/stop',
      'POST /v1/status',
      'PUT /v1/stop',
      'DELETE /v1/status',
      'GET /v2/status',
      'OPTIONS *',
      'CONNECT calm:1',
      `GET /${'x'.repeat(5000)}`,
      'GET /v1/../v1/status',
    ]);
    expect(this.#answer(await this.#say(request(what)))).toEqual({
      status: 404,
      error: `no such request: ${what}`,
    });
  }

  async wrongStream(): Promise<void> {
    const query = this.#one(['n=-1', 'n=x', 'since=x', 'follow=2']);
    expect(
      this.#answer(await this.#say(request(`GET /v1/${this.#one(['logs', 'events'])}?${query}`))),
    ).toEqual({
      status: 400,
      error: 'n must be a number, since milliseconds since the epoch, follow 0 or 1',
    });
  }

  async hugeBody(): Promise<void> {
    const body = `{"names":["${'x'.repeat(3_000_000)}"]}`;
    expect(this.#answer(await this.#say(request(`POST /v1/${this.#one(PATHS)}`, body)))).toEqual({
      status: 413,
      error: 'the body is larger than 1048576 bytes',
    });
  }

  /** As much as is allowed, and none of it means anything here. */
  async fullBody(): Promise<void> {
    const names = Array.from({ length: 9000 }, (_, index) => `${'n'.repeat(90)}${index}`);
    const { status } = this.#answer(await this.#say(request('POST /v1/start', JSON.stringify({ names }))));
    expect(status).toBe(200);
  }

  async hugeHead(): Promise<void> {
    const text = await this.#say(`GET /v1/status HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(this.#answer(text)).toEqual({ status: 431, error: 'the headers are too large' });
  }

  async brokenChunks(): Promise<void> {
    const head = 'POST /v1/stop HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    const { status, error } = this.#answer(await this.#say(head, 'zz\r\n'));
    expect([status, error]).toEqual([400, 'this is no HTTP request']);
  }

  /** Of many at once only the first is answered, and only that takes effect. */
  async pipelined(): Promise<void> {
    const rest = Array.from({ length: 4 }, () => request('POST /v1/stop', '{"names":null}')).join('');
    const text = await this.#say(request('GET /v1/status') + rest);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  }

  async leavesEarly(): Promise<void> {
    const socket = this.#open();
    socket.write(request(this.#one(['GET /v1/status', 'GET /v1/plan', 'GET /v1/events'])));
    if (this.#chance() < 0.5) await new Promise((done) => socket.once('data', done).once('close', done));
    socket.destroy();
  }

  async leavesInItsBody(): Promise<void> {
    const socket = this.#open();
    await new Promise<void>((done) => {
      const text = 'POST /v1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"names":null';
      socket.write(text, () => done());
    });
    if (this.#chance() < 0.5) socket.destroy();
    else this.#kept.push(socket.end());
  }

  /** Says nothing, or a little, or asks and never reads; for as long as it may. */
  async stays(): Promise<void> {
    const socket = this.#open().pause();
    const words = this.#one([
      '',
      'G',
      'POST /v1/stop HTTP/1.1\r\nhost: x\r\n',
      request('GET /v1/events'),
      request('GET /v1/logs'),
    ]);
    await new Promise<void>((done) => {
      socket.once('close', done).once('connect', () => {
        if (words === '') done();
        else socket.write(words, () => done());
      });
    });
    this.#kept.push(socket);
  }

  async crowd(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, async () => this.stays()));
  }

  leaveAll(): void {
    for (const socket of this.#kept) socket.destroy();
  }
}

const ACTS = [
  'noise',
  'wrongBody',
  'wrongBody',
  'wrongBody',
  'wrongPath',
  'wrongStream',
  'hugeHead',
  'brokenChunks',
  'pipelined',
  'leavesEarly',
  'leavesInItsBody',
] as const;
const HEAVY = ['hugeBody', 'fullBody'] as const;

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** `acts` in all, a hundredth of them heavy, and so many connections that stay open all the time. */
export async function beHostile(seed: number, acts: number, crowd: number): Promise<void> {
  const rig = new Rig();
  commands(rig, { calm: 'CMD: [sleep, 1000]', idle: 'CMD: [sleep, 1000]' });
  rig.write('measure.mjs', MEASURE);
  const node = [process.execPath, '--expose-gc', '--import', './measure.mjs'] as const;
  const start = rig.spawn([...node, rig.bin, 'start', '--all']);
  const pid = await ready(start);
  const [name = ''] = readdirSync(join(rig.folder, 'run')).filter((one) => one.endsWith('.sock'));
  const chance = newChance(seed);
  const intruder = new Intruder(join(rig.folder, 'run', name), chance);
  const some = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 10) {
      const ten = Array.from({ length: 10 }, () => ACTS[Math.floor(chance() * ACTS.length)] ?? 'noise');
      if (done % 200 === 0) for (const act of HEAVY) await intruder[act]();
      await Promise.all(ten.map(async (act) => intruder[act]()));
    }
  };
  // Once for the code that it brings into memory.
  await some(20);
  const { heapMiB } = await sample(rig, start, 1, 0, 0);
  const before = descriptors(start.pid);
  await intruder.crowd(crowd);
  let restarted = false;
  tryKill(pid);
  const restart = start
    .says(/calm\.1 RUNNING -> STARTING \(ended by SIGKILL; started again/)
    .then(() => (restarted = true));
  await some(acts);
  await restart;
  expect(restarted).toBe(true);
  const [status] = (await rig.statusObject()).supervisors;
  expect((await rig.run(['status', 'idle'])).stdout).toMatch(/^idle\.1 +RUNNING +pid \d+, uptime [\d:]+\n$/);
  intruder.leaveAll();
  await until(() => descriptors(start.pid) <= before, 'all descriptors to be closed');
  const grownMiB = (await sample(rig, start, 2, 0, 0)).heapMiB - heapMiB;
  process.stderr.write(
    `hostile: seed ${seed}, ${acts} acts, ${crowd} that stay, lag ${JSON.stringify(status?.loop_lag_ms)}, heap +${grownMiB.toFixed(2)} MiB\n`,
  );
  expect(grownMiB).toBeLessThan(3);
  start.kill('SIGTERM');
  const ended = await start.ended;
  expect([ended.code, ended.stderr]).toEqual([143, '']);
  expect(ended.stdout).not.toContain('fault');
  expect(ended.stdout).not.toMatch(/idle\.1 RUNNING -> (?!STOPPING)/);
  expect(rig.survivors()).toEqual([]);
}

/** The pid of the calm one, when both run. */
async function ready(start: Running): Promise<number> {
  const pids: Record<string, number> = {};
  while (Object.keys(pids).length < 2) {
    const [, name = '', pid] = await start.says(/(calm|idle)\.1 STARTING -> RUNNING \(pid (\d+)/);
    pids[name] = Number(pid);
  }
  return pids['calm'] ?? 0;
}

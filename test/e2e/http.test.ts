/** The control plane over TCP, as Prometheus, a kubelet, a browser and a stranger meet it. */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { subscribeEvents } from '../../src/control/subscribe.ts';
import { commands } from '../support/commands.ts';
import { parseMetrics } from '../support/prometheus.ts';
import { freePort, Rig, tryKill, until, type Running } from '../support/rig.ts';

const TOKEN = 'a-token-for-these-tests';
const BEARER = { authorization: `Bearer ${TOKEN}` };

interface Answer {
  readonly status: number;
  readonly head: IncomingMessage['headers'];
  readonly text: string;
}

type Ask = (what: string, headers?: Record<string, string>, body?: string) => Promise<Answer>;

const open = (port: number, what: string, headers: Record<string, string>): ClientRequest => {
  const [method, path] = what.split(' ');
  return request({ host: '127.0.0.1', port, method, path, headers });
};

const asker =
  (port: number): Ask =>
  async (what, headers = {}, body) =>
    new Promise((done, refuse) => {
      const call = open(port, what, headers);
      call.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => done({ status: response.statusCode ?? 0, head: response.headers, text }));
      });
      call.once('error', refuse);
      call.end(body);
    });

const brief = ({ status, text }: Answer): [number, unknown] => [
  status,
  text.startsWith('{') ? (JSON.parse(text) as { error?: string }).error : text,
];

async function begin(
  entries: Readonly<Record<string, string>>,
  address: (port: number) => string,
  more = '',
): Promise<{ rig: Rig; start: Running; port: number; ask: Ask }> {
  const rig = new Rig();
  const port = await freePort();
  rig.write('token', `${TOKEN}\n`);
  commands(rig, entries, `http: "${address(port)}"${more}`);
  const start = rig.start(['start', '--all']);
  await start.says(/listening for HTTP on/);
  return { rig, start, port, ask: asker(port) };
}

const end = async (start: Running): Promise<void> => {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
};

/** All that is kept. */
const EVERY = { count: null, since: null, follow: false, names: null };

const near = (port: number): string => `127.0.0.1:${port}`;

test('figures before and after a crash, readiness that comes and goes, orders refused', async () => {
  const { rig, start, ask } = await begin(
    { job: 'CMD: [sh, -c, "test -e go; rm go && exec sleep 1000"], RESTART: {backoff: {initial: 60s}}' },
    near,
  );
  const figures = async (): Promise<ReadonlyMap<string, number>> => {
    const { status, head, text } = await ask('GET /metrics');
    expect([status, head['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    return parseMetrics(text, false).samples;
  };
  const JOB = 'process="job",instance="job.1"';
  const crashes = `prodserver_process_restarts_total{${JOB},reason="crash"}`;
  const isIn = (state: string): string => `prodserver_process_state{${JOB},state="${state}"}`;
  await start.says(/job\.1 STARTING -> BACKOFF/);
  expect(brief(await ask('GET /readyz'))).toEqual([503, 'not ready\n']);
  expect(brief(await ask('GET /healthz'))).toEqual([200, 'ok\n']);
  const before = await figures();
  const read = (from: ReadonlyMap<string, number>) =>
    [crashes, isIn('BACKOFF'), isIn('RUNNING'), 'prodserver_ready'].map((name) => from.get(name));
  expect(read(before)).toEqual([0, 1, 0, 0]);

  rig.write('go', '');
  expect((await rig.run(['restart', 'job'])).code).toBe(0);
  expect(brief(await ask('GET /readyz'))).toEqual([200, 'ok\n']);
  // Those of a second ago are told again.
  await until(
    async () => (await ask('GET /metrics')).text.includes('\nprodserver_ready 1\n'),
    'figures of after the restart',
  );
  const after = await figures();
  expect(read(after)).toEqual([1, 0, 1, 1]);
  expect(after.get(`prodserver_process_resident_memory_bytes{${JOB}}`)).toBeGreaterThan(0);
  const openly = await ask('GET /metrics', { accept: 'application/openmetrics-text;version=1.0.0' });
  expect(openly.head['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(parseMetrics(openly.text, true).samples.get(crashes)).toBe(1);

  tryKill((await rig.status())[0]?.pid ?? 0);
  await start.says(/job\.1 RUNNING -> /);
  expect(brief(await ask('GET /readyz'))).toEqual([503, 'not ready\n']);
  expect(brief(await ask('POST /v1/stop', {}, '{"names":null}'))).toEqual([
    403,
    'orders need a token: set SUPERVISOR.http-token-file',
  ]);
  expect(brief(await ask('GET /v1/plan'))).toEqual([404, 'no such page: /v1/plan']);
  await end(start);
});

test('beyond this machine a token is asked for; it shows nowhere, and no process has it', async () => {
  const any = (port: number): string => `0.0.0.0:${port}`;
  const job = { job: 'CMD: [sh, -c, "env; exec sleep 1000"]' };
  const { rig, start, port, ask } = await begin(job, any, ', http-token-file: token, http-hosts: [app]');
  await start.says(/job\.1 STARTING -> RUNNING/);
  expect(brief(await ask('GET /metrics'))).toEqual([401, 'a token is needed: Authorization: Bearer TOKEN']);
  const wrong = await ask('GET /v1/status', { authorization: 'Bearer another-token-of-some-length' });
  expect(brief(wrong)).toEqual([401, 'this is not the token']);
  expect(wrong.head['www-authenticate']).toBe('Bearer realm="prodserver", error="invalid_token"');
  expect((await ask('GET /metrics', BEARER)).status).toBe(200);
  expect([(await ask('GET /readyz')).status, (await ask('GET /healthz')).status]).toEqual([200, 200]);
  const host = (name: string) => ask('GET /healthz', { host: name });
  expect(brief(await host('evil.example'))).toEqual([
    421,
    'this is not "evil.example": a name that is meant stands in SUPERVISOR.http-hosts',
  ]);
  expect((await host(`app:${port}`)).status).toBe(200);
  expect(brief(await ask('GET /v1/status', { ...BEARER, origin: 'http://evil.example' }))).toEqual([
    403,
    'a page of another site may not ask',
  ]);
  const status = await ask('GET /v1/status', BEARER);
  expect(JSON.parse(status.text)).toMatchObject({ supervisor: { http: any(port) } });
  const plan = await rig.run(['plan']);
  expect(plan.stdout).toContain(
    `\n  http  ${any(port)}, with the token in ${rig.folder}/token, also as app\n`,
  );
  const events = await ask('GET /v1/events?follow=0', BEARER);
  // An order is taken, and the rest is as over the socket.
  const stopped = await ask('POST /v1/stop', BEARER, '{"names":["job"]}');
  expect(JSON.parse(stopped.text)).toEqual({ protocol: 1, instances: ['job.1'] });
  await start.says(/job\.1 STOPPING -> STOPPED/);
  expect((await start.ended).code).toBe(0);
  const said = [start.stdout, start.stderr, status.text, plan.stdout, events.text].join('\n');
  expect(said).not.toContain(TOKEN);
});

test('the token of the environment', async () => {
  const rig = new Rig();
  const port = await freePort();
  commands(rig, { job: 'CMD: [sh, -c, "env; exec sleep 1000"]' });
  const args = ['start', '--all', '--http', `0.0.0.0:${port}`];
  const open = await rig.run(args);
  expect([open.code, open.stdout, open.stderr]).toEqual([
    78,
    '',
    `error: other machines reach 0.0.0.0:${port}, and nobody there would be asked for a token [http-open]\n` +
      '  name a file with a token in SUPERVISOR.http-token-file, or set PRODSERVER_HTTP_TOKEN where prodserver starts; ' +
      'or listen on 127.0.0.1\n',
  ]);
  const start = rig.start(args, { env: { PRODSERVER_HTTP_TOKEN: TOKEN } });
  await start.says(/job\.1 STARTING -> RUNNING/);
  const ask = asker(port);
  expect((await ask('GET /v1/status')).status).toBe(401);
  expect((await ask('GET /v1/status', BEARER)).status).toBe(200);
  // What it needs of the environment is still known when the manifest is read again.
  expect((await rig.run(['update'])).code).toBe(0);
  await end(start);
  expect(start.stdout).toContain('PRODSERVER_RUNTIME_DIR=');
  expect(start.stdout).not.toContain('PRODSERVER_HTTP_TOKEN');
  expect(start.stdout).not.toContain(TOKEN);
});

test('a port that is taken: nothing is started, and it is said', async () => {
  const rig = new Rig();
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  commands(rig, { job: 'CMD: [sleep, 1000]' }, `http: "${near(port)}"`);
  expect(await rig.run(['start', '--all'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      `error: cannot listen on 127.0.0.1:${port}: another program has that port [http-refused]\n` +
      `  end what has it (ss -ltnp sport = :${port} tells), or name another port in SUPERVISOR.http or --http\n`,
  });
  expect(await rig.run(['start', '--all', '--http', 'nonsense'])).toMatchObject({
    code: 2,
    stderr:
      'error: --http must be HOST:PORT, such as 127.0.0.1:9180, or off, not "nonsense" [usage]\n  see prodserver --help\n',
  });
  // It ends although it listened already.
  rig.manifest(
    'PRODUCTION_PROCESSES: {job: {BACKEND: Command, CMD: [sleep, "${socket:web}"]}}\n' +
      `SOCKETS: {web: "127.0.0.1:${port}"}\nSUPERVISOR: {http: "${near(await freePort())}"}\n`,
  );
  expect(await rig.run(['start', '--all'])).toMatchObject({
    code: 1,
    stderr:
      `error: cannot listen on 127.0.0.1:${port} (socket "web"): node (pid ${process.pid}) does [socket-in-use]\n` +
      '  end that program, or give the socket another address\n',
  });
});

test('events to one who comes back; who is slow holds nothing up, and is not borne for ever', async () => {
  const { rig, start, port, ask } = await begin(
    { job: 'CMD: [sh, -c, "yes 0123456789 | head -n 2000; exec sleep 1000"]' },
    near,
  );
  await start.says(/job\.1 STARTING -> RUNNING/);
  const past = await ask('GET /v1/events?follow=0');
  expect(past.head['content-type']).toBe('text/event-stream');
  const ids = [...past.text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id ?? '');
  const call = open(port, 'GET /v1/events', { 'last-event-id': ids.at(-2) ?? '' });
  const response = await new Promise<IncomingMessage>((done, refuse) => {
    call.once('response', done).once('error', refuse).end();
  });
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await until(() => text.includes('event: live'), 'the present');
  expect([...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id)).toEqual(ids.slice(-1));
  const pid = (await rig.status())[0]?.pid ?? 0;
  tryKill(pid);
  await until(() => text.includes('"from":"RUNNING"') && text.includes(`"pid":${pid}`), 'the crash');
  call.destroy();

  // One that never ends its request, and streams that nobody reads.
  const half = connect(port, '127.0.0.1');
  half.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const cut = new Promise<string>((done) => {
    let heard = '';
    half.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
    half.once('close', () => done(heard));
  });
  const readers = Array.from({ length: 20 }, () => {
    const reader = connect(port, '127.0.0.1');
    reader.pause();
    reader.on('error', () => undefined);
    reader.write('GET /v1/logs HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return reader;
  });
  await until(
    async () => (await ask('GET /v1/events?follow=0')).status === 503,
    'as many streams as there may be',
  );
  expect(brief(await ask('GET /v1/events?follow=0'))).toEqual([503, 'too many readers follow already']);
  expect((await ask('GET /metrics')).status).toBe(200);
  // The owner's own commands have room.
  const socket = readdirSync(join(rig.folder, 'run')).find((name) => name.endsWith('.sock'));
  const own = await subscribeEvents(join(rig.folder, 'run', socket ?? ''), EVERY);
  expect(own.ok).toBe(true);
  expect(await cut).toMatch(/^HTTP\/1\.1 408 /);
  for (const reader of readers) reader.destroy();
  await until(async () => (await ask('GET /v1/events?follow=0')).status === 200, 'room again');
  await end(start);
});

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findSupervisors, isGone } from '../../src/control/client.ts';
import { failure } from '../../src/model/failure.ts';
import { control, MANIFEST, newFolder, pretend, serve, socketIn, STATUS } from './support.ts';

/** The only supervisor that is found. */
async function only() {
  const found = await findSupervisors(MANIFEST);
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  expect(found.value).toHaveLength(1);
  const [one] = found.value;
  if (one === undefined) throw new Error('none');
  return one;
}

describe('a supervisor and a command', () => {
  test('status, plan, stop and restart', async () => {
    const rig = newFolder();
    const stopped: (readonly string[] | null)[] = [];
    await serve(socketIn(rig), {
      stop(names) {
        stopped.push(names);
        return control().stop(names);
      },
    });
    const { remote, status } = await only();
    expect(status).toEqual(STATUS);
    expect(remote.socket).toBe(socketIn(rig));
    expect(await remote.status()).toEqual({ ok: true, value: STATUS });
    expect(await remote.plan()).toEqual({ ok: true, value: control().plan() });
    expect(await remote.stop(['worker', 'größe'])).toEqual({
      ok: true,
      value: { protocol: 1, instances: ['worker', 'größe'] },
    });
    expect(await remote.stop(null)).toMatchObject({ value: { instances: ['everything'] } });
    expect(stopped).toEqual([['worker', 'größe'], null]);
    expect(await remote.restart(['worker'])).toEqual({
      ok: true,
      value: { protocol: 1, instances: [{ instance: 'worker', way: 'replace', pid: 4711 }] },
    });
  });

  test('a fault inside is told, and the next request answered', async () => {
    const rig = newFolder();
    await serve(socketIn(rig), {
      plan: () => {
        throw new Error('it burns');
      },
    });
    const { remote } = await only();
    expect(await remote.plan()).toMatchObject({
      ok: false,
      error: { code: 'control-broken', facts: { socket: socketIn(rig), detail: 'it burns' } },
    });
    expect(await remote.status()).toMatchObject({ ok: true });
  });

  test('the socket is for this user alone from its first moment, whatever the umask is', async () => {
    const path = socketIn(newFolder());
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const serving = serve(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(0);
    await serving;
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a socket that is there already is refused', async () => {
    const path = socketIn(newFolder());
    await serve(path);
    await expect(serve(path)).rejects.toThrow('EADDRINUSE');
  });
});

describe('what the supervisor refuses', () => {
  const ask = async (path: string, what: string, body = ''): Promise<[number | undefined, unknown]> => {
    const [method, url] = what.split(' ');
    return new Promise((done, refuse) => {
      const call = request({ socketPath: path, method, path: url }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => done([response.statusCode, JSON.parse(text)]));
      });
      call.once('error', refuse);
      call.end(body);
    });
  };
  const NAMES = 'names must be a list of names, or null; asker a pid, or nothing';

  test.each<[string, string, number, string]>([
    ['POST /v1/stop', 'stop!', 400, 'the body is no JSON'],
    ['POST /v1/stop', '{}', 400, NAMES],
    ['POST /v1/stop', '{"names":"worker"}', 400, NAMES],
    ['POST /v1/stop', '{"names":[1]}', 400, NAMES],
    ['POST /v1/stop', '{"names":null,"force":true}', 400, NAMES],
    ['POST /v1/restart', '{"names":[1]}', 400, 'names must be a list of names, or null'],
    ['POST /v1/restart', '{"names":null,"asker":1}', 400, 'names must be a list of names, or null'],
    ['GET /v1/stop', '', 404, 'no such request: GET /v1/stop'],
    ['GET /v2/status', '', 404, 'no such request: GET /v2/status'],
  ])('%s %s', async (what, body, status, error) => {
    const path = socketIn(newFolder());
    const stops: unknown[] = [];
    await serve(path, { stop: (names) => (stops.push(names), control().stop(names)) });
    expect(await ask(path, what, body)).toEqual([status, { protocol: 1, error }]);
    expect(stops).toEqual([]);
  });
});

describe('which supervisors are found', () => {
  test('all of the manifest, in order, and none of another', async () => {
    const rig = newFolder();
    await serve(socketIn(rig, 2));
    await serve(socketIn(rig, 1));
    const found = await findSupervisors(MANIFEST);
    expect(found.ok && found.value.map(({ remote }) => remote.socket)).toEqual([
      socketIn(rig, 1),
      socketIn(rig, 2),
    ]);
    expect(await findSupervisors('/srv/other.yaml')).toEqual({ ok: true, value: [] });
  });

  test('none where nobody has started anything', async () => {
    newFolder();
    expect(await findSupervisors(MANIFEST)).toEqual({ ok: true, value: [] });
  });

  test('the socket of a dead one is cleared away', async () => {
    const rig = newFolder();
    const path = socketIn(rig, 1);
    const dead = rig.spawn(['python3', '-c', `import socket; socket.socket(socket.AF_UNIX).bind('${path}')`]);
    await dead.ended;
    writeFileSync(socketIn(rig, 2), 'no socket at all');
    await serve(socketIn(rig, 3));
    expect([1, 2, 3].map((pid) => existsSync(socketIn(rig, pid)))).toEqual([true, true, true]);
    expect((await only()).remote.socket).toBe(socketIn(rig, 3));
    expect([1, 2, 3].map((pid) => existsSync(socketIn(rig, pid)))).toEqual([false, false, true]);
  });

  test.each(['ECONNREFUSED', 'ENOENT'])('%s means that nobody is there', (detail) => {
    expect(isGone(failure('control-broken', { socket: '/s', detail }))).toBe(true);
    expect(isGone(failure('control-broken', { socket: '/s', detail: 'EACCES' }))).toBe(false);
  });
});

describe('an answer that is none', () => {
  const told = async (body: string, status = 200): Promise<unknown> => {
    const rig = newFolder();
    await pretend(socketIn(rig), (_, response) => response.writeHead(status).end(body));
    const found = await findSupervisors(MANIFEST);
    expect(existsSync(socketIn(rig))).toBe(true);
    return found.ok ? found.value : found.error;
  };
  const broken = (detail: string) => ({ code: 'control-broken', facts: { detail } });

  test('another version of the protocol says which', async () => {
    const newer = { protocol: 2, supervisor: { pid: 10 }, units: [] };
    expect(await told(JSON.stringify(newer))).toMatchObject({
      code: 'control-version',
      facts: { theirs: 2, ours: 1 },
    });
    expect(await told(JSON.stringify({ ...newer, error: 'no such request' }), 404)).toMatchObject({
      code: 'control-version',
    });
  });

  test.each([
    ['<html>', 'the answer is no JSON'],
    ['', 'the answer is no JSON'],
    ['null', 'the answer is not understood'],
    ['[]', 'the answer is not understood'],
    ['{"protocol":1}', 'the answer is not understood'],
    ['{"protocol":"2"}', 'the answer is not understood'],
    [JSON.stringify({ ...STATUS, processes: [{ name: 'x' }] }), 'the answer is not understood'],
    ['{"protocol":1,"error":"too busy"}', 'too busy'],
  ])('%s', async (body, detail) => {
    expect(await told(body)).toMatchObject(broken(detail));
  });

  test.each<[string, string, unknown]>([
    ['no HTTP', 'hello\r\n\r\n', expect.stringContaining('HPE_')],
    ['nothing', '', 'ECONNRESET'],
    ['half of one', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"proto', 'ECONNRESET'],
  ])('%s', async (_, answer, detail) => {
    const rig = newFolder();
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((done) => void server.listen({ path: socketIn(rig) }, done));
    onTestFinished(() => void server.close());
    expect(await findSupervisors(MANIFEST)).toMatchObject({
      ok: false,
      error: { code: 'control-broken', facts: { socket: socketIn(rig), detail } },
    });
  });
});

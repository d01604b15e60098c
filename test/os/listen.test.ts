/** The listeners of a real process, as its /proc tells them. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Address } from '../../src/model/spec.ts';
import { httpStatus } from '../../src/os/http.ts';
import { listeningAddresses, reachable, refusal } from '../../src/os/listen.ts';
import { freePort, Rig } from '../support/rig.ts';

/** Listens on each address of its arguments (a host, or a path); prints the ports. */
const LISTENER = `import socket, sys
kept = []
for address in sys.argv[1:]:
    unix = '/' in address or address.startswith('@')
    family = socket.AF_UNIX if unix else socket.AF_INET6 if ':' in address else socket.AF_INET
    one = socket.socket(family)
    one.bind(address.replace('@', '\\0') if unix else (address, 0))
    one.listen()
    print(0 if unix else one.getsockname()[1], end=' ')
    kept.append(one)
# Neither of these listens.
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(('127.0.0.1', 0))
bound = socket.socket(); bound.bind(('127.0.0.1', 0))
print('up', flush=True)
sys.stdin.read()
`;

async function listener(...addresses: string[]): Promise<{ pid: number; rig: Rig; ports: number[] }> {
  const rig = new Rig();
  const one = rig.spawn(['python3', '-c', LISTENER, ...addresses], { input: true });
  const [, ports = ''] = await one.says(/((?:\d+ )*)up/);
  return { pid: one.pid, rig, ports: ports.trim().split(' ').filter(Boolean).map(Number) };
}

const tcp = (host: string, port = 0): Address => ({ kind: 'tcp', host, port });

describe('the listeners of a process', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['127.1.2.3', '127.1.2.3'],
    ['::', '::'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['::ffff:127.0.0.1', '0:0:0:0:0:FFFF:7F00:1'],
  ])('on %s', async (host, shown) => {
    const { pid, ports } = await listener(host);
    expect(listeningAddresses(pid)).toEqual([tcp(shown, ports[0])]);
    expect(await refusal(tcp(shown, ports[0]), 5000)).toBeNull();
  });

  test('on several, Unix sockets last', async () => {
    const path = join(new Rig().folder, 'app.sock');
    const { pid, ports } = await listener(path, '127.0.0.1', '127.0.0.2');
    const unix: Address = { kind: 'unix', path };
    const found = listeningAddresses(pid);
    // The kernel lists TCP sockets in the order of a hash.
    const both = expect.arrayContaining([
      tcp('127.0.0.1', ports[1]),
      tcp('127.0.0.2', ports[2]),
    ]) as Address[];
    expect(found?.slice(0, 2)).toEqual(both);
    expect(found?.slice(2)).toEqual([unix]);
    expect(await refusal(unix, 5000)).toBeNull();
  });

  test('on a Unix socket whose path has a space', async () => {
    const path = join(new Rig().folder, 'my app.sock');
    const { pid } = await listener(path);
    expect(listeningAddresses(pid)).toEqual([{ kind: 'unix', path }]);
  });

  test('none where it listens on none, though others do', async () => {
    await listener('127.0.0.1');
    const { pid } = await listener();
    expect(listeningAddresses(pid)).toEqual([]);
  });

  test('null for one that is gone', async () => {
    const one = new Rig().spawn(['true']);
    await one.ended;
    expect(listeningAddresses(one.pid)).toBeNull();
  });
});

describe('whether an address accepts', () => {
  test('not where nobody listens', async () => {
    expect(await refusal(tcp('127.0.0.1', await freePort()), 5000)).toBe('ECONNREFUSED');
    expect(await refusal({ kind: 'unix', path: '/nonexistent.sock' }, 5000)).toBe('ENOENT');
  });

  test('any is reached over loopback', async () => {
    expect(['', '0.0.0.0', '::', '10.0.0.1', 'localhost'].map(reachable)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '::1',
      '10.0.0.1',
      'localhost',
    ]);
    const { ports } = await listener('0.0.0.0');
    expect(await refusal(tcp('', ports[0]), 5000)).toBeNull();
  });
});

describe('the status of a GET', () => {
  const serve = async (answer: string | null): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (answer !== null) socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  };
  const get = async (answer: string | null, timeoutMs = 5000): Promise<number | null> =>
    httpStatus(`http://127.0.0.1:${await serve(answer)}/`, timeoutMs);

  test.each([200, 204, 302, 404, 503])('%i, redirects not followed', async (status) => {
    expect(await get(`HTTP/1.1 ${status} X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n`)).toBe(status);
  });

  test('null for what is no HTTP, for silence, and for nobody', async () => {
    expect(await get('hello\r\n')).toBeNull();
    expect(await get('')).toBeNull();
    expect(await get(null, 200)).toBeNull();
    expect(await httpStatus(`http://127.0.0.1:${await freePort()}/`, 5000)).toBeNull();
  });
});

/** What a person is told of processes that would listen on one address. */
import { describe, expect, test } from 'vitest';
import { entry, told, write, newFolder, tell } from './support.ts';
import { loadManifest } from '../../src/manifest/load.ts';

const lines = (name: string, backend: string, args: string, ...more: readonly string[]): string =>
  entry(
    name,
    `BACKEND: ${backend}`,
    ...(/Runserver/.test(backend)
      ? []
      : [`APP: ${backend === 'CeleryFlower' ? 'shop.celery.app' : 'shop.wsgi'}`]),
    `ARGS: ${args}`,
    ...more,
  );
const both = (first: string, second: string): string => first + second.split('\n').slice(1).join('\n');

const two = (first: readonly [string, string], second: readonly [string, string]): string =>
  told(both(lines('web', ...first), lines('admin', ...second)));

describe('two entries', () => {
  test('on one port', () => {
    expect(two(['GunicornServer', '{bind: "127.0.0.1:8001"}'], ['UvicornServer', '{port: 8001}']))
      .toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: web.1 and admin.1 both listen on 127.0.0.1:8001: the second cannot start [address-twice]
          9 |     ARGS: {port: 8001}
            |            ^^^^
            = give each its own port"
    `);
  });

  test('on one port of which nothing is said', () => {
    expect(two(['GunicornServer', '{}'], ['DaphneServer', '{}'])).toMatchInlineSnapshot(`
      "prodserver.yaml:6:3: error: web.1 and admin.1 both listen on 127.0.0.1:8000: the second cannot start [address-twice]
          6 |   admin:
            |   ^^^^^
            = give each its own port"
    `);
  });

  test('one of which has every address', () => {
    expect(
      two(['WaitressServer', '{port: 8001}'], ['HypercornServer', '{bind: ["[::1]:9", "localhost:8001"]}']),
    ).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: web.1 and admin.1 listen on 0.0.0.0:8001 and localhost:8001, which overlap: the second cannot start [address-twice]
          9 |     ARGS: {bind: ["[::1]:9", "localhost:8001"]}
            |            ^^^^
            = give each its own port"
    `);
  });

  type Half = readonly [backend: string, args: string];
  test.each<readonly [string, Half, Half]>([
    ['another port', ['UvicornServer', '{port: 8001}'], ['UvicornServer', '{port: 8002}']],
    ['another address', ['UvicornServer', '{host: 127.0.0.1}'], ['UvicornServer', '{host: 127.0.0.2}']],
    ['IPv6 that bars IPv4', ['UvicornServer', '{host: "::"}'], ['UvicornServer', '{host: 0.0.0.0}']],
    ['a port of the kernel', ['UvicornServer', '{port: 0}'], ['UvicornServer', '{port: 0}']],
    ['a file', ['GunicornServer', '{config: a.py}'], ['UvicornServer', '{}']],
  ])('apart: %s', (_, first, second) => {
    expect(two(first, second)).toBe('');
  });

  test('apart, as the environment says', () => {
    const text = both(lines('web', 'UvicornServer', '{}'), lines('admin', 'GunicornServer', '{}'));
    expect(told(text, { env: { UVICORN_PORT: '9' } })).toBe('');
    expect(told(text, { env: { PORT: '9' } })).toBe('');
  });

  test.each([
    ['GunicornServer', '{bind: "[::]:8000"}'],
    ['UvicornServer', '{host: "::", workers: 2}'],
    ['GranianASGIServer', '{host: "::"}'],
    ['HypercornServer', '{bind: "[::]:8000"}'],
    ['DaphneServer', '{bind: "::"}'],
    ['DjangoRunserver', '{addrport: "[::]:8000"}'],
  ] as const)('IPv6 that takes IPv4 too: %s', (backend, args) => {
    expect(two([backend, args], ['UvicornServer', '{host: 0.0.0.0}'])).toContain('[address-twice]');
  });

  test('on one socket', () => {
    const first = lines('web', 'GunicornServer', '{bind: "unix:web.sock"}');
    const second = lines('admin', 'UvicornServer', '{uds: run/web.sock}', 'CWD: .');
    expect(told(both(first.replace('ARGS', 'CWD: run\n    ARGS'), second))).toMatchInlineSnapshot(`
      "prodserver.yaml:10:12: error: web.1 and admin.1 listen on unix:web.sock and unix:run/web.sock, which overlap: the second takes it away, or cannot start [address-twice]
         10 |     ARGS: {uds: run/web.sock}
            |            ^^^
            = give each its own path of a socket"
    `);
    expect(told(both(first, second))).toBe('');
  });

  test('one of which starts only by hand', () => {
    const [first, second] = [lines('web', 'GunicornServer', '{}'), lines('admin', 'UvicornServer', '{}')];
    expect(told(both(first, second))).toContain('[address-twice]');
    expect(told(both(first, second.replace('ARGS', 'AUTOSTART: false\n    ARGS')))).toBe('');
  });

  test('that is written wrongly is told as that alone', () => {
    const first = lines('web', 'GunicornServer', '{}');
    expect(told(both(first, lines('admin', 'UvicornServer', '{prot: 8001}')))).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: UvicornServer has no option "prot" [option-unknown]
          9 |     ARGS: {prot: 8001}
            |            ^^^^
            = write "port""
    `);
  });

  test('are told once, whatever their INSTANCES', () => {
    const second = lines('admin', 'UvicornServer', '{}', 'INSTANCES: 2');
    expect(told(both(lines('web', 'UvicornServer', '{}'), second))).toMatchInlineSnapshot(`
      "prodserver.yaml:6:3: error: web.1 and admin.1 both listen on 127.0.0.1:8000: the second cannot start [address-twice]
          6 |   admin:
            |   ^^^^^
            = give each its own port

      prodserver.yaml:10:5: error: admin.1 and admin.2 both listen on 127.0.0.1:8000: the second cannot start [address-twice]
         10 |     INSTANCES: 2
            |     ^^^^^^^^^
            = leave INSTANCES out, and write "workers: 2" in ARGS"
    `);
  });

  test('Flower', () => {
    expect(two(['CeleryFlower', '{}'], ['CeleryFlower', '{address: 127.0.0.1}'])).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: web.1 and admin.1 listen on 0.0.0.0:5555 and 127.0.0.1:5555, which overlap: the second cannot start [address-twice]
          9 |     ARGS: {address: 127.0.0.1}
            |            ^^^^^^^
            = give each its own port"
    `);
    expect(two(['CeleryFlower', '{}'], ['CeleryFlower', '{port: 5556}'])).toBe('');
    expect(two(['CeleryFlower', '{}'], ['CeleryFlower', '{conf: x.py}'])).toBe('');
  });
});

describe('INSTANCES', () => {
  const several = (backend: string, args = '{}'): string => told(lines('web', backend, args, 'INSTANCES: 2'));

  test.each([
    'GunicornServer',
    'UvicornServer',
    'HypercornServer',
    'WaitressServer',
    'DaphneServer',
    'CeleryFlower',
    'DjangoRunserver',
    'DaphneRunserver',
    'WerkzeugRunserver',
  ])('of %s', (backend) => {
    expect(several(backend)).toMatchSnapshot();
  });

  test('that share their port', () => {
    expect(several('GunicornServer', '{reuse-port: true}')).toBe('');
    expect(several('GunicornServer', '{bind: "unix:a.sock", reuse-port: true}')).toContain('[address-twice]');
    expect(several('GranianASGIServer')).toBe('');
    expect(several('HypercornServer', '{workers: 2}')).toBe('');
    expect(told(lines('web', 'HypercornServer', '{}', 'INSTANCES: 2', 'EXTRA_ARGS: ["-w", "2"]'))).toBe('');
  });

  test('whose file may say that they do', () => {
    const folder = newFolder();
    write(folder, 'gunicorn.conf.py', 'reuse_port = True\n');
    const text = lines('web', 'GunicornServer', '{bind: "127.0.0.1:8001"}', 'INSTANCES: 2');
    const path = write(folder, 'prodserver.yaml', text);
    expect(tell(loadManifest(path, 'prodserver.yaml', {}, folder))).toBe('');
  });
});

describe('a port that is shared', () => {
  const granian = (name: string, app: string): string =>
    entry(name, 'BACKEND: GranianASGIServer', `APP: ${app}`, 'ARGS: {port: 8001}');

  test('by two applications', () => {
    expect(told(both(granian('web', 'shop.asgi'), granian('admin', 'admin.asgi')))).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: warning: web.1 and admin.1 share 127.0.0.1:8001: a request for shop.asgi or admin.asgi reaches either of them [address-shared]
          9 |     ARGS: {port: 8001}
            |            ^^^^
            = give each its own port"
    `);
  });

  test('by one', () => {
    expect(told(both(granian('web', 'shop.asgi'), granian('more', 'shop.asgi')))).toBe('');
  });

  test('with one that does not share', () => {
    const other = lines('admin', 'UvicornServer', '{port: 8001}');
    expect(told(both(granian('web', 'shop.asgi'), other))).toContain('[address-twice]');
  });

  test('by two users', () => {
    const other = granian('more', 'shop.asgi').replace('ARGS', 'USER: www-data\n    ARGS');
    expect(told(both(granian('web', 'shop.asgi'), other))).toContain('[address-twice]');
  });
});

test('Granian takes addresses only', () => {
  const host = (value: string): string => told(lines('web', 'GranianWSGIServer', `{host: ${value}}`));
  expect(host('localhost')).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "host" cannot be used: Granian takes an IP address only, and ends [option-refused]
        5 |     ARGS: {host: localhost}
          |            ^^^^
          = write 127.0.0.1"
  `);
  expect(host('127.0.0.1')).toBe('');
  expect(host('"::"')).toBe('');
});

/** What UvicornServer and UvicornWSGIServer make of an entry. */
import { describe, expect, test } from 'vitest';
import { uvicornServer, uvicornWsgiServer } from '../../src/backends/uvicorn.ts';
import { appTarget } from '../../src/backends/web.ts';
import { compile } from './support.ts';

const asgi = { app: 'shop.asgi' };

test('the whole', () => {
  const args = { host: '0.0.0.0', port: 8001, 'access-log': false, 'timeout-graceful-shutdown': 10 };
  expect(compile(uvicornServer, { ...asgi, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
    {
      "added": [],
      "argv": [
        "/venv/bin/python",
        "-m",
        "uvicorn",
        "shop.asgi:application",
        "--host=0.0.0.0",
        "--port=8001",
        "--no-access-log",
        "--timeout-graceful-shutdown=10",
        "--new",
      ],
      "claims": [
        {
          "address": {
            "host": "0.0.0.0",
            "kind": "tcp",
            "port": 8001,
          },
          "dualStack": false,
          "instead": "leave INSTANCES out, and write "workers: 1" in ARGS",
          "kind": "listen",
          "option": "port",
          "sharesPort": false,
        },
      ],
      "env": {
        "PYTHONUNBUFFERED": "1",
      },
      "link": false,
      "linkLoop": null,
      "overlap": null,
      "permanentExitCodes": [
        2,
      ],
      "readiness": {
        "addresses": [
          {
            "host": "0.0.0.0",
            "kind": "tcp",
            "port": 8001,
          },
        ],
        "kind": "listen",
      },
      "reload": null,
      "singleton": null,
      "stackDump": null,
      "startTimeoutMs": 60000,
      "stop": [
        {
          "signal": "SIGTERM",
          "waitMs": 15000,
        },
        {
          "signal": "SIGINT",
          "waitMs": 5000,
        },
        {
          "signal": "SIGKILL",
          "waitMs": 5000,
        },
      ],
      "unfit": {
        "SIGHUP": "it ends at once, and drops the requests that it is at",
        "SIGQUIT": "it ends at once, and drops the requests that it is at",
        "SIGUSR1": "it ends at once, and drops the requests that it is at",
        "SIGUSR2": "it ends at once, and drops the requests that it is at",
      },
    }
  `);
});

test('of WSGI it is told', () => {
  const compiled = compile(uvicornWsgiServer, { app: 'shop.wsgi.application' }, { workers: 2 });
  expect(compiled.argv).toEqual([
    '/venv/bin/python',
    '-m',
    'uvicorn',
    'shop.wsgi:application',
    '--interface=wsgi',
    '--workers=2',
  ]);
});

test('each half of an on/off pair, and an option without a value', () => {
  const tokens = (args: object): readonly string[] => compile(uvicornServer, asgi, { ...args }).argv.slice(4);
  expect(tokens({ 'proxy-headers': true, 'server-header': false })).toEqual([
    '--proxy-headers',
    '--no-server-header',
  ]);
  expect(tokens({ 'date-header': 'false', 'use-colors': null })).toEqual([
    '--no-date-header',
    '--use-colors',
  ]);
  expect(tokens({ 'no-access-log': true, 'no-use-colors': false })).toEqual(['--no-access-log']);
  expect(tokens({ 'ws-per-message-deflate': false, factory: true })).toEqual([
    '--ws-per-message-deflate=false',
    '--factory',
  ]);
  expect(tokens({ header: ['A:1', 'B:2'] })).toEqual(['--header=A:1', '--header=B:2']);
});

describe('where it listens', () => {
  const listens = (args: object, change: object = {}): unknown => {
    const { readiness } = compile(uvicornServer, { ...asgi, ...change }, { ...args });
    return readiness.kind === 'listen' ? readiness.addresses : readiness;
  };
  const tcp = (host: string, port: number): object => ({ kind: 'tcp', host, port });

  test('as ARGS say, else where uvicorn likes', () => {
    expect(listens({})).toEqual([tcp('127.0.0.1', 8000)]);
    expect(listens({ port: 9000 })).toEqual([tcp('127.0.0.1', 9000)]);
    expect(listens({ host: '::', port: 9000 })).toEqual([tcp('::', 9000)]);
    expect(listens({ uds: '/run/shop.sock', port: 9000 })).toEqual([
      { kind: 'unix', path: '/run/shop.sock' },
    ]);
  });

  test('nobody knows where the kernel, its environment or EXTRA_ARGS decide', () => {
    expect(listens({ port: 0 })).toEqual([]);
    expect(listens({}, { env: { UVICORN_PORT: '9000' } })).toEqual([]);
    expect(listens({}, { env: { PORT: '9000' } })).toEqual([tcp('127.0.0.1', 8000)]);
    expect(listens({ host: '0.0.0.0' }, { extraArgs: ['--port=9000'] })).toEqual([]);
  });
});

test('its ladder: with workers an INT would be of no use', () => {
  const signals = (args: object): unknown =>
    compile(uvicornServer, asgi, { ...args }).stop.map((rung) => rung.signal);
  expect(signals({})).toEqual(['SIGTERM', 'SIGINT', 'SIGKILL']);
  expect(signals({ workers: 2 })).toEqual(['SIGTERM', 'SIGKILL']);
  expect(compile(uvicornServer, asgi).stop[0].waitMs).toBe(35_000);
});

test.each([
  ['shop.asgi', 'shop.asgi:application'],
  ['shop.asgi.application', 'shop.asgi:application'],
  ['shop.asgi:application', 'shop.asgi:application'],
  ['shop.asgi:make_app()', 'shop.asgi:make_app()'],
  ['shop.app', 'shop:app'],
  ['app', 'app:application'],
])('the application %s is %s', (app, target) => {
  expect(appTarget(app)).toBe(target);
});

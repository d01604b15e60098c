/** What Granian, Hypercorn and Daphne make of an entry. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { daphneServer } from '../../src/backends/daphne.ts';
import { granianAsgiServer, granianWsgiServer } from '../../src/backends/granian.ts';
import { hypercornServer } from '../../src/backends/hypercorn.ts';
import { compile } from './support.ts';

const asgi = { app: 'shop.asgi' };
const tcp = (host: string, port: number): object => ({ kind: 'tcp', host, port });
const listens =
  (backend: Backend) =>
  (args: object, change: object = {}): unknown => {
    const { readiness } = compile(backend, { ...asgi, ...change }, { ...args });
    return readiness.kind === 'listen' ? readiness.addresses : readiness;
  };

describe('Granian', () => {
  test('the whole', () => {
    const args = { host: '0.0.0.0', port: 8001, ws: false, 'access-log': 'yes', 'workers-kill-timeout': 20 };
    expect(compile(granianAsgiServer, { ...asgi, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "-m",
          "granian",
          "shop.asgi:application",
          "--interface=asgi",
          "--host=0.0.0.0",
          "--port=8001",
          "--no-ws",
          "--access-log",
          "--workers-kill-timeout=20",
          "--new",
        ],
        "claims": [
          {
            "address": {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 8001,
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, and write "workers: 1" in ARGS",
            "kind": "listen",
            "option": "port",
            "sharesPort": true,
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
        "reload": {
          "order": "new-first",
          "signal": "SIGHUP",
        },
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 25000,
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
    expect(compile(granianWsgiServer, { app: 'shop.wsgi' }, { 'blocking-threads': 4 }).argv.slice(1)).toEqual(
      ['-m', 'granian', 'shop.wsgi:application', '--interface=wsgi', '--blocking-threads=4'],
    );
  });

  test('where it listens', () => {
    const at = listens(granianAsgiServer);
    expect(at({})).toEqual([tcp('127.0.0.1', 8000)]);
    expect(at({ host: '::', port: 9000 })).toEqual([tcp('::', 9000)]);
    expect(at({ uds: '/run/shop.sock' })).toEqual([{ kind: 'unix', path: '/run/shop.sock' }]);
    expect(at({}, { env: { GRANIAN_PORT: '9000' } })).toEqual([]);
    expect(at({}, { extraArgs: ['--port', '9000'] })).toEqual([]);
    expect(at({}, { extraArgs: ['--uds-permissions=0660'] })).toEqual([tcp('127.0.0.1', 8000)]);
  });

  test('its grace is its own, where that is a number of seconds', () => {
    const grace = (args: object): unknown => compile(granianAsgiServer, asgi, { ...args }).stop[0].waitMs;
    expect(grace({})).toBe(35_000);
    expect(grace({ 'workers-kill-timeout': '60' })).toBe(65_000);
    expect(grace({ 'workers-kill-timeout': '1m' })).toBe(35_000);
  });
});

describe('Hypercorn', () => {
  test('the whole', () => {
    const args = { bind: ['0.0.0.0:8001', 'unix:/run/a.sock'], 'graceful-timeout': 10, workers: 2 };
    expect(compile(hypercornServer, { ...asgi, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "-m",
          "hypercorn",
          "shop.asgi:application",
          "--bind=0.0.0.0:8001",
          "--bind=unix:/run/a.sock",
          "--graceful-timeout=10",
          "--workers=2",
          "--new",
        ],
        "claims": [
          {
            "address": {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 8001,
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, and write "workers: 1" in ARGS",
            "kind": "listen",
            "option": "bind",
            "sharesPort": true,
          },
          {
            "address": {
              "kind": "unix",
              "path": "/run/a.sock",
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, and write "workers: 1" in ARGS",
            "kind": "listen",
            "option": "bind",
            "sharesPort": true,
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
            {
              "kind": "unix",
              "path": "/run/a.sock",
            },
          ],
          "kind": "listen",
        },
        "reload": {
          "order": "old-first",
          "signal": "SIGHUP",
        },
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 20000,
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

  test('where it listens', () => {
    const at = listens(hypercornServer);
    expect(at({})).toEqual([tcp('127.0.0.1', 8000)]);
    expect(at({ bind: ['fd://3'] })).toEqual([]);
    expect(at({ config: 'hypercorn.toml' })).toEqual([]);
    expect(at({}, { extraArgs: ['-b', ':80'] })).toEqual([]);
  });

  test('a WSGI application, as Hypercorn writes it', () => {
    expect(compile(hypercornServer, { app: 'wsgi:shop.wsgi:application' }).argv[3]).toBe(
      'wsgi:shop.wsgi:application',
    );
  });
});

describe('Daphne', () => {
  test('the whole', () => {
    const args = { bind: '0.0.0.0', port: 8001, websocket_timeout: -1, 'proxy-headers': true };
    expect(compile(daphneServer, { ...asgi, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "-m",
          "daphne",
          "--bind=0.0.0.0",
          "--port=8001",
          "--websocket_timeout=-1",
          "--proxy-headers",
          "--new",
          "shop.asgi:application",
        ],
        "claims": [
          {
            "address": {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 8001,
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, or write an entry for each port",
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
            "waitMs": 10000,
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

  test('where it listens', () => {
    const at = listens(daphneServer);
    expect(at({})).toEqual([tcp('127.0.0.1', 8000)]);
    expect(at({ 'unix-socket': '/run/a.sock' })).toEqual([{ kind: 'unix', path: '/run/a.sock' }]);
    expect(at({ endpoint: ['tcp:9000'] })).toEqual([]);
    expect(at({}, { extraArgs: ['-p', '9000'] })).toEqual([]);
  });
});

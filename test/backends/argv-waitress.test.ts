/** What WaitressServer makes of an entry. */
import { describe, expect, test } from 'vitest';
import { waitressServer } from '../../src/backends/waitress.ts';
import { compile } from './support.ts';

const wsgi = { app: 'shop.wsgi' };

test('the whole', () => {
  const args = {
    listen: ['127.0.0.1:8080', '[::1]:8080'],
    threads: 8,
    ipv6: true,
    'expose-tracebacks': false,
  };
  expect(compile(waitressServer, { ...wsgi, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
    {
      "added": [],
      "argv": [
        "/venv/bin/python",
        "-m",
        "waitress",
        "--listen=127.0.0.1:8080",
        "--listen=[::1]:8080",
        "--threads=8",
        "--ipv6",
        "--no-expose-tracebacks",
        "--new",
        "shop.wsgi:application",
      ],
      "claims": [
        {
          "address": {
            "host": "127.0.0.1",
            "kind": "tcp",
            "port": 8080,
          },
          "dualStack": false,
          "instead": "leave INSTANCES out, and write "threads: 4" in ARGS",
          "kind": "listen",
          "option": "listen",
          "sharesPort": false,
        },
        {
          "address": {
            "host": "::1",
            "kind": "tcp",
            "port": 8080,
          },
          "dualStack": false,
          "instead": "leave INSTANCES out, and write "threads: 4" in ARGS",
          "kind": "listen",
          "option": "listen",
          "sharesPort": false,
        },
      ],
      "env": {
        "PYTHONUNBUFFERED": "1",
      },
      "link": false,
      "linkLoop": null,
      "overlap": null,
      "permanentExitCodes": [],
      "readiness": {
        "addresses": [
          {
            "host": "127.0.0.1",
            "kind": "tcp",
            "port": 8080,
          },
          {
            "host": "::1",
            "kind": "tcp",
            "port": 8080,
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
          "signal": "SIGINT",
          "waitMs": 10000,
        },
        {
          "signal": "SIGTERM",
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
        "SIGTERM": "it ends at once, and drops the requests that it is at",
        "SIGUSR1": "it ends at once, and drops the requests that it is at",
        "SIGUSR2": "it ends at once, and drops the requests that it is at",
      },
    }
  `);
});

describe('where it listens', () => {
  const listens = (args: object, change: object = {}): unknown => {
    const { readiness } = compile(waitressServer, { ...wsgi, ...change }, { ...args });
    return readiness.kind === 'listen' ? readiness.addresses : readiness;
  };
  const tcp = (host: string, port: number): object => ({ kind: 'tcp', host, port });

  test('as ARGS say, else where waitress likes', () => {
    expect(listens({})).toEqual([tcp('0.0.0.0', 8080)]);
    expect(listens({ port: 9000 })).toEqual([tcp('0.0.0.0', 9000)]);
    expect(listens({ 'unix-socket': '/run/shop.sock' })).toEqual([{ kind: 'unix', path: '/run/shop.sock' }]);
    expect(listens({ listen: ['*:9000', '127.0.0.1:9001 [::1]:9002', 'localhost'] })).toEqual([
      tcp('', 9000),
      tcp('127.0.0.1', 9001),
      tcp('::1', 9002),
      tcp('localhost', 8080),
    ]);
  });

  test('nobody knows where the kernel or EXTRA_ARGS decide', () => {
    expect(listens({ port: 0 })).toEqual([]);
    expect(listens({}, { extraArgs: ['--listen=*:9000'] })).toEqual([]);
  });
});

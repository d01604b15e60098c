/** What a person is told about the web servers where they do not do what ARGS say. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadManifest } from '../../src/manifest/load.ts';
import { argvOf, entry, newFolder, tell, told, write } from './support.ts';

const serve = (backend: string, args: string): string =>
  entry('web', `BACKEND: ${backend}`, 'APP: shop.wsgi', `ARGS: ${args}`);

describe('uvicorn', () => {
  const uvicorn = (args: string): string => told(serve('UvicornServer', args));

  test("what django-prodserver's documentation says by mistake", () => {
    expect(uvicorn('{no-access-log: "True"}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:27: error: "no-access-log" must be true or false (it takes no value), not "True" [value-wrong]
          5 |     ARGS: {no-access-log: "True"}
            |                           ^^^^^^"
    `);
  });

  test('what is ignored', () => {
    expect(uvicorn('{uds: /run/a.sock, port: 8000, reload: true, workers: 2}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:30: warning: "port" has no effect: "uds" wins [option-ignored]
          5 |     ARGS: {uds: /run/a.sock, port: 8000, reload: true, workers: 2}
            |                              ^^^^
            = leave one of them out

      prodserver.yaml:5:56: warning: "workers" has no effect: with reload there is one process [option-ignored]
          5 |     ARGS: {uds: /run/a.sock, port: 8000, reload: true, workers: 2}
            |                                                        ^^^^^^^
            = leave one of them out"
    `);
    expect(uvicorn('{reload-dir: src, no-access-log: true, access-log: true}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "reload-dir" has no effect: it says how to reload, and reload is not given [option-ignored]
          5 |     ARGS: {reload-dir: src, no-access-log: true, access-log: true}
            |            ^^^^^^^^^^
            = leave it out

      prodserver.yaml:5:29: error: "no-access-log" and "access-log" exclude each other: the last of the two would win [option-conflict]
          5 |     ARGS: {reload-dir: src, no-access-log: true, access-log: true}
            |                             ^^^^^^^^^^^^^
            = leave one of them out"
    `);
  });

  test('what is unwise', () => {
    expect(uvicorn('{limit-max-requests: 1000, ssl-keyfile-password: x}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "limit-max-requests" is unwise: its only process ends, and nothing answers until it is started again [option-unwise]
          5 |     ARGS: {limit-max-requests: 1000, ssl-keyfile-password: *}
            |            ^^^^^^^^^^^^^^^^^^
            = give it workers, 2 at least, or use RECYCLE

      prodserver.yaml:5:38: warning: "ssl-keyfile-password" is unwise: every user of the machine can read it in the list of processes [option-unwise]
          5 |     ARGS: {limit-max-requests: 1000, ssl-keyfile-password: *}
            |                                      ^^^^^^^^^^^^^^^^^^^^
            = write ENV: {UVICORN_SSL_KEYFILE_PASSWORD: "\${UVICORN_SSL_KEYFILE_PASSWORD}"} instead"
    `);
    expect(uvicorn('{limit-max-requests: 1000, workers: 2}')).toBe('');
  });

  test('what cannot be used', () => {
    expect(uvicorn('{fd: 3}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "fd" cannot be used: no such descriptor is handed down to it [option-refused]
          5 |     ARGS: {fd: 3}
            |            ^^
            = write fd: "\${socket:NAME}", with NAME in SOCKETS"
    `);
    expect(told(serve('UvicornWSGIServer', '{interface: asgi3}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "interface" cannot be used: the backend says --interface=wsgi itself [option-refused]
          5 |     ARGS: {interface: asgi3}
            |            ^^^^^^^^^
            = leave it out, or use UvicornServer"
    `);
  });

  test('what an older one does not have', () => {
    const installed = (version: string, args: string): string => {
      const folder = newFolder();
      const packages = join(folder, '.venv', 'lib', 'python3.12', 'site-packages');
      mkdirSync(join(packages, `uvicorn-${version}.dist-info`), { recursive: true });
      write(folder, '.venv/bin/python', '');
      const manifest = write(folder, 'prodserver.yaml', serve('UvicornServer', args));
      return tell(loadManifest(manifest, 'prodserver.yaml', {}, folder));
    };
    expect(installed('0.36.1', '{timeout-worker-healthcheck: 10}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "timeout-worker-healthcheck" needs uvicorn 0.37, and 0.36.1 is installed [option-too-new]
          5 |     ARGS: {timeout-worker-healthcheck: 10}
            |            ^^^^^^^^^^^^^^^^^^^^^^^^^^
            = leave it out, or install uvicorn 0.37 or later"
    `);
    expect(installed('0.37.0', '{timeout-worker-healthcheck: 10}')).toBe('');
  });

  test('without an APP', () => {
    expect(told(entry('web', 'BACKEND: UvicornServer'))).toMatchInlineSnapshot(`
      "prodserver.yaml:2:3: error: "web" has no APP [key-missing]
          2 |   web:
            |   ^^^
            = add for example "APP: myproject.asgi""
    `);
  });
});

describe('waitress', () => {
  const waitress = (args: string): string => told(serve('WaitressServer', args));

  test('what ends it', () => {
    expect(waitress('{listen: "*:80", port: 80, unix-socket: a.sock}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:28: error: "port" cannot be used: waitress takes it or listen [option-refused]
          5 |     ARGS: {listen: "*:80", port: 80, unix-socket: a.sock}
            |                            ^^^^
            = leave one of them out

      prodserver.yaml:5:38: error: "unix-socket" cannot be used: waitress takes it or listen [option-refused]
          5 |     ARGS: {listen: "*:80", port: 80, unix-socket: a.sock}
            |                                      ^^^^^^^^^^^
            = leave one of them out"
    `);
    expect(waitress('{unix-socket: a.sock, host: localhost}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:33: error: "host" cannot be used: waitress takes it or unix-socket [option-refused]
          5 |     ARGS: {unix-socket: a.sock, host: localhost}
            |                                 ^^^^
            = leave one of them out"
    `);
    expect(waitress('{trusted-proxy-headers: forwarded}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "trusted-proxy-headers" cannot be used: waitress takes it only with trusted-proxy [option-refused]
          5 |     ARGS: {trusted-proxy-headers: forwarded}
            |            ^^^^^^^^^^^^^^^^^^^^^
            = add trusted-proxy"
    `);
  });

  test('what is unwise, or otherwise', () => {
    expect(waitress('{trusted-proxy: 10.0.0.1, expose-tracebacks: true}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "trusted-proxy" does not do what it says: waitress trusts only X-Forwarded-Proto, and will trust no header in a later version [option-otherwise]
          5 |     ARGS: {trusted-proxy: 10.0.0.1, expose-tracebacks: true}
            |            ^^^^^^^^^^^^^
            = add trusted-proxy-headers

      prodserver.yaml:5:37: warning: "expose-tracebacks" is unwise: every visitor can read them [option-unwise]
          5 |     ARGS: {trusted-proxy: 10.0.0.1, expose-tracebacks: true}
            |                                     ^^^^^^^^^^^^^^^^^
            = leave it out: they are in the log"
    `);
    expect(waitress('{trusted-proxy: "*", trusted-proxy-headers: forwarded}')).toBe('');
  });

  test('both families of names', () => {
    for (const family of ['backends', 'backends.servers']) {
      expect(argvOf(serve(`django_prodserver.${family}.waitress.WaitressServer`, '{}')).slice(1)).toEqual([
        '-m',
        'waitress',
        'shop.wsgi:application',
      ]);
    }
  });
});

describe('Granian', () => {
  const granian = (args: string): string => told(serve('GranianASGIServer', args));
  const tokens = (args: string): readonly string[] => argvOf(serve('GranianASGIServer', args)).slice(5);

  test('the names and words of django-prodserver', () => {
    expect(granian('{address: 0.0.0.0, log-access: "yes"}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "address" is read as "host" [option-spelling]
          5 |     ARGS: {address: 0.0.0.0, log-access: "yes"}
            |            ^^^^^^^
            = write "host"

      prodserver.yaml:5:30: warning: "log-access" is read as "access-log" [option-spelling]
          5 |     ARGS: {address: 0.0.0.0, log-access: "yes"}
            |                              ^^^^^^^^^^
            = write "access-log""
    `);
    expect(
      tokens('{address: 0.0.0.0, threads: "1", websockets: "off", log_access: "True", reload: false}'),
    ).toEqual(['--host=0.0.0.0', '--blocking-threads=1', '--no-ws', '--access-log', '--no-reload']);
    expect(granian('{address: 0.0.0.0, host: 127.0.0.1}')).toContain('[option-conflict]');
  });

  test('a duration', () => {
    expect(granian('{workers-lifetime: 59, workers-kill-timeout: 1h30m, rss-sample-interval: soon}'))
      .toMatchInlineSnapshot(`
      "prodserver.yaml:5:30: error: "workers-lifetime" must be seconds from 60, or a duration such as "24h" or "1h30m", not 59 [value-wrong]
          5 |     ARGS: {workers-lifetime: 59, workers-kill-timeout: 1h30m, rss-sample-interval: soon}
            |                              ^^

      prodserver.yaml:5:84: error: "rss-sample-interval" must be seconds from 1 to 300, or a duration such as "24h" or "1h30m", not "soon" [value-wrong]
          5 | ss-sample-interval: soon}
            |                     ^^^^"
    `);
  });

  test('what ends it, and what it ignores', () => {
    expect(granian('{blocking-threads: 2, ssl-keyfile: key.pem, interface: rsgi}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "blocking-threads" cannot be used: Granian takes 1 at most for ASGI, and ends [option-refused]
          5 |     ARGS: {blocking-threads: 2, ssl-keyfile: key.pem, interface: rsgi}
            |            ^^^^^^^^^^^^^^^^
            = leave it out, or use runtime-threads

      prodserver.yaml:5:33: warning: "ssl-keyfile" does not do what it says: without ssl-certificate Granian speaks plain HTTP [option-otherwise]
          5 |     ARGS: {blocking-threads: 2, ssl-keyfile: key.pem, interface: rsgi}
            |                                 ^^^^^^^^^^^
            = add ssl-certificate

      prodserver.yaml:5:55: error: "interface" cannot be used: the backend says it itself [option-refused]
          5 |     ARGS: {blocking-threads: 2, ssl-keyfile: key.pem, interface: rsgi}
            |                                                       ^^^^^^^^^
            = leave it out: it is that of the backend"
    `);
    expect(told(serve('GranianWSGIServer', '{blocking-threads: 2, ws: true}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:33: warning: "ws" has no effect: WSGI knows no websockets [option-ignored]
          5 |     ARGS: {blocking-threads: 2, ws: true}
            |                                 ^^
            = leave it out, or use GranianASGIServer"
    `);
  });
});

describe('Hypercorn', () => {
  const hypercorn = (args: string): string => told(serve('HypercornServer', args));

  test('other names of an option', () => {
    expect(hypercorn('{access-log: "-"}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "access-log" is read as "access-logfile" [option-spelling]
          5 |     ARGS: {access-log: "-"}
            |            ^^^^^^^^^^
            = write "access-logfile""
    `);
    expect(argvOf(serve('HypercornServer', '{access-log: "-"}')).at(-1)).toBe('--access-logfile=-');
  });

  test('what it ignores, takes otherwise or ends of', () => {
    expect(hypercorn('{max-requests-jitter: 5, umask: 22, reload: true, workers: 0}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "max-requests-jitter" has no effect: it belongs to max-requests, which is not given [option-ignored]
          5 |     ARGS: {max-requests-jitter: 5, umask: 22, reload: true, workers: 0}
            |            ^^^^^^^^^^^^^^^^^^^
            = leave it out

      prodserver.yaml:5:36: warning: "umask" does not do what it says: Hypercorn reads a decimal number: 22 is the mask 026 [option-otherwise]
          5 |     ARGS: {max-requests-jitter: 5, umask: 22, reload: true, workers: 0}
            |                                    ^^^^^
            = write 18 for 022

      prodserver.yaml:5:47: error: "reload" cannot be used: Hypercorn ends of it with 0 workers [option-refused]
          5 |     ARGS: {max-requests-jitter: 5, umask: 22, reload: true, workers: 0}
            |                                               ^^^^^^
            = leave workers out"
    `);
    expect(hypercorn('{max-requests-jitter: 5, max-requests: 100, umask: 18}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "max-requests-jitter" does not do what it says: Hypercorn takes the number of max-requests for it [option-otherwise]
          5 |     ARGS: {max-requests-jitter: 5, max-requests: 100, umask: 18}
            |            ^^^^^^^^^^^^^^^^^^^
            = leave it out, or set max_requests_jitter in a file for config"
    `);
  });
});

describe('Daphne', () => {
  const daphne = (args: string): string => told(serve('DaphneServer', args));

  test('what it ends of, and what is unwise', () => {
    expect(daphne('{proxy-headers-host: X-Real-IP, verbosity: 4}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "proxy-headers-host" cannot be used: Daphne takes it only with proxy-headers [option-refused]
          5 |     ARGS: {proxy-headers-host: X-Real-IP, verbosity: 4}
            |            ^^^^^^^^^^^^^^^^^^
            = add "proxy-headers: true"

      prodserver.yaml:5:54: error: "verbosity" must be a whole number from 0 to 3, not 4 [value-wrong]
          5 |     ARGS: {proxy-headers-host: X-Real-IP, verbosity: 4}
            |                                                      ^"
    `);
    expect(daphne('{websocket-max-frame-size: 0, websocket-timeout: -1}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "websocket-max-frame-size" is unwise: without a limit a stranger can fill the memory [option-unwise]
          5 |     ARGS: {websocket-max-frame-size: 0, websocket-timeout: -1}
            |            ^^^^^^^^^^^^^^^^^^^^^^^^
            = write a number of bytes

      prodserver.yaml:5:41: warning: "websocket-timeout" is read as "websocket_timeout" [option-spelling]
          5 |     ARGS: {websocket-max-frame-size: 0, websocket-timeout: -1}
            |                                         ^^^^^^^^^^^^^^^^^
            = write "websocket_timeout""
    `);
    expect(daphne('{server-name: x, no-server-name: true}')).toContain('[option-conflict]');
  });
});

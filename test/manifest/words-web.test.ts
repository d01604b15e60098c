/** What a person is told about the web servers where they do not do what ARGS say. */
import { describe, expect, test } from 'vitest';
import { argvOf, entry, told } from './support.ts';

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
      "prodserver.yaml:5:12: error: "fd" cannot be used: no descriptor is handed down to it [option-refused]
          5 |     ARGS: {fd: 3}
            |            ^^
            = write an address and a port"
    `);
    expect(told(serve('UvicornWSGIServer', '{interface: asgi3}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "interface" cannot be used: the backend says --interface=wsgi itself [option-refused]
          5 |     ARGS: {interface: asgi3}
            |            ^^^^^^^^^
            = leave it out, or use UvicornServer"
    `);
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

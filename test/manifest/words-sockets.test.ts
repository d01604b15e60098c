/** What a person is told about SOCKETS. */
import { expect, test } from 'vitest';
import { failure } from '../../src/model/failure.ts';
import { renderFailure } from '../../src/render/failures.ts';
import { SAMPLES } from '../docs/samples.ts';
import { processes, told } from './support.ts';

const WEB =
  'PRODUCTION_PROCESSES:\n  web: {BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: "fd://${socket:http}"}}\n';
const UVICORN =
  'PRODUCTION_PROCESSES:\n  web: {BACKEND: UvicornServer, APP: asgi, ARGS: {fd: "${socket:app}"}}\n';

test('numbers are given in the order in which an entry asks', () => {
  const [web, job] = processes(
    [
      'SOCKETS: {a: ":8000", b: {bind: "[::1]:8001", backlog: 5, reuse-port: true}, c: {bind: "unix:/run/c", mode: "0660"}}',
      'PRODUCTION_PROCESSES:',
      '  web: {BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: ["fd://${socket:b}", "fd://${socket:a}"]}}',
      '  job: {BACKEND: Command, CMD: [serve, "${socket:c}", "${socket:c}", "${socket:-none}"], ENV: {FD: "${socket:a}"}}',
    ].join('\n'),
    { env: {} },
  );
  expect(web).toMatchObject({ readiness: { kind: 'awaits', names: ['b', 'a'] }, overlap: 'alike' });
  expect(web?.argv.slice(-2)).toEqual(['--bind=fd://3', '--bind=fd://4']);
  expect(web?.sockets).toEqual([
    {
      name: 'b',
      address: { kind: 'tcp', host: '::1', port: 8001 },
      backlog: 5,
      reusePort: true,
      mode: null,
      user: null,
      group: null,
    },
    {
      name: 'a',
      address: { kind: 'tcp', host: '0.0.0.0', port: 8000 },
      backlog: 2048,
      reusePort: false,
      mode: null,
      user: null,
      group: null,
    },
  ]);
  expect(job).toMatchObject({ argv: ['serve', '3', '3', 'none'], overlap: null, env: { FD: '4' } });
  expect(job?.sockets.map(({ address, mode }) => [address, mode])).toEqual([
    [{ kind: 'unix', path: '/run/c' }, 0o660],
    [{ kind: 'tcp', host: '0.0.0.0', port: 8000 }, null],
  ]);
});

test('READY is asked beside what the process waits for', () => {
  const [web] = processes(
    `SOCKETS: {app: ":8000"}\n${UVICORN.replace('APP: asgi', 'APP: asgi, READY: {http: /up}')}`,
  );
  expect(web?.readiness).toEqual({
    kind: 'all',
    probes: [
      { kind: 'awaits', names: ['app'] },
      { kind: 'http', url: '/up', addresses: [] },
    ],
  });
});

test('unused, unknown and misplaced', () => {
  expect(told(`SOCKETS: {http: "0.0.0.0:8000", app: ":8001"}\n${UVICORN}`)).toMatchInlineSnapshot(`
    "prodserver.yaml:1:11: warning: no process uses the socket "http" [socket-unused]
        1 | SOCKETS: {http: "0.0.0.0:8000", app: ":8001"}
          |           ^^^^
          = write \${socket:http} in the ARGS of one, or leave it out"
  `);
  expect(told(`SOCKETS: {htp: "0.0.0.0:8000"}\nSUPERVISOR: {python: "\${socket:htp}"}\n${WEB}`))
    .toMatchInlineSnapshot(`
      "prodserver.yaml:2:22: error: \${socket:htp} stands for nothing here [socket-misplaced]
          2 | SUPERVISOR: {python: "\${socket:htp}"}
            |                      ^^^^^^^^^^^^^^^
            = write it in ARGS, EXTRA_ARGS, CMD or ENV of a process

      prodserver.yaml:4:58: error: "http" is no socket; did you mean "htp"? [socket-unknown]
          4 |   web: {BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: "fd://\${socket:http}"}}
            |                                                          ^^^^^^^^^^^^^^^^^^^^^
            = there are: htp"
    `);
  expect(told(WEB)).toMatchInlineSnapshot(`
    "prodserver.yaml:2:58: error: "http" is no socket [socket-unknown]
        2 |   web: {BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: "fd://\${socket:http}"}}
          |                                                          ^^^^^^^^^^^^^^^^^^^^^
          = write SOCKETS: {http: "0.0.0.0:8000"} beside PRODUCTION_PROCESSES"
  `);
});

test('addresses, keys and names', () => {
  expect(
    told(
      [
        'SOCKETS:',
        '  a: 8000',
        '  b: localhost:8000',
        '  c: {bind: "0.0.0.0:70000"}',
        '  d: {bind: ":1", bakclog: 1}',
        '  e: {backlog: 1}',
        '  f/g: ":1"',
        '  app: {bind: ":8000", mode: "0660"}',
        UVICORN,
      ].join('\n'),
    ),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:2:6: error: "a" must be an address such as 0.0.0.0:8000, [::]:8000 or unix:/run/app.sock, or a mapping with bind, backlog, reuse-port, mode, user, group, not 8000 [value-wrong]
        2 |   a: 8000
          |      ^^^^

    prodserver.yaml:3:6: error: "b" must be an address such as 0.0.0.0:8000, [::]:8000 or unix:/run/app.sock, or a mapping with bind, backlog, reuse-port, mode, user, group, not "localhost:8000" [value-wrong]
        3 |   b: localhost:8000
          |      ^^^^^^^^^^^^^^

    prodserver.yaml:4:13: error: "bind" must be an address such as 0.0.0.0:8000, [::]:8000 or unix:/run/app.sock, not "0.0.0.0:70000" [value-wrong]
        4 |   c: {bind: "0.0.0.0:70000"}
          |             ^^^^^^^^^^^^^^^

    prodserver.yaml:5:19: error: unknown key "bakclog" [key-unknown]
        5 |   d: {bind: ":1", bakclog: 1}
          |                   ^^^^^^^
          = write "backlog"

    prodserver.yaml:6:3: error: "e" has no bind [key-missing]
        6 |   e: {backlog: 1}
          |   ^
          = add for example "bind: ..."

    prodserver.yaml:7:3: error: "f/g" is no name for a process [name-invalid]
        7 |   f/g: ":1"
          |   ^^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first

    prodserver.yaml:8:24: warning: only the file of a Unix socket has a mode [socket-key]
        8 |   app: {bind: ":8000", mode: "0660"}
          |                        ^^^^
          = leave mode out"
  `);
  expect(told(`SOCKETS: [a]\n${UVICORN}`)).toMatchInlineSnapshot(`
    "prodserver.yaml:1:10: error: "SOCKETS" must be a mapping of names to addresses, not a list [value-wrong]
        1 | SOCKETS: [a]
          |          ^^^"
  `);
});

test('a program that cannot use one, and a descriptor of nobody', () => {
  expect(told(`SOCKETS: {http: "unix:/run/http"}\n${WEB}`)).toMatchInlineSnapshot(`
    "prodserver.yaml:3:52: error: GunicornServer cannot use the socket "http": gunicorn removes the file of a Unix socket when it ends, and its successor would be out of reach [socket-unfit]
        3 |   web: {BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: "fd://\${socket:http}"}}
          |                                                    ^^^^
          = give it a TCP address"
  `);
  expect(told(UVICORN.replace('"${socket:app}"', '7'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:51: error: "fd" cannot be used: no such descriptor is handed down to it [option-refused]
        2 |   web: {BACKEND: UvicornServer, APP: asgi, ARGS: {fd: 7}}
          |                                                   ^^
          = write fd: "\${socket:NAME}", with NAME in SOCKETS"
  `);
  expect(told(`SOCKETS: {app: ":8000"}\n${UVICORN.replace('fd:', 'port: 8000, fd:')}`))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:3:51: warning: "port" has no effect: "fd" wins [option-ignored]
        3 |   web: {BACKEND: UvicornServer, APP: asgi, ARGS: {port: 8000, fd: "\${socket:app}"}}
          |                                                   ^^^^
          = leave one of them out"
  `);
});

test('when it starts', () => {
  const codes = ['socket-in-use', 'socket-refused', 'socket-tool'] as const;
  const shown = codes.map((code) => renderFailure(failure(code, SAMPLES[code])));
  expect(shown.join('\n\n')).toMatchInlineSnapshot(`
    "error: cannot listen on 0.0.0.0:8000 (socket "http"): nginx (pid 4711) does [socket-in-use]
      end that program, or give the socket another address

    error: cannot listen on 0.0.0.0:80 (socket "http"): EACCES [socket-refused]
      give the socket an address that this user may listen on

    error: cannot hold the socket "http" (koffi: switched off by PRODSERVER_NO_KOFFI=1; python3 is not there either) [socket-tool]
      install prodserver with its optional dependencies (koffi), or let the server listen by itself: an address in its ARGS"
  `);
});

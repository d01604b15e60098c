/** What a person is told about the values of an entry. */
import { expect, test } from 'vitest';
import { entry, job, told } from './support.ts';

test('value-wrong: a key', () => {
  const text = job(
    'INSTANCES: 0',
    'AUTOSTART: "yes"',
    'READY: {http: healthz, tcp: localhost}',
    'ENV: {A: [1]}',
    'RESTART: {policy: sometimes, backoff: {factor: 0}}',
    'EXTRA_ARGS: --utc',
  );
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:16: error: "INSTANCES" must be a whole number from 1 to 1000, not 0 [value-wrong]
        5 |     INSTANCES: 0
          |                ^

    prodserver.yaml:6:16: error: "AUTOSTART" must be true or false, not "yes" [value-wrong]
        6 |     AUTOSTART: "yes"
          |                ^^^^^

    prodserver.yaml:7:19: error: "http" must be a path such as /healthz, or a URL, not "healthz" [value-wrong]
        7 |     READY: {http: healthz, tcp: localhost}
          |                   ^^^^^^^

    prodserver.yaml:7:33: error: "tcp" must be HOST:PORT, not "localhost" [value-wrong]
        7 |     READY: {http: healthz, tcp: localhost}
          |                                 ^^^^^^^^^

    prodserver.yaml:8:14: error: "A" must be text, a number or true/false, not a list [value-wrong]
        8 |     ENV: {A: [1]}
          |              ^^^

    prodserver.yaml:9:23: error: "policy" must be one of always, on-failure, never, not "sometimes" [value-wrong]
        9 |     RESTART: {policy: sometimes, backoff: {factor: 0}}
          |                       ^^^^^^^^^

    prodserver.yaml:9:52: error: "factor" must be a number from 1 to 10, not 0 [value-wrong]
        9 |     RESTART: {policy: sometimes, backoff: {factor: 0}}
          |                                                    ^

    prodserver.yaml:10:17: error: "EXTRA_ARGS" must be a list of texts, passed on unchecked, not "--utc" [value-wrong]
       10 |     EXTRA_ARGS: --utc
          |                 ^^^^^"
  `);
});

test('value-wrong: CMD is a list, so that no shell is needed to split it', () => {
  expect(told(entry('job', 'BACKEND: Command', 'CMD: date --utc'))).toMatchInlineSnapshot(`
    "prodserver.yaml:4:10: error: "CMD" must be a list: the program and its arguments, not "date --utc" [value-wrong]
        4 |     CMD: date --utc
          |          ^^^^^^^^^^"
  `);
});

test('value-wrong: an empty CMD is not told that it must be a list', () => {
  expect(told(entry('job', 'BACKEND: Command', 'CMD: []'))).not.toContain(
    'must be a list: the program and its arguments, not a list',
  );
});

test('value-wrong: an entry', () => {
  expect(told('PRODUCTION_PROCESSES:\n  web: gunicorn\n  worker:\n  beat: [a]\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:2:8: error: "web" must be a mapping with BACKEND, not the string "gunicorn" [value-wrong]
        2 |   web: gunicorn
          |        ^^^^^^^^

    prodserver.yaml:3:3: error: "worker" must be a mapping with BACKEND, not nothing [value-wrong]
        3 |   worker:
          |   ^^^^^^

    prodserver.yaml:4:9: error: "beat" must be a mapping with BACKEND, not a list [value-wrong]
        4 |   beat: [a]
          |         ^^^"
  `);
});

test('value-wrong: SUPERVISOR', () => {
  expect(told('SUPERVISOR: python3\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:13: error: "SUPERVISOR" must be a mapping with python, on-fatal, start-rate, backends, http, http-token-file, http-hosts, not "python3" [value-wrong]
        1 | SUPERVISOR: python3
          |             ^^^^^^^"
  `);
  expect(told('SUPERVISOR: {python: 3}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:22: error: "python" must be the path or the name of an interpreter, not 3 [value-wrong]
        1 | SUPERVISOR: {python: 3}
          |                      ^"
  `);
});

test('value-no-unit', () => {
  expect(told(job('STOP: {timeout: 30}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:21: error: "timeout" needs a unit: 30 could be anything [value-no-unit]
        5 |     STOP: {timeout: 30}
          |                     ^^
          = write 30s (units: ms, s, m, h, d)"
  `);
});

test('value-no-unit: a number in quotes', () => {
  expect(told(job('STOP: {timeout: "30"}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:21: error: "timeout" must be a duration such as 30s, 5m or 1h30m, not "30" [value-wrong]
        5 |     STOP: {timeout: "30"}
          |                     ^^^^"
  `);
});

test('value-wrong: a mapping with the names of what every object has', () => {
  const text = job('INSTANCES: { toString: 1, valueOf: 2 }', 'LIMITS: { as: { toString: 1, valueOf: 2 } }');
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:16: error: "INSTANCES" must be a whole number from 1 to 1000, not a mapping [value-wrong]
        5 |     INSTANCES: { toString: 1, valueOf: 2 }
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^

    prodserver.yaml:6:19: error: "as" must be a size such as 512MiB, 4GiB or 0, or soft:hard of them; "unlimited" is one too, not a mapping [value-wrong]
        6 |     LIMITS: { as: { toString: 1, valueOf: 2 } }
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^"
  `);
});

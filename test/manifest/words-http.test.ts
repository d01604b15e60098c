/** SUPERVISOR.http: what it makes of the plan, and what is said where it is wrong. */
import { expect, test } from 'vitest';
import { newPaint } from '../../src/render/paint.ts';
import { planJson, planText } from '../../src/render/plan.ts';
import { job, load, told, web } from './support.ts';

const supervisor = (text: string, entry = job()): string => `${entry}SUPERVISOR: {${text}}\n`;
const httpOf = (text: string): unknown => load(supervisor(text)).plan?.http;

test('off unless told', () => {
  expect(httpOf('')).toBe(null);
});

test('on this machine without a token, elsewhere with one', () => {
  const door = { host: '127.0.0.1', port: 9180, tokenFile: null, hosts: [] };
  expect(httpOf('http: "127.0.0.1:9180"')).toEqual(door);
  expect(httpOf('http: "[::1]:9180", http-hosts: [app]')).toEqual({ ...door, host: '::1', hosts: ['app'] });
  expect(httpOf('http: "0.0.0.0:9180", http-token-file: run/token')).toEqual({
    ...door,
    host: '0.0.0.0',
    tokenFile: expect.stringMatching(/^\/.+\/run\/token$/) as string,
  });
  expect(
    load(supervisor('http: "0.0.0.0:9180"'), { env: { PRODSERVER_HTTP_TOKEN: 'secret' } }).findings,
  ).toEqual([]);
});

test('plan shows it', () => {
  const door = { host: '0.0.0.0', port: 9180, tokenFile: '/run/token', hosts: ['a', 'b'] };
  expect(planText('/p.yaml', [], newPaint(false), door)).toBe(
    '/p.yaml\n  http  0.0.0.0:9180, with the token in /run/token, also as a, b',
  );
  expect(planJson('/p.yaml', [], door)).toEqual({
    manifest: '/p.yaml',
    http: { address: '0.0.0.0:9180', token_file: '/run/token', hosts: ['a', 'b'] },
    processes: [],
  });
});

test('http-open', () => {
  expect(told(supervisor('http: "0.0.0.0:9180"'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:20: error: other machines reach 0.0.0.0:9180, and nobody there would be asked for a token [http-open]
        5 | SUPERVISOR: {http: "0.0.0.0:9180"}
          |                    ^^^^^^^^^^^^^^
          = name a file with a token in SUPERVISOR.http-token-file, or set PRODSERVER_HTTP_TOKEN where prodserver starts; or listen on 127.0.0.1"
  `);
  expect(told(supervisor('http: "box.lan:9180"'), { env: { PRODSERVER_HTTP_TOKEN: '' } })).toContain(
    '[http-open]',
  );
});

test('what is no address, or no host', () => {
  expect(told(supervisor('http: 9180'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:20: error: "http" must be HOST:PORT, such as 127.0.0.1:9180, not 9180 [value-wrong]
        5 | SUPERVISOR: {http: 9180}
          |                    ^^^^"
  `);
  expect(told(supervisor('http: "127.0.0.1:99999"'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:20: error: "http" must be HOST:PORT, such as 127.0.0.1:9180, not "127.0.0.1:99999" [value-wrong]
        5 | SUPERVISOR: {http: "127.0.0.1:99999"}
          |                    ^^^^^^^^^^^^^^^^^"
  `);
  expect(told(supervisor('http: "127.0.0.1:9180", http-hosts: ["app:9180"]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:51: error: "http-hosts" must be a list of host names, without ports, not "app:9180" [value-wrong]
        5 | SUPERVISOR: {http: "127.0.0.1:9180", http-hosts: ["app:9180"]}
          |                                                   ^^^^^^^^^^"
  `);
  expect(told(supervisor('http-token: hunter2'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:14: error: unknown key "http-token" [key-unknown]
        5 | SUPERVISOR: {http-token: *******}
          |              ^^^^^^^^^^
          = known here: python, on-fatal, start-rate, backends, http, http-token-file, http-hosts"
  `);
});

test('a token or names without an address', () => {
  expect(told(supervisor('http-token-file: run/token'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:14: error: "SUPERVISOR" has no http [key-missing]
        5 | SUPERVISOR: {http-token-file: *********}
          |              ^^^^^^^^^^^^^^^
          = add for example "http: 127.0.0.1:9180""
  `);
});

test('the port of a process', () => {
  expect(told(supervisor('http: "127.0.0.1:8000"', web('ARGS: {bind: "0.0.0.0:8000"}'))))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:6:20: error: web.1 and SUPERVISOR.http listen on 0.0.0.0:8000 and 127.0.0.1:8000, which overlap: the second cannot start [address-twice]
        6 | SUPERVISOR: {http: "127.0.0.1:8000"}
          |                    ^^^^^^^^^^^^^^^^
          = give each its own port"
  `);
  expect(told(supervisor('http: "127.0.0.1:8001"', web('ARGS: {bind: "0.0.0.0:8000"}')))).toBe('');
});

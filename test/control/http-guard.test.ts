/** Who may ask over TCP, and what the others are told. */
import { describe, expect, test } from 'vitest';
import { newGuard, type Asking, type GuardedDoor } from '../../src/control/http-guard.ts';

const TOKEN = 'a-token-of-some-length';
const NEAR: GuardedDoor = { host: '127.0.0.1', port: 9180, hosts: [], token: null };
const FAR: GuardedDoor = { host: '0.0.0.0', port: 9180, hosts: ['app.internal'], token: TOKEN };

/** `GET /metrics`: the status, 200 where it is let in. */
function ask(door: GuardedDoor, what: string, headers: Asking['headers'] = {}): number {
  const [method = '', path = ''] = what.split(' ');
  const host = door === NEAR ? 'localhost:9180' : '10.0.0.7:9180';
  return newGuard(door)({ method, path, headers: { host, ...headers } })?.status ?? 200;
}
const bearer = (token: string): Asking['headers'] => ({ authorization: `Bearer ${token}` });

const PAGES = ['/metrics', '/healthz', '/readyz', '/v1/status', '/v1/events', '/v1/logs'];

describe('the token', () => {
  test('is asked for where there is one, but not by a probe of health', () => {
    const free = PAGES.filter((path) => ask(FAR, `GET ${path}`) === 200);
    expect(free).toEqual(['/healthz', '/readyz']);
    expect(PAGES.map((path) => ask(FAR, `GET ${path}`, bearer(TOKEN)))).toEqual(PAGES.map(() => 200));
    expect(PAGES.map((path) => ask(NEAR, `GET ${path}`))).toEqual(PAGES.map(() => 200));
    expect(ask({ ...NEAR, token: TOKEN }, 'GET /metrics', { host: 'localhost' })).toBe(401);
  });

  test.each([
    ['none', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another', bearer(`${TOKEN}x`)],
    ['a part', bearer(TOKEN.slice(0, -1))],
    ['other letters', bearer(TOKEN.toUpperCase())],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['two', bearer(`${TOKEN} ${TOKEN}`)],
    ['bytes that are no letters', bearer('\u00ff'.repeat(TOKEN.length))],
  ])('%s is refused', (_, headers) => {
    expect(ask(FAR, 'GET /metrics', headers)).toBe(401);
  });

  test('orders need one, also where nothing else does', () => {
    expect(ask(NEAR, 'POST /v1/stop')).toBe(403);
    expect(ask(NEAR, 'POST /v1/stop', bearer(TOKEN))).toBe(403);
    expect(ask(FAR, 'POST /v1/stop')).toBe(401);
    expect(ask(FAR, 'POST /healthz')).toBe(401);
    expect(ask(FAR, 'POST /v1/stop', bearer(TOKEN))).toBe(200);
  });

  test('a scheme may be written as one likes', () => {
    expect(ask(FAR, 'GET /metrics', { authorization: `bearer  ${TOKEN} ` })).toBe(200);
  });
});

test('what is not for the outside is not there', () => {
  expect(ask(FAR, 'GET /v1/plan', bearer(TOKEN))).toBe(404);
  expect(ask(FAR, 'GET /', bearer(TOKEN))).toBe(404);
  expect(ask(FAR, 'DELETE /metrics', bearer(TOKEN))).toBe(405);
  expect(ask(FAR, 'HEAD /metrics', bearer(TOKEN))).toBe(200);
});

describe('the host', () => {
  const accepted = (door: GuardedDoor, hosts: readonly (string | undefined)[]): unknown[] =>
    hosts.filter((host) => newGuard(door)({ method: 'GET', path: '/healthz', headers: { host } }) === null);
  const HOSTS = [
    'localhost',
    'LOCALHOST:9180',
    '127.0.0.1:9180',
    '127.1:80',
    '[::1]:9180',
    '10.0.0.7:9180',
    '[2001:db8::1]:9180',
    'app.internal:9180',
    'app.internal.',
    'evil.example:9180',
    'localhost.evil.example',
    'app.internal.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    'localhost/evil',
    'a b',
    '',
    undefined,
  ];

  test('of a listener for this machine', () => {
    expect(accepted(NEAR, HOSTS)).toEqual([
      'localhost',
      'LOCALHOST:9180',
      '127.0.0.1:9180',
      '127.1:80',
      '[::1]:9180',
    ]);
  });

  test('of one for others: any address, since no page can make one of its name, and the names that were told', () => {
    expect(accepted(FAR, HOSTS)).toEqual(HOSTS.slice(0, 9));
    expect(accepted({ ...FAR, host: 'box.lan', hosts: [] }, ['box.lan:9180', 'app.internal'])).toEqual([
      'box.lan:9180',
    ]);
  });

  test('what is said', () => {
    const refused = newGuard(NEAR)({
      method: 'GET',
      path: '/healthz',
      headers: { host: 'evil.example:9180' },
    });
    expect(refused).toEqual({
      status: 421,
      error: 'this is not "evil.example:9180": a name that is meant stands in SUPERVISOR.http-hosts',
      headers: {},
    });
  });
});

test('a page of another site may not ask, with the token neither', () => {
  const host = 'localhost:9180';
  const origins = [
    'http://evil.example',
    'null',
    'http://localhost',
    'https://localhost:9180',
    'http://127.0.0.1:9180',
  ];
  expect(origins.map((origin) => ask(NEAR, 'GET /metrics', { host, origin }))).toEqual(
    origins.map(() => 403),
  );
  expect(ask(NEAR, 'GET /metrics', { host, origin: `http://${host}` })).toBe(200);
  const sites = ['cross-site', 'same-site', 'same-origin', 'none'];
  expect(sites.map((site) => ask(NEAR, 'GET /healthz', { 'sec-fetch-site': site }))).toEqual([
    403, 403, 200, 200,
  ]);
  expect(ask(FAR, 'POST /v1/stop', { ...bearer(TOKEN), origin: 'http://evil.example' })).toBe(403);
});

test('no refusal repeats what was given as a token', () => {
  const refused = newGuard(FAR)({
    method: 'GET',
    path: '/metrics',
    headers: { host: '10.0.0.7', ...bearer('a-guess-of-some-length') },
  });
  expect(refused).toEqual({
    status: 401,
    error: 'this is not the token',
    headers: { 'www-authenticate': 'Bearer realm="prodserver", error="invalid_token"' },
  });
});

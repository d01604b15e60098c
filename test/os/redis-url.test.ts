import { describe, expect, test } from 'vitest';
import {
  isRedisUrl,
  parseRedisUrl,
  shownRedis,
  tlsContext,
  type RedisAddress,
} from '../../src/os/redis-url.ts';
import { Rig } from '../support/rig.ts';

const SERVER: RedisAddress = {
  kind: 'server',
  nodes: [{ host: 'cache', port: 6379 }],
  path: null,
  master: null,
  username: null,
  password: null,
  db: 0,
  tls: null,
};
const TLS = { ca: null, cert: null, key: null, verified: true };
const SENTINELS = [
  { host: 'one', port: 26_379 },
  { host: 'two', port: 26_380 },
];
const NODES = [
  { host: 'one', port: 6379 },
  { host: 'two', port: 7001 },
];

const GOOD: [url: string, change: Partial<RedisAddress>][] = [
  ['redis://cache', {}],
  ['redis://cache/', {}],
  ['redis://cache:6379/0', {}],
  ['  redis://cache\n', {}],
  ['REDIS://cache', {}],
  ['valkey://cache', {}],
  ['redis://cache:6380/15', { nodes: [{ host: 'cache', port: 6380 }], db: 15 }],
  ['redis://10.0.0.7:1', { nodes: [{ host: '10.0.0.7', port: 1 }] }],
  ['redis://[::1]:6380/1', { nodes: [{ host: '::1', port: 6380 }], db: 1 }],
  ['redis://[fe80::7]', { nodes: [{ host: 'fe80::7', port: 6379 }] }],
  ['redis://cache?db=3', { db: 3 }],
  ['redis://cache/?db=3', { db: 3 }],
  ['redis://:secret@cache', { password: 'secret' }],
  ['redis://shop:secret@cache', { username: 'shop', password: 'secret' }],
  ['redis://shop@cache', { username: 'shop' }],
  ['redis://:@cache', {}],
  ['redis://:a%40b%2Fc%3Ad%3Fe%25@cache/1', { password: 'a@b/c:d?e%', db: 1 }],
  ['redis://sh%C3%B6p:p%C3%A4ss@cache', { username: 'shöp', password: 'päss' }],
  ['redis://:a:b@cache', { password: 'a:b' }],
  // As it is written often, though it should not be.
  ['redis://:a/b#c@d@cache/2', { password: 'a/b#c@d', db: 2 }],
  ['redis://cache?password=secret', { password: 'secret' }],
  ['rediss://cache', { tls: TLS }],
  ['valkeys://cache', { tls: TLS }],
  ['rediss://cache?ssl_cert_reqs=required', { tls: TLS }],
  ['rediss://cache?ssl_cert_reqs=CERT_OPTIONAL', { tls: TLS }],
  ['rediss://cache?ssl_cert_reqs=none', { tls: { ...TLS, verified: false } }],
  ['rediss://cache?ssl_cert_reqs=CERT_NONE', { tls: { ...TLS, verified: false } }],
  [
    'rediss://cache/1?ssl_ca_certs=/etc/ca.pem&ssl_certfile=/etc/my.pem&ssl_keyfile=/etc/my%20key',
    { db: 1, tls: { ca: '/etc/ca.pem', cert: '/etc/my.pem', key: '/etc/my key', verified: true } },
  ],
  ['redis+socket:///run/redis.sock', { nodes: [], path: '/run/redis.sock' }],
  ['redis+socket:///run/redis.sock?virtual_host=4', { nodes: [], path: '/run/redis.sock', db: 4 }],
  ['redis+socket:///run/redis.sock?db=4', { nodes: [], path: '/run/redis.sock', db: 4 }],
  ['redis+socket://:secret@/redis.sock', { nodes: [], path: '/redis.sock', password: 'secret' }],
  ['redis+sentinel://one,two:26380/shop', { kind: 'sentinel', nodes: SENTINELS, master: 'shop' }],
  ['redis+sentinel://one,two:26380/shop/3', { kind: 'sentinel', nodes: SENTINELS, master: 'shop', db: 3 }],
  [
    'rediss+sentinel://:secret@one,two:26380/the%20shop',
    { kind: 'sentinel', nodes: SENTINELS, master: 'the shop', password: 'secret', tls: TLS },
  ],
  ['redis+cluster://one,two:7001', { kind: 'cluster', nodes: NODES }],
  ['redis+cluster://one,two:7001/0', { kind: 'cluster', nodes: NODES }],
  [
    'rediss+cluster://u:p@one,two:7001',
    { kind: 'cluster', nodes: NODES, username: 'u', password: 'p', tls: TLS },
  ],
];

test.each(GOOD)('%s', (url, change) => {
  expect(parseRedisUrl(url)).toEqual({ ...SERVER, ...change });
  expect(isRedisUrl(url)).toBe(true);
});

test.each([
  '',
  'cache',
  'cache:6379',
  '/run/redis.sock',
  'amqp://cache',
  'http://cache',
  'redis:/cache',
  'redis://',
  'redis:///0',
  'redis://:secret@',
  'redis://cache:0',
  'redis://cache:65536',
  'redis://cache:port',
  'redis://cache:6379:6379',
  'redis://cache:',
  'redis://::1',
  'redis://cache/one',
  'redis://cache/-1',
  'redis://cache/1.5',
  'redis://cache/1/2',
  'redis://cache?db=one',
  'redis://one,two',
  'redis://:%zz@cache',
  'redis://:100%@cache',
  'redis://:a?b@cache',
  'redis+socket://run/redis.sock',
  'redis+socket://',
  'redis+socket:///run/redis.sock?db=x',
  'redis+sentinel://one',
  'redis+sentinel://one/',
  'redis+sentinel://one//0',
  'redis+sentinel://one,,two/shop',
  'redis+sentinel://one/shop/x',
  'redis+sentinel://one/%zz',
  'redis+cluster://one,two/1',
  'redis+cluster://one,two:99999',
  'redis+other://one',
])('refused: %j', (url) => {
  expect(parseRedisUrl(url)).toBeNull();
  expect(isRedisUrl(url)).toBe(false);
});

describe('what people are shown', () => {
  test.each([
    ['redis://cache:6379/0', 'redis://cache:6379/0'],
    ['redis://:secret@cache/0', 'redis://cache/0'],
    ['rediss://shop:secret@cache:6380/1?ssl_keyfile=/etc/key', 'rediss://cache:6380/1'],
    ['redis+sentinel://:secret@one,two/shop/0', 'redis+sentinel://one,two/shop/0'],
    ['redis+socket:///run/redis.sock?password=secret', 'redis+socket:///run/redis.sock'],
    ['redis://:secret/with@secret#@cache', 'redis://cache'],
  ])('%s', (url, shown) => {
    expect(shownRedis(url)).toBe(shown);
  });

  test.each([
    'redis://:se?cret@cache/0',
    'redis://se?cret:x@cache/0',
    'redis://:secret@',
    'redis://:secret',
    'redis://secret:secret',
    'redis://:secret%@cache',
    'secret',
    'redis://cache?password=secret',
    'redis://cache?x=1?password=secret',
    'redis://:sec\nret@cache',
    'redis://shop:secret@cache/9999999',
  ])('never a secret: %j', (url) => {
    expect(shownRedis(url)).not.toMatch(/secret|sec|se|ret|shop/);
  });
});

describe('the files of TLS', () => {
  test('are read, those that are given', () => {
    const rig = new Rig();
    const files = { ...TLS, ca: rig.write('ca.pem', 'the authority'), key: rig.write('key.pem', 'the key') };
    expect(tlsContext(files)).toEqual({
      ca: Buffer.from('the authority'),
      key: Buffer.from('the key'),
      rejectUnauthorized: true,
    });
    expect(tlsContext({ ...TLS, verified: false })).toEqual({ rejectUnauthorized: false });
  });

  test('that are missing are named', () => {
    expect(() => tlsContext({ ...TLS, ca: '/nonexistent/ca.pem' })).toThrow('/nonexistent/ca.pem');
  });
});

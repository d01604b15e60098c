/** What a lease in a Redis is, by what a real server does. */
import { describe, expect, test } from 'vitest';
import { EvictingError } from '../../src/singleton/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import { acquired, NOTE, operator, OURS, storeOf, take, THEIRS, token } from './redis-support.ts';

const started = async (args: readonly string[] = []) => {
  const server = await startRedis(new Rig(), { args });
  return { server, store: storeOf(server.url), redis: operator(server.port) };
};
const [LEASE, FENCE, RELEASED] = ['lease', 'fence', 'released'].map(
  (key) => `prodserver:{billing}:${key}`,
) as [string, string, string];
const SCRIBBLES = ['free', '5', '[]', '{}', '{"fence":"1","ttl_ms":2}'];
const RUN = /^[0-9a-f]{40} [0-9a-f]{40}$/;

test('one has it: another is told who, until when, and of which server; it is renewed, and given back', async () => {
  const { server, store, redis } = await started();
  const other = storeOf(server.url);
  expect(await store.look()).toEqual({
    holder: null,
    fence: null,
    persistent: false,
    evicts: false,
    evictsAll: false,
  });

  const first = await acquired(store);
  const [seconds, micros] = await redis.time();
  const facts = {
    run: expect.stringMatching(RUN) as string,
    uptimeMs: expect.any(Number) as number,
    evicts: false,
  };
  expect(first).toMatchObject({ previous: null, released: null, again: false, server: facts });
  // Of the clock of the server, not of ours.
  const ageMs = Number(seconds) * 1000 + Number(micros) / 1000 - first.fence;
  expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(ageMs).toBeLessThan(10_000);
  expect(await redis.pttl(FENCE)).toBe(-1);
  expect(JSON.parse((await redis.get(FENCE)) ?? '')).toEqual({ fence: first.fence, ttl_ms: 30_000 });

  const { reply, holder } = await other.acquire(THEIRS, 20_000, { ...NOTE, host: 'app-2' });
  expect(reply).toEqual({
    kind: 'held',
    fence: first.fence,
    ttlMs: 30_000,
    leftMs: expect.any(Number) as number,
    server: { ...facts, run: first.server.run },
  });
  const left = reply.kind === 'held' ? reply.leftMs : NaN;
  expect(left).toBeGreaterThan(20_000);
  expect(left).toBeLessThanOrEqual(30_000);
  const told = {
    host: 'app-1',
    pid: null,
    supervisorPid: 4711,
    since: NOTE.since,
    manifest: NOTE.manifest,
    file: 'redis://cache billing',
    fence: first.fence,
    expiresInMs: left,
  };
  expect(holder).toEqual(told);

  // For those who wait; neither its end nor its fence is another by that.
  await redis.pexpire(LEASE, 10_000);
  await store.tell(OURS, { ...NOTE, pid: 4712 });
  expect(await redis.pttl(LEASE)).toBeLessThanOrEqual(10_000);
  await other.tell(THEIRS, { ...NOTE, pid: 1 });
  expect((await other.look()).holder).toMatchObject({ pid: 4712, fence: first.fence });

  expect(await other.renew(THEIRS, 30_000)).toBe(false);
  expect(await store.renew(OURS, 30_000)).toBe(true);
  expect(await redis.pttl(LEASE)).toBeGreaterThan(20_000);

  await other.release(THEIRS, first.fence);
  expect(await take(other, THEIRS)).toMatchObject({ kind: 'held' });
  await store.release(OURS, first.fence);
  expect(await redis.exists(LEASE)).toBe(0);
  expect(await redis.pttl(RELEASED)).toBeGreaterThan(86_000_000);
  expect(await store.renew(OURS, 30_000)).toBe(false);
  expect(await redis.exists(LEASE)).toBe(0);
});

test('who comes next is told that it was given back, in which run of the server, and whom it follows', async () => {
  const { store, redis } = await started();
  const first = await acquired(store, OURS, 40_000);
  await store.release(OURS, first.fence);
  const second = await acquired(store, THEIRS);
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(second).toMatchObject({
    previous: { fence: first.fence, ttlMs: 40_000 },
    released: { fence: first.fence, run: first.server.run },
    server: { run: first.server.run },
  });
  // The marker is of one release only.
  await redis.del(LEASE);
  expect(await acquired(store, token('c'))).toMatchObject({
    previous: { fence: second.fence },
    released: null,
  });
});

test('who asks again with its token has it still, is told so, and its time begins anew', async () => {
  const { store, redis } = await started();
  const first = await acquired(store);
  await redis.pexpire(LEASE, 5000);
  expect(await acquired(store)).toMatchObject({
    fence: first.fence,
    again: true,
    previous: { fence: first.fence, ttlMs: 30_000 },
    released: null,
  });
  expect(await redis.pttl(LEASE)).toBeGreaterThan(20_000);
});

test('the longest TTL of a holder that may not have ended stays known, until one has given its lease back', async () => {
  const { store, redis } = await started();
  const recorded = async (): Promise<unknown> =>
    (JSON.parse((await redis.get(FENCE)) ?? '') as { ttl_ms: number }).ttl_ms;
  await store.acquire(token('a'), 60_000, NOTE);
  await redis.del(LEASE);
  const second = await acquired(store, token('b'));
  expect(second.previous?.ttlMs).toBe(60_000);
  expect(await recorded()).toBe(60_000);
  await redis.del(LEASE);
  const third = await acquired(store, token('c'));
  expect(third.previous?.ttlMs).toBe(60_000);
  await store.release(token('c'), third.fence);
  await acquired(store, token('d'));
  expect(await recorded()).toBe(30_000);
});

test('a lease that runs out is gone, and its fence is followed', async () => {
  const { store, redis } = await started();
  const first = await acquired(store);
  await redis.pexpire(LEASE, 1);
  await expect.poll(() => redis.exists(LEASE)).toBe(0);
  expect(await store.renew(OURS, 30_000)).toBe(false);
  const second = await acquired(store, THEIRS);
  expect(second).toMatchObject({ previous: { fence: first.fence, ttlMs: 30_000 }, released: null });
  expect(second.fence).toBeGreaterThan(first.fence);
});

test('the fence never falls back: not with the clock of the server, not where it forgets everything', async () => {
  const { server, store, redis } = await started();
  // As after a clock that was an hour fast.
  const ahead = Date.now() + 3_600_000;
  await redis.set(FENCE, JSON.stringify({ fence: ahead, ttl_ms: 30_000 }));
  const first = await acquired(store);
  expect(first.fence).toBe(ahead + 1);
  await store.release(OURS, first.fence);
  expect((await acquired(store)).fence).toBe(ahead + 2);

  await redis.flushall();
  const second = await acquired(store);
  await server.restart();
  const third = await acquired(storeOf(server.url));
  expect(third.fence).toBeGreaterThan(second.fence);
  expect(third).toMatchObject({ previous: null, released: null });
  expect(third.server.run).toMatch(RUN);
  expect(third.server.run).not.toBe(second.server.run);
});

test('a restart with the data of before is another run: what was released before does not match', async () => {
  const rig = new Rig();
  const server = await startRedis(rig, { args: ['--appendonly', 'yes'] });
  const store = storeOf(server.url);
  const first = await acquired(store);
  await store.release(OURS, first.fence);
  expect(await store.look()).toMatchObject({ fence: first.fence, persistent: true });
  await server.restart();
  const second = await acquired(storeOf(server.url));
  expect(second.released).toEqual({ fence: first.fence, run: first.server.run });
  expect(second.previous?.fence).toBe(first.fence);
  expect(second.server.run).not.toBe(first.server.run);
});

describe('a full server', () => {
  test('that evicts nothing: a lease is renewed and given back, though not marked; no new one is to be had', async () => {
    const { store, redis } = await started();
    const { fence } = await acquired(store);
    await redis.config('SET', 'maxmemory', '1');
    expect(await store.renew(OURS, 30_000)).toBe(true);
    await expect(store.tell(OURS, { ...NOTE, pid: 1 })).rejects.toThrow(/OOM/);
    expect(await store.renew(OURS, 30_000)).toBe(true);
    expect(await take(store, THEIRS)).toMatchObject({ kind: 'held', server: { evicts: false } });
    await store.release(OURS, fence);
    expect(await redis.exists(LEASE)).toBe(0);
    expect(await redis.exists(RELEASED)).toBe(0);
    await expect(take(store, THEIRS)).rejects.toThrow(
      /^OOM command not allowed when used memory > 'maxmemory'\.$/,
    );
    await redis.config('SET', 'maxmemory', '0');
    expect(await acquired(store, THEIRS)).toMatchObject({ previous: { fence }, released: null });
  });

  test('that evicts any key is refused, one that evicts those with a TTL is told', async () => {
    const { store, redis } = await started(['--maxmemory', '100mb']);
    for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random']) {
      await redis.config('SET', 'maxmemory-policy', policy);
      const error: unknown = await take(store).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EvictingError);
      expect((error as EvictingError).message).toBe(policy);
      // Nobody is told that somebody has it.
      expect(await redis.dbsize()).toBe(0);
      expect(await store.look()).toMatchObject({ evicts: true, evictsAll: true });
    }
    // Without a bound nothing is evicted.
    await redis.config('SET', 'maxmemory', '0');
    expect(await acquired(store)).toMatchObject({ server: { evicts: false } });
    await redis.config('SET', 'maxmemory', '100mb');
    for (const policy of ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
      await redis.config('SET', 'maxmemory-policy', policy);
      expect(await acquired(store)).toMatchObject({ server: { evicts: true } });
      expect(await take(store, THEIRS)).toMatchObject({ kind: 'held', server: { evicts: true } });
      expect(await store.look()).toMatchObject({ evicts: true, evictsAll: false });
    }
  });
});

describe('what an operator has written there', () => {
  test('in place of the lease is an error that names the key, and nobody has it', async () => {
    const { store, redis } = await started();
    const said = `${LEASE} holds something that prodserver did not write`;
    for (const text of [...SCRIBBLES, '"beat"', 'null', '{"token":"x"}', `{"token":"${OURS}x"}`, '[[']) {
      const { fence } = await acquired(store);
      await redis.set(LEASE, text);
      await expect(take(store)).rejects.toThrow(said);
      await expect(store.look()).rejects.toThrow(said);
      expect(await store.renew(OURS, 30_000)).toBe(false);
      await store.tell(OURS, NOTE);
      await store.release(OURS, fence);
      expect(await store.remove(fence)).toBe(false);
      expect(await redis.get(LEASE)).toBe(text);
      await redis.del(LEASE);
      expect(await acquired(store)).toMatchObject({ previous: { fence } });
      await redis.del(LEASE);
    }
  });

  test('in place of the fence is one too', async () => {
    const { store, redis } = await started();
    const said = `${FENCE} holds something that prodserver did not write`;
    for (const text of [...SCRIBBLES, '{"fence":1}', '{"ttl_ms":1}']) {
      await redis.set(FENCE, text);
      await expect(take(store)).rejects.toThrow(said);
      await expect(store.look()).rejects.toThrow(said);
      expect(await redis.exists(LEASE)).toBe(0);
    }
  });

  test('in place of the marker is no marker', async () => {
    const { store, redis } = await started();
    for (const [text, mine] of [
      ['free', OURS],
      ['{"fence":"1"}', THEIRS],
    ] as const) {
      await redis.set(RELEASED, text);
      expect(await acquired(store, mine)).toMatchObject({ released: null });
      await redis.del(LEASE);
    }
  });

  test('of another type is what the server says of it', async () => {
    const { store, redis } = await started();
    await redis.lpush(LEASE, 'x');
    await expect(take(store)).rejects.toThrow(/^WRONGTYPE .* kind of value$/);
  });

  test('a lease whose TTL was taken away counts as just renewed; its holder sets it again', async () => {
    const { store, redis } = await started();
    await acquired(store);
    await redis.persist(LEASE);
    expect(await take(store, THEIRS)).toMatchObject({ kind: 'held', leftMs: 30_000 });
    expect(await store.look()).toMatchObject({ holder: { expiresInMs: 30_000 } });
    expect(await store.renew(OURS, 30_000)).toBe(true);
    expect(await redis.pttl(LEASE)).toBeGreaterThan(20_000);
  });

  test('a lease that was removed is not set again', async () => {
    const { store, redis } = await started();
    const { fence } = await acquired(store);
    expect(await store.remove(fence + 1)).toBe(false);
    expect(await store.remove(fence)).toBe(true);
    expect(await store.remove(fence)).toBe(false);
    expect((await store.look()).fence).toBe(fence);
    expect(await store.renew(OURS, 30_000)).toBe(false);
    await store.release(OURS, fence);
    expect(await redis.exists(LEASE, RELEASED)).toBe(0);
  });
});

test('names are apart, however odd', async () => {
  const { server } = await started();
  const names = [
    'billing',
    'Billing',
    'bil:ling',
    'a"b\\',
    "it's",
    'köln',
    '日本',
    '%s',
    '[x]*?',
    '🕐',
    'x'.repeat(200),
  ];
  for (const name of names) {
    const store = storeOf(server.url, { name });
    const { fence } = await acquired(store);
    expect((await store.look()).holder).toMatchObject({ fence, file: `redis://cache ${name}` });
  }
});

test('who holds it may be called anything', async () => {
  const { store } = await started();
  const note = { ...NOTE, host: 'a"b\\c', manifest: '/srv/}{"token":"x",\n日本/é.yaml' };
  await store.acquire(OURS, 30_000, note);
  await store.tell(OURS, { ...note, pid: 7 });
  expect((await store.look()).holder).toMatchObject({ host: note.host, manifest: note.manifest, pid: 7 });
  expect(await store.renew(OURS, 30_000)).toBe(true);
});

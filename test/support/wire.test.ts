/** What the fault runs break, breaks as a network does: late, not lost, unless the connection is closed. */
import { expect, test } from 'vitest';
import { startRedis } from './redis.ts';
import { RedisClient, type Reply } from './resp.ts';
import { Rig, until } from './rig.ts';
import { Wire } from './wire.ts';

/** A client behind a wire, and one beside it. */
async function wired(): Promise<{ wire: Wire; behind: RedisClient; beside: RedisClient }> {
  const { port } = await startRedis(new Rig());
  const wire = await Wire.to(port);
  return { wire, behind: await RedisClient.connect(wire.port), beside: await RedisClient.connect(port) };
}

/** What there is of an answer now: the other connection has been answered meanwhile. */
async function answerBy(asked: Promise<Reply>, beside: RedisClient): Promise<Reply> {
  const nothing = async (): Promise<Reply> => {
    await beside.command('PING');
    return 'nothing';
  };
  return Promise.race([asked, nothing()]);
}

test('a request that is cut is done when the wire is mended, and not before', async () => {
  const { wire, behind, beside } = await wired();
  wire.set({ kind: 'cut', directions: ['requests'] });
  const asked = behind.command('SET', 'key', 'late');
  expect(await answerBy(asked, beside)).toBe('nothing');
  expect(await beside.command('GET', 'key')).toBeNull();
  wire.set({ kind: 'none' });
  expect(await asked).toBe('OK');
});

test('a reply that is cut is of a request that was done', async () => {
  const { wire, behind, beside } = await wired();
  wire.set({ kind: 'cut', directions: ['replies'] });
  const asked = behind.command('SET', 'key', 'done');
  await until(async () => (await beside.command('GET', 'key')) === 'done', 'the request to be done');
  expect(await answerBy(asked, beside)).toBe('nothing');
  wire.set({ kind: 'none' });
  expect(await asked).toBe('OK');
});

test('a request whose sender hung up meanwhile arrives all the same', async () => {
  const { wire, behind, beside } = await wired();
  wire.set({ kind: 'cut', directions: ['requests'] });
  const asked = behind.command('SET', 'key', 'orphan');
  expect(await answerBy(asked, beside)).toBe('nothing');
  behind.close();
  await expect(asked).rejects.toThrow(/closed/);
  wire.set({ kind: 'none' });
  await until(async () => (await beside.command('GET', 'key')) === 'orphan', 'the request to be done');
});

test('only replies are slow, and what was held when the connection is closed is lost', async () => {
  const { wire, behind, beside } = await wired();
  wire.set({ kind: 'slow', ms: 100 });
  const began = performance.now();
  expect(await behind.command('PING')).toBe('PONG');
  expect(performance.now() - began).toBeGreaterThanOrEqual(100);
  wire.set({ kind: 'cut', directions: ['requests'] });
  const asked = behind.command('SET', 'key', 'lost');
  expect(await answerBy(asked, beside)).toBe('nothing');
  wire.hangUp();
  await expect(asked).rejects.toThrow(/closed/);
  wire.set({ kind: 'none' });
  expect(await beside.command('GET', 'key')).toBeNull();
});

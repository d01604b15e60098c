import { describe, expect, inject, test } from 'vitest';
import { redisUrl, startRedis } from '../support/redis.ts';
import { freePort, Rig } from '../support/rig.ts';
import { deafWorker, lifeOfWorker } from './cases.ts';
import { SHOP_PINS, worker } from './harness.ts';

const python = inject('python');
const shop = { python, pins: SHOP_PINS };

describe('a worker', () => {
  test('prefork: from init to stopped', async () => {
    await lifeOfWorker(shop, 'prefork');
  });

  test('is deaf to an environment that its settings may read', async () => {
    await deafWorker(shop, 'prefork');
  });
});

describe('a broker that is down at the start', () => {
  test('is told with each attempt, without its password, until it is found', async () => {
    const rig = new Rig();
    const password = 'Xy/z1-sesame@7';
    const port = await freePort();
    const url = redisUrl(port, password);
    const one = worker(rig, python, ['--pool=solo'], { env: { SHOP_BROKER_URL: url } });
    const first = await one.tells('broker-lost');
    expect(first.url).toBe(`redis://:**@127.0.0.1:${port}/0`);
    expect(first.error).toMatch(/refused/);
    expect(first.retry_in).toBe(2);
    expect((await one.tells('broker-lost')).retry_in).toBe(4);

    const redis = await startRedis(rig, { port, password });
    expect((await one.tells('broker-found')).url).toBe(first.url);
    await one.tells('ready');
    expect(one.told).toEqual(['init', 'broker-lost', 'broker-lost', 'broker-found', 'ready']);

    await redis.stop();
    expect((await one.tells('broker-lost')).url).toBe(first.url);
    await redis.restart();
    await one.tells('broker-found');
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
    for (const secret of [password, encodeURIComponent(password), 'sesame']) {
      expect(one.wire).not.toContain(secret);
    }
  });

  test('does not keep a worker from stopping', async () => {
    const rig = new Rig();
    const url = redisUrl(await freePort());
    const one = worker(rig, python, ['--pool=solo'], { env: { SHOP_BROKER_URL: url } });
    await one.tells('broker-lost');
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
    expect(one.told).not.toContain('ready');
  });
});

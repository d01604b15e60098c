/** The other pools, and the other versions of Celery, are in the long tier. */
import { describe, inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { canariesOfWorker, countsOfWorker, refusedCanaries, vitalsAfterReconnect } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };
const POOLS = ['prefork', 'gevent'] as const;

describe('the counts of a worker', () => {
  test.each(POOLS)('%s', async (pool) => {
    await countsOfWorker(shop, pool);
  });
});

describe('the canaries of a worker', () => {
  test.each(POOLS)('%s on Redis', async (pool) => {
    await canariesOfWorker(shop, pool, 'redis');
  });

  test('prefork on RabbitMQ', async () => {
    await canariesOfWorker(shop, 'prefork', 'rabbitmq');
  });
});

test('a canary that Redis refuses is no harm', async () => {
  await refusedCanaries(shop, 'redis');
});

test('one loop tells after the broker was lost', async () => {
  await vitalsAfterReconnect(shop, 'prefork');
});

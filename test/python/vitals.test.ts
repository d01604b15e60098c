import { describe, inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { canariesOfWorker, countsOfWorker, refusedCanaries, vitalsAfterReconnect } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };
const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'] as const;

describe('the counts of a worker', () => {
  test.each(POOLS)('%s', async (pool) => {
    await countsOfWorker(shop, pool);
  });
});

describe('the canaries of a worker', () => {
  test.each(POOLS)('%s on Redis', async (pool) => {
    await canariesOfWorker(shop, pool, 'redis');
  });

  test.each(['prefork', 'gevent'] as const)('%s on RabbitMQ', async (pool) => {
    await canariesOfWorker(shop, pool, 'rabbitmq');
  });
});

test.each(['redis', 'rabbitmq'] as const)('a canary that %s refuses is no harm', async (broker) => {
  await refusedCanaries(shop, broker);
});

test.each(['prefork', 'gevent'] as const)('%s: one loop tells after the broker was lost', async (pool) => {
  await vitalsAfterReconnect(shop, pool);
});

import { describe, inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { countsOfWorker } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };
const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'] as const;

describe('the counts of a worker', () => {
  test.each(POOLS)('%s', async (pool) => {
    await countsOfWorker(shop, pool);
  });
});

/** The other pools, and the other versions of Celery, are in the long tier. */
import { describe, inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { canariesOfWorker, countsOfWorker, vitalsAfterReconnect } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };
test('the counts of a worker on prefork', async () => {
  await countsOfWorker(shop, 'prefork');
});

describe('the canaries of a worker', () => {
  test('gevent on Redis', async () => {
    await canariesOfWorker(shop, 'gevent', 'redis');
  });

  test('prefork on RabbitMQ', async () => {
    await canariesOfWorker(shop, 'prefork', 'rabbitmq');
  });
});

test('one loop tells after the broker was lost', async () => {
  await vitalsAfterReconnect(shop, 'prefork');
});

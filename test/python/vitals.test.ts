/** The other pools, RabbitMQ, and the other versions of Celery, are in the long tier. */
import { inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { canariesOfWorker, countsOfWorker, vitalsAfterReconnect } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };
test('the counts of a worker on prefork', async () => {
  await countsOfWorker(shop, 'prefork');
});

test('the canaries of a worker: gevent on Redis', async () => {
  await canariesOfWorker(shop, 'gevent', 'redis');
});

test('one loop tells after the broker was lost', async () => {
  await vitalsAfterReconnect(shop, 'prefork');
});

/** What vitals.test.ts leaves out, and versions.long.test.ts does not run on every version of Celery. */
import { inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { canariesOfWorker, refusedCanaries, vitalsAfterReconnect } from './vitals.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };

test.each(['redis', 'rabbitmq'] as const)('a canary that %s refuses is no harm', async (broker) => {
  await refusedCanaries(shop, broker);
});

test('gevent: one loop tells after the broker was lost', async () => {
  await vitalsAfterReconnect(shop, 'gevent');
});

test('the canaries of a worker: prefork on RabbitMQ', async () => {
  await canariesOfWorker(shop, 'prefork', 'rabbitmq');
});

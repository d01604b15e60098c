/** The sample's manifests, each run as it stands: what they show is what a worker does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Driver } from '../backends/celery/stage.ts';
import { play, poolAsWritten, SHOP } from './manifests.ts';

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, inject('python'));
});
afterAll(() => driver.end());

// The others are in the long tier.
test.each(['prefork', 'gevent', 'solo'] as const)('pool-%s.yaml: that is the pool', (pool) =>
  poolAsWritten(driver, pool),
);

test('autoscale.yaml grows with the work and shrinks without', async () => {
  const shop = await play(driver, 'autoscale.yaml');
  await Promise.all(
    Array.from({ length: 4 }, () => shop.client.send('orders.tasks.slow', [1], { queue: 'default' })),
  );
  const scaled = (word: string) => new RegExp(`Scaling ${word} `);
  await shop.start.says(scaled('up'));
  await shop.start.says(scaled('down'));
});

test('beat.yaml: beat sends, a worker finishes, the memory is where it is written', async () => {
  const shop = await play(driver, 'beat.yaml');
  await shop.start.says(/^worker\.1 +\| .*pulse\[[\w-]+\] succeeded/m);
  await shop.stop();
  expect(readdirSync(join(shop.rig.folder, 'data'))).toContainEqual(
    expect.stringMatching(/^celerybeat-schedule/) as string,
  );
});

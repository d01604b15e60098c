/** The sample's manifests that manifests.test.ts leaves out. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Driver } from '../backends/celery/stage.ts';
import { freePort } from '../support/rig.ts';
import { play, poolAsWritten, SHOP } from './manifests.ts';

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, inject('python'));
});
afterAll(() => driver.end());

test.each(['threads', 'eventlet'] as const)('pool-%s.yaml: that is the pool', (pool) =>
  poolAsWritten(driver, pool),
);

test('queues.yaml: the urgent ones first', async () => {
  const shop = await play(driver, 'queues.yaml');
  const { value } = await shop.client.run('orders.tasks.urgent', [], { queue: 'priority' });
  expect(value).toMatchObject({ hostname: expect.stringMatching(/^priority_worker@/) as string });
});

test('flower.yaml: behind its password, which no list of processes shows', async () => {
  const port = await freePort();
  const secret = 'user:open-sesame-42';
  const env = { SHOP_FLOWER_AUTH: secret, SHOP_FLOWER_PORT: String(port) };
  const shop = await play(driver, 'flower.yaml', env, inject('wholePython'));
  const get = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/workers`, { headers })).status;
  expect(await get({})).toBe(401);
  expect(await get({ authorization: `Basic ${Buffer.from(secret).toString('base64')}` })).toBe(200);
  const list = await shop.rig.spawn(['ps', '-eo', 'args']).ended;
  expect(list.stdout).toContain('flower');
  expect(list.stdout).not.toContain('open-sesame-42');
  const plan = await shop.rig.run(['plan', '-f', 'flower.yaml'], { cwd: SHOP, env: shop.env });
  expect(plan.stdout).toContain('FLOWER_BASIC_AUTH');
  expect(plan.stdout).not.toContain('open-sesame-42');
  await shop.stop();
  expect(shop.start.stdout).not.toContain('open-sesame-42');
});

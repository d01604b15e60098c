/** The sample's manifests, each run as it stands: what they show is what a worker does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Client, Driver } from '../backends/celery/stage.ts';
import { startRedis } from '../support/redis.ts';
import { freePort, Rig, ROOT, type Running, type StatusRow, until } from '../support/rig.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, inject('python'));
});
afterAll(() => driver.end());

interface Play {
  readonly rig: Rig;
  readonly start: Running;
  readonly client: Client;
  readonly env: NodeJS.ProcessEnv;
  rows(): Promise<StatusRow[]>;
  /** Runs a task and gives its value. */
  run(task: string, args?: readonly unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** `start --all` of one manifest on a Redis of its own, until every instance is RUNNING. */
async function play(
  manifest: string,
  extra: NodeJS.ProcessEnv = {},
  python = inject('python'),
): Promise<Play> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const results = redis.url.replace(/0$/, '1');
  const env = {
    VIRTUAL_ENV: join(python, '..', '..'),
    SHOP_DATA: join(rig.folder, 'data'),
    SHOP_BROKER_URL: redis.url,
    SHOP_RESULT_BACKEND: results,
    SHOP_PULSE_SECONDS: '1',
    AUTOSCALE_KEEPALIVE: '1',
    ...extra,
  };
  const options = { cwd: SHOP, env: { ...env, PRODSERVER_MANIFEST: manifest } };
  const start = rig.start(['start', '--all'], options);
  const rows = (): Promise<StatusRow[]> => rig.status(options);
  await until(async () => {
    if (start.over) throw new Error('it ended early');
    const found = await rows();
    return found.length > 0 && found.every((row) => row.state === 'RUNNING');
  }, `all of ${manifest} to be RUNNING`);
  const client = new Client(driver, redis.url, results);
  return {
    rig,
    start,
    client,
    env,
    rows,
    async run(task, args = []) {
      const outcome = await client.run(`orders.tasks.${task}`, args, { queue: 'default' });
      expect(outcome.state).toBe('SUCCESS');
      return outcome.value;
    },
    async stop() {
      start.kill('SIGTERM');
      expect((await start.ended).code).toBe(143);
      await redis.stop();
    },
  };
}

/** The pids of a task that ran in each child at once. */
const pidOf = (value: unknown): number => (value as { pid: number }).pid;

describe('the pool is the one that is written, as the worker itself says', () => {
  test.each([
    ['prefork', 'concurrency: 2 (prefork)'],
    ['threads', 'concurrency: 8 (thread)'],
    ['gevent', 'concurrency: 100 (gevent)'],
    ['eventlet', 'concurrency: 100 (eventlet)'],
    ['solo', 'concurrency: 1 (solo)'],
  ])('pool-%s.yaml: %s', async (pool, banner) => {
    const shop = await play(`pool-${pool}.yaml`);
    await until(() => shop.start.stdout.includes(banner), 'the banner');
    if (pool === 'solo') {
      const nodes = [1, 2].map(
        (index) => new RegExp(`^worker\\.${index} +\\| .*worker-${index}@\\S+ ready`, 'm'),
      );
      for (const node of nodes) await until(() => node.test(shop.start.stdout), `${node}`);
    }
    const worked = pidOf(await shop.run('whoami'));
    const mains = (await shop.rows()).map((row) => row.pid);
    expect(mains.includes(worked)).toBe(pool !== 'prefork');
  });
});

test('autoscale.yaml grows with the work and shrinks without', async () => {
  const shop = await play('autoscale.yaml');
  await Promise.all(
    Array.from({ length: 4 }, () => shop.client.send('orders.tasks.slow', [1], { queue: 'default' })),
  );
  const scaled = (word: string) => new RegExp(`Scaling ${word} `);
  await shop.start.says(scaled('up'));
  await shop.start.says(scaled('down'));
});

test('queues.yaml: the urgent ones first', async () => {
  const shop = await play('queues.yaml');
  const { value } = await shop.client.run('orders.tasks.urgent', [], { queue: 'priority' });
  expect(value).toMatchObject({ hostname: expect.stringMatching(/^priority_worker@/) as string });
});

test('beat.yaml: beat sends, a worker finishes, the memory is where it is written', async () => {
  const shop = await play('beat.yaml');
  await shop.start.says(/^worker\.1 +\| .*pulse\[[\w-]+\] succeeded/m);
  await shop.stop();
  expect(readdirSync(join(shop.rig.folder, 'data'))).toContainEqual(
    expect.stringMatching(/^celerybeat-schedule/) as string,
  );
});

test('flower.yaml: behind its password, which no list of processes shows', async () => {
  const port = await freePort();
  const secret = 'user:open-sesame-42';
  const env = { SHOP_FLOWER_AUTH: secret, SHOP_FLOWER_PORT: String(port) };
  const shop = await play('flower.yaml', env, inject('wholePython'));
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

/** The sample's manifests, each run as it stands. */
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { Client, type Driver } from '../backends/celery/stage.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, ROOT, type Running, type StatusRow, until } from '../support/rig.ts';

export const SHOP = join(ROOT, 'fixtures', 'shop');

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
export async function play(
  driver: Driver,
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

/** By pool, what the worker itself says. */
export const BANNERS = {
  prefork: 'concurrency: 2 (prefork)',
  threads: 'concurrency: 8 (thread)',
  gevent: 'concurrency: 100 (gevent)',
  eventlet: 'concurrency: 100 (eventlet)',
  solo: 'concurrency: 1 (solo)',
} as const;

/** The pool is the one that is written, as the worker itself says. */
export async function poolAsWritten(driver: Driver, pool: keyof typeof BANNERS): Promise<void> {
  const shop = await play(driver, `pool-${pool}.yaml`);
  await until(() => shop.start.stdout.includes(BANNERS[pool]), 'the banner');
  if (pool === 'solo') {
    const nodes = [1, 2].map(
      (index) => new RegExp(`^worker\\.${index} +\\| .*worker-${index}@\\S+ ready`, 'm'),
    );
    for (const node of nodes) await until(() => node.test(shop.start.stdout), `${node}`);
  }
  const worked = pidOf(await shop.run('whoami'));
  const mains = (await shop.rows()).map((row) => row.pid);
  expect(mains.includes(worked)).toBe(pool !== 'prefork');
}

/** What `status --json` tells of the tasks of real workers. */
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { ENDS, ERRANDS, sendEach } from '../python/vitals.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, ROOT, type StatusRow, tryKill, until } from '../support/rig.ts';

const worker = (pool: string): string => `
  ${pool}:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    ARGS: {pool: ${pool}, concurrency: ${pool === 'solo' ? 1 : 2}, queues: [${pool}], include: [errands]}`;

interface Shop {
  readonly rig: Rig;
  readonly supervisor: number;
  rows(): Promise<StatusRow[]>;
  /** Over the control socket. */
  metrics(): Promise<string>;
  send(tasks: readonly string[], queues: readonly string[]): Promise<void>;
}

async function workersOf(pools: readonly string[]): Promise<Shop> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const python = inject('python');
  rig.write('errands.py', ERRANDS);
  rig.manifest(`PRODUCTION_PROCESSES:${pools.map(worker).join('')}\n`);
  const start = rig.start(['start', '--all'], {
    env: {
      VIRTUAL_ENV: join(python, '..', '..'),
      PYTHONPATH: `${join(ROOT, 'fixtures', 'shop')}:${rig.folder}`,
      SHOP_DATA: join(rig.folder, 'data'),
      SHOP_BROKER_URL: redis.url,
      SHOP_RESULT_BACKEND: 'disabled://',
    },
  });
  const isReady = (pool: string): boolean => start.stdout.includes(`${pool}.1 STARTING -> RUNNING`);
  await until(() => pools.every(isReady), 'the workers to be RUNNING', 60_000);
  return {
    rig,
    supervisor: start.pid,
    rows: () => rig.status(),
    metrics: async () => metricsOf(rig),
    send: (tasks, queues) => sendEach(rig, python, redis.url, tasks, queues),
  };
}

async function metricsOf(rig: Rig): Promise<string> {
  const folder = join(rig.folder, 'run');
  const socket = readdirSync(folder).find((name) => name.endsWith('.sock')) ?? '';
  return new Promise((done, refuse) => {
    const call = request({ socketPath: join(folder, socket), path: '/metrics' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => done(text));
    });
    call.once('error', refuse).end();
  });
}

type Counts = Pick<StatusRow['tasks'], 'done' | 'failed' | 'active'>;

const tasksOf = (rows: readonly StatusRow[]): Record<string, Counts> =>
  Object.fromEntries(
    rows.map(({ name, tasks: { done, failed, active } }) => [name, { done, failed, active }]),
  );

/** Exactly the tasks that were done, that failed and that run, on each pool; also after the supervisor was stopped for a while. */
export async function tasksInStatus(pools: readonly [string, ...string[]]): Promise<void> {
  const shop = await workersOf(pools);
  const all = (tasks: Counts): Record<string, Counts> =>
    Object.fromEntries(pools.map((pool) => [pool, tasks]));
  await until(async () => (await shop.rows()).every(({ tasks }) => tasks.done === 0), 'a first word of each');
  expect(tasksOf(await shop.rows())).toEqual(all({ done: 0, failed: 0, active: 0 }));

  await shop.send(ENDS, pools);
  await until(async () => (await shop.rows()).every(({ tasks }) => (tasks.done ?? 0) >= 17), 'all tasks');
  // 9 that succeeded, 4 that failed, 4 that are tried again; not those that had expired.
  expect(tasksOf(await shop.rows())).toEqual(all({ done: 17, failed: 4, active: 0 }));

  const paces = async (): Promise<(number | null)[]> =>
    (await shop.rows()).map(({ tasks }) => tasks.per_second);
  await until(async () => (await paces()).every((pace) => (pace ?? 0) > 0), 'the pace of all that');

  await shop.send(['("orders.tasks.slow", [15], {})'], pools);
  await until(async () => (await shop.rows()).every(({ tasks }) => tasks.active === 1), 'one that runs');
  expect(tasksOf(await shop.rows())).toEqual(all({ done: 17, failed: 4, active: 1 }));
  await until(async () => (await shop.rows()).every(({ tasks }) => tasks.done === 18), 'its end', 60_000);
  expect(tasksOf(await shop.rows())).toEqual(all({ done: 18, failed: 4, active: 0 }));

  // It is not missed, and then knows all that was done.
  const [first] = pools;
  tryKill(shop.supervisor, 'SIGSTOP');
  await shop.send(['("orders.tasks.note", ["notes.txt", "done"], {})'], [first]);
  await until(() => {
    try {
      return shop.rig.read('data/notes/notes.txt') === 'done\n';
    } catch {
      return false;
    }
  }, 'the task to be done');
  tryKill(shop.supervisor, 'SIGCONT');
  await until(async () => (await shop.rows())[0]?.tasks.done === 19, 'its count');

  // Prometheus is told the same, by how they ended.
  const told = (await shop.metrics()).split('\n').filter((line) => line.startsWith('prodserver_tasks_'));
  const of = `{process="${first}",instance="${first}.1"`;
  expect(told.filter((line) => line.includes(of))).toEqual([
    `prodserver_tasks_total${of},outcome="succeeded"} 11`,
    `prodserver_tasks_total${of},outcome="failed"} 4`,
    `prodserver_tasks_total${of},outcome="retried"} 4`,
    expect.stringMatching(/outcome="revoked"} \d+$/) as string,
    `prodserver_tasks_total${of},outcome="unknown"} 0`,
    `prodserver_tasks_active${of}} 0`,
  ]);
}

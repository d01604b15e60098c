/** The whole sample on real gunicorn, Celery and beat, with the embedded broker and with a real Redis. */
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { freePort, Rig, ROOT, type Running, type SpawnOptions, until } from '../support/rig.ts';
import { makeTables } from '../support/shop-tables.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');

interface Shop {
  readonly rig: Rig;
  readonly options: SpawnOptions;
  readonly url: string;
}

async function prepare(python = inject('python')): Promise<Shop> {
  const rig = new Rig();
  const port = await freePort();
  const data = join(rig.folder, 'data');
  await makeTables(rig, inject('python'), data);
  const env = {
    VIRTUAL_ENV: join(python, '..', '..'),
    SHOP_DATA: data,
    SHOP_PORT: String(port),
    SHOP_PULSE_SECONDS: '1',
  };
  return { rig, options: { cwd: SHOP, env }, url: `http://127.0.0.1:${port}` };
}

async function running(start: Running, instances: readonly string[]): Promise<void> {
  await until(
    () => instances.every((name) => start.stdout.includes(`${name} STARTING -> RUNNING`)),
    `${instances.join(', ')} to be RUNNING`,
  );
}

interface TaskResult {
  readonly status: string;
  readonly result: unknown;
}

async function enqueue(url: string, path: string): Promise<string> {
  const response = await fetch(`${url}/enqueue/${path}`);
  return ((await response.json()) as { id: string }).id;
}

const finished = async (url: string, id: string): Promise<TaskResult> =>
  until(async () => {
    const response = await fetch(`${url}/results/${id}/`);
    const result = (await response.json()) as TaskResult;
    return response.ok && ['SUCCESS', 'FAILURE'].includes(result.status) ? result : null;
  }, `the result of task ${id}`);

test('start --all on the embedded broker: web, worker and beat do their work, and stop in order', async () => {
  const { rig, options, url } = await prepare(inject('wholePython'));
  const start = rig.start(['start', '--all'], options);
  await running(start, ['web.1', 'worker.1', 'beat.1']);
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok');
  expect(await finished(url, await enqueue(url, 'add/?args=[2,3]'))).toMatchObject({
    status: 'SUCCESS',
    result: 5,
  });
  // Beat sends, the worker finishes.
  await start.says(/^beat\.1 +\| .*Sending due task pulse/m);
  await until(
    () => /^worker\.1 +\| .*pulse\[[\w-]+\] succeeded/m.test(start.stdout),
    'a pulse to be finished',
  );

  const status = await rig.run(['status'], options);
  expect(status.code).toBe(0);
  expect(status.stdout.split('\n').slice(0, 3)).toEqual(
    ['web.1', 'worker.1', 'beat.1'].map(
      (name) =>
        expect.stringMatching(
          new RegExp(`^${name.padEnd(33)}RUNNING   pid \\d+, uptime 0:00:\\d\\d$`),
        ) as string,
    ),
  );
  const rows = await rig.status(options);
  for (const row of rows) expect(row.memory.pss_bytes).toBeGreaterThan(10_000_000);

  const slow = await enqueue(url, 'slow/?args=[3]');
  await start.says(/worker\.1 +\| .*slow\[[\w-]+\] received/);
  start.kill('SIGTERM');
  const ended = await start.ended;
  expect(ended.code).toBe(143);
  for (const name of ['web.1', 'worker.1', 'beat.1']) {
    expect(ended.stdout).toMatch(new RegExp(`${name} STOPPING -> STOPPED \\(exit code 0 after`));
  }
  expect(ended.stdout).toMatch(
    /stopping: waiting for .*worker\.1 \(pid \d+, 1 task running, [\d.]+ s of 1 min 10 s\)/,
  );
  // The task that ran when the stop came was finished first.
  expect(ended.stdout).toMatch(new RegExp(`slow\\[${slow}\\] succeeded`));
  expect(rig.survivors()).toEqual([]);
});

describe('on a real Redis', () => {
  test('two workers on two queues, with a chord', async () => {
    const { rig, options, url } = await prepare();
    const redis = await startRedis(rig);
    const env = { ...options.env, SHOP_BROKER_URL: redis.url };
    const queues = rig.start(['start', '--all', '-f', 'queues.yaml'], { ...options, env });
    await running(queues, ['default_worker.1', 'priority_worker.1']);
    const web = rig.start(['start', 'web'], { ...options, env });
    await running(web, ['web.1']);

    await finished(url, await enqueue(url, 'urgent/'));
    await queues.says(/^priority_worker\.1 +\| .*urgent\[[\w-]+\] received/m);
    expect(queues.stdout).not.toMatch(/^default_worker\.1 +\| .*urgent\[[\w-]+\] received/m);
    expect(await finished(url, await enqueue(url, 'chord/?args=[3]'))).toMatchObject({ status: 'SUCCESS' });
    expect(await finished(url, await enqueue(url, 'flaky/?args=[2,"e2e"]'))).toMatchObject({
      status: 'SUCCESS',
    });

    queues.kill('SIGTERM');
    web.kill('SIGTERM');
    expect((await queues.ended).code).toBe(143);
    await web.ended;
    await redis.stop();
    expect(rig.survivors()).toEqual([]);
  });

  test('a broker that is down at the start: STARTING with the reason, no restart, RUNNING when it comes', async () => {
    const { rig, options } = await prepare();
    const port = await freePort();
    const env = { ...options.env, SHOP_BROKER_URL: `redis://:hidden-word@127.0.0.1:${port}/0` };
    const start = rig.start(['start', 'worker'], { ...options, env });
    await start.says(
      /worker\.1 STARTING \(broker unreachable: redis:\/\/:\*\*@127\.0\.0\.1:\d+\/0 \(.*refused.*\), retrying; the start timeout stands still\)/,
    );
    const [row] = await rig.status({ ...options, env });
    expect(row).toMatchObject({ state: 'STARTING', ready: false, reason: 'broker-unreachable', restarts: 0 });
    expect(row?.detail).toMatch(
      /^broker unreachable: redis:\/\/:\*\*@127\.0\.0\.1:\d+\/0 \(.*refused.*\), retrying$/,
    );
    const redis = await startRedis(rig, { port, password: 'hidden-word' });
    await start.says(/worker\.1 STARTING -> RUNNING/);
    // Lost again later: it stays RUNNING, says so, and no restart is made of it.
    await redis.stop();
    await start.says(/worker\.1 RUNNING \(broker unreachable: redis:\/\/:\*\*@127\.0\.0\.1/);
    await redis.restart();
    await start.says(/worker\.1 RUNNING \(the broker answers again\)/);
    expect((await rig.status({ ...options, env }))[0]).toMatchObject({
      state: 'RUNNING',
      reason: null,
      restarts: 0,
    });
    start.kill('SIGTERM');
    const ended = await start.ended;
    expect(ended.code).toBe(143);
    expect(ended.stdout).not.toContain('hidden-word');
    await redis.stop();
  });
});

test('beat reads its schedule from the database', async () => {
  const { rig, options } = await prepare();
  const start = rig.start(['start', 'worker', 'beat', '-f', 'database-beat.yaml'], options);
  await running(start, ['worker.1', 'beat.1']);
  expect(start.stdout).toContain('DatabaseScheduler');
  await until(
    () => /^worker\.1 +\| .*pulse\[[\w-]+\] succeeded/m.test(start.stdout),
    'a pulse to be finished',
  );
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
});

test('an interpreter that is missing is named, with the remedy', async () => {
  const { rig, options } = await prepare();
  const manifest = rig.manifest(
    `PRODUCTION_PROCESSES:
  worker: {BACKEND: CeleryWorker, APP: shop.celery.app, CWD: ${SHOP}}
  beat: {BACKEND: CeleryBeat, APP: shop.celery.app, CWD: ${SHOP}}
SUPERVISOR: {python: .venv/bin/python}
`,
  );
  const ended = await rig.run(['start', '--all', '-f', manifest], options);
  const python = `${rig.folder}/.venv/bin/python`;
  expect(ended.stdout).toContain(`worker.1 STOPPED -> FATAL (${python} does not exist)`);
  expect(ended.stdout).toContain(`beat.1 WAITING -> FATAL (${python} does not exist)`);
  expect(ended.stderr).toBe(
    'error: nothing is left to supervise: worker.1 and beat.1 ended for good [processes-ended]\n',
  );
  expect(ended.code).toBe(1);
});

test('an APP that does not import is FATAL at once, with Celery’s own words', async () => {
  const { rig, options } = await prepare();
  const manifest = rig.manifest(
    `PRODUCTION_PROCESSES:\n  worker: {BACKEND: CeleryWorker, APP: shop.nowhere, CWD: ${SHOP}}\n`,
  );
  const ended = await rig.run(['start', 'worker', '-f', manifest], options);
  expect(ended.stdout).toContain('worker.1 STARTING -> FATAL (exit code 2: another attempt cannot help)');
  expect(ended.stdout).toMatch(/worker\.1 {3}\| .*The module shop\.nowhere was not found\./);
  expect(ended.code).toBe(2);
});

test('a port that is taken: gunicorn says so, and is tried again', async () => {
  const { rig, options, url } = await prepare();
  const first = rig.start(['start', 'web'], options);
  await running(first, ['web.1']);
  const manifest = rig.manifest(
    `PRODUCTION_PROCESSES:\n  web: {BACKEND: GunicornServer, APP: shop.wsgi, CWD: ${SHOP}, ARGS: {bind: '${url.slice(7)}'}}\n`,
  );
  const second = rig.start(['start', 'web', '-f', manifest], options);
  await second.says(/web\.1 {6}\| .*Connection in use/);
  await second.says(/web\.1 STARTING -> BACKOFF \(exit code 1 after/);
  expect(second.stdout).not.toContain('RUNNING');
  first.kill('SIGTERM');
  await first.ended;
  await second.says(/web\.1 STARTING -> RUNNING/);
  second.kill('SIGTERM');
  expect((await second.ended).code).toBe(143);
});

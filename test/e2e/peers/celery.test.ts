/** Who is signalled when a Celery worker stops: its main process alone, so that tasks finish. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { childrenOf, SHOP } from '../../python/harness.ts';
import { alive, Rig, until } from '../../support/rig.ts';
import { environmentOf, running } from './stage.ts';

test('supervisord 10, celery#4200, #2700, #4795, #3631 (complaint 3): TERM is for the main process; the pool is not told, its tasks finish', async () => {
  const rig = new Rig();
  const python = inject('python');
  const env = {
    VIRTUAL_ENV: join(python, '..', '..'),
    SHOP_DATA: mkdtempSync(join(rig.folder, 'data-')),
    SHOP_RESULT_BACKEND: 'disabled://',
  };
  const options = { cwd: SHOP, env };
  const manifest = rig.write(
    'prodserver.yaml',
    `PRODUCTION_PROCESSES:
  worker: {BACKEND: CeleryWorker, APP: shop.celery.app, CWD: ${SHOP}, ARGS: {concurrency: 2, loglevel: info}}
`,
  );
  const start = rig.start(['start', 'worker', '-f', manifest], options);
  const main = await running(start, 'worker.1');
  const pool = childrenOf(main).filter((pid) => readFileSync(`/proc/${pid}/cmdline`).includes('celery'));
  expect(pool).toHaveLength(2);

  // PM2 8, of a Celery process: what else is added is for Python and for the link.
  expect(environmentOf(main)).toEqual({
    ...environmentOf(start.pid),
    PYTHONUNBUFFERED: '1',
    PRODSERVER_LINK_FD: '3',
    SPT_NOENV: '1',
    PRODSERVER_INSTANCE: expect.stringMatching(/^[0-9a-f]{16}\/worker\.1:1:\d+$/) as string,
  });

  const send = 'from orders.tasks import slow\nfor _ in range(2): slow.delay(5)';
  const sent = await rig.spawn([python, '-c', `import shop.celery\n${send}`], options).ended;
  expect(sent).toMatchObject({ code: 0 });
  await until(() => start.stdout.match(/sleeping 5 s/g)?.length === 2, 'both tasks to run');
  start.kill('SIGTERM');
  await start.says(/worker\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+/);
  const done = (): number => start.stdout.match(/orders\.tasks\.slow\[[\w-]+\] succeeded/g)?.length ?? 0;
  // Both children live for as long as they work.
  await until(() => {
    const living = pool.filter(alive);
    if (done() === 0) expect(living).toEqual(pool);
    return done() === 2;
  }, 'both tasks to finish');
  const ended = await start.ended;
  expect(ended.code).toBe(143);
  expect(ended.stdout).toMatch(/worker\.1 STOPPING -> STOPPED \(exit code 0 after/);
  expect(ended.stdout).not.toMatch(/WorkerLostError|exited with|signal 15|SIGQUIT|SIGKILL/);
  expect(rig.survivors()).toEqual([]);
});

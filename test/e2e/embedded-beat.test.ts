/** A worker with `beat: true`: one beat, whatever happens to the worker that it is in. */
import { expect, inject, test } from 'vitest';
import { join } from 'node:path';
import { childrenOf, descriptorsOf } from '../python/harness.ts';
import { startRedis } from '../support/redis.ts';
import { alive, markedPids, Rig, ROOT, type Running, tryKill, until } from '../support/rig.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');

const manifest = (rig: Rig, name: string, backend: string, args: string): string =>
  rig.write(
    `${name}/prodserver.yaml`,
    `PRODUCTION_PROCESSES:
  ${name}:
    BACKEND: ${backend}
    APP: shop.celery.app
    CWD: ${SHOP}
    ARGS: {loglevel: info, schedule: ${rig.folder}/schedule${args}}
`,
  );

/** Those that hold the lock now: a worker and the beat in it. */
const holders = (rig: Rig): number[] =>
  markedPids(`PRODSERVER_TEST_RIG=${rig.folder}`).filter((pid) => {
    try {
      return alive(pid) && descriptorsOf(pid).some((path) => /\/[0-9a-f]{24}\.lock$/.test(path));
    } catch {
      return false; // gone
    }
  });

const workerPid = async (start: Running): Promise<number> =>
  Number((await start.says(/mixed\.1 \w+ -> RUNNING \(pid (\d+)/))[1]);

/** The beat in a worker: of its children, the one that holds the lock. */
const beatIn = (rig: Rig, worker: number): Promise<number> =>
  until(
    () => childrenOf(worker).find((child) => holders(rig).includes(child)),
    'the embedded beat to hold the lock',
  );

test('SIGKILL of the worker: its beat is swept before the next one starts, and a CeleryBeat waits', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const env = {
    VIRTUAL_ENV: join(inject('python'), '..', '..'),
    SHOP_DATA: join(rig.folder, 'data'),
    SHOP_BROKER_URL: redis.url,
    SHOP_RESULT_BACKEND: 'disabled://',
    SHOP_PULSE_SECONDS: '1',
  };
  const mixed = manifest(rig, 'mixed', 'CeleryWorker', ', beat: true, concurrency: 1');
  const start = rig.start(['start', 'mixed', '-f', mixed], { env });
  const worker = await workerPid(start);
  const beat = await beatIn(rig, worker);
  await start.says(/pulse\[[\w-]+\] succeeded/);
  expect(start.stderr + start.stdout).toContain('"beat" is unwise');

  const other = manifest(rig, 'other', 'CeleryBeat', '2');
  const second = rig.start(['start', 'other', '-f', other], { env });
  await second.says(/other\.1 WAITING \(the lock is held by pid/);

  let most = 0;
  const looking = setInterval(() => (most = Math.max(most, holders(rig).length)), 10);
  // Frozen, the beat ends neither by itself nor by the death of its parent: only a sweep ends it.
  tryKill(beat, 'SIGSTOP');
  tryKill(worker);
  const next = await Promise.race([workerPid(start), second.says(/other\.1 \w+ -> RUNNING \(pid (\d+)/)]);
  clearInterval(looking);
  expect(alive(beat)).toBe(false);
  expect(most).toBeLessThanOrEqual(2);
  expect(next).not.toBe(worker);

  start.kill('SIGTERM');
  second.kill('SIGTERM');
  await Promise.all([start.ended, second.ended]);
  await redis.stop();
  expect(rig.survivors()).toEqual([]);
});

/** The stall of Celery 5.4.0 with kombu 5.3.7, and tasks that take minutes. */
import { describe, expect, inject, test } from 'vitest';
import { celeryPython } from '../support/celery-versions.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/rig.ts';
import { passed, restartsOf, stage, worker } from './hanging.ts';

const VERSION = '5.4.0';
const RUNS = 5;
/** Between the ends and starts of its Redis. Milliseconds. */
const GAP_MS = 300;
/** As Celery is by default: what stalls is how its channels share one connection. */
const STALLS = 'APP: "hanging:app", ARGS: {queues: stalls, concurrency: 2}, STOP: {timeout: 20s}';
const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;

async function restartThrice(redis: Redis): Promise<void> {
  for (let times = 0; times < 3; times += 1) {
    await redis.stop();
    await passed(GAP_MS / 1000);
    await redis.restart();
    await passed(GAP_MS / 1000);
  }
}

test('a worker by itself consumes no more after its Redis was restarted three times', async () => {
  const python = await celeryPython(VERSION);
  const celery = `${python}, -m, celery, -A, hanging, worker, --concurrency=2, --queues=stalls`;
  const { start, redis, send, lines } = await stage(
    { plain: `BACKEND: Command, CMD: [${celery}]` },
    { python },
  );
  await send('note.apply_async(("before",), queue="stalls")');
  await until(() => lines('before').length === 1, 'a task to be done');
  await restartThrice(redis);
  await send('note.apply_async(("lost",), queue="stalls")');
  await passed(60);
  expect(lines('lost')).toEqual([]);
  start.kill('SIGTERM');
  await start.ended;
});

test.each([
  ['with canaries', ''],
  ['without', ', LIVE: {celery: {canary: off}}'],
])('the same here works again within a minute, %s', async (_title, live) => {
  const python = await celeryPython(VERSION);
  const again: number[] = [];
  let found = 0;
  for (let run = 1; run <= RUNS; run += 1) {
    const one = await stage({ stalls: `BACKEND: CeleryWorker, ${STALLS}${live}` }, { python });
    const { rig, start, redis, send, lines } = one;
    await send('note.apply_async(("before",), queue="stalls")');
    await until(() => lines('before').length === 1, 'a task to be done');
    await restartThrice(redis);
    const since = performance.now();
    await send('note.apply_async(("after",), queue="stalls")');
    await until(() => lines('after').length === 1, 'the next to be done', 120_000);
    again.push(seconds(since));
    // What the link adds to the loop keeps most of them awake; who stalls is found.
    const restarts = start.stdout.includes('unresponsive (consumer: asks the broker for nothing for 15 s)')
      ? 1
      : 0;
    found += restarts;
    expect(await restartsOf(rig)).toEqual({ stalls: restarts });
    start.kill('SIGTERM');
    await start.ended;
    await redis.stop();
  }
  process.stderr.write(`stalled ${found} times of ${RUNS}, works again after ${again.join(', ')} s\n`);
  expect(Math.max(...again)).toBeLessThan(60);
});

describe('with the times that nobody has changed', () => {
  test('five minutes in a task, on every pool, restart nobody', async () => {
    const pools = ['solo', 'prefork', 'threads', 'gevent', 'eventlet'];
    const entries = pools.map((pool): [string, string] => [
      pool,
      worker(pool, pool, pool === 'solo' ? '' : ', concurrency: 2', ''),
    ]);
    const { rig, start, send, lines } = await stage(Object.fromEntries(entries), {
      python: inject('python'),
    });
    await send(
      pools
        .map(
          (pool) => `for name in ("${pool}-1", "${pool}-2"): rest.apply_async((name, 300), queue="${pool}")`,
        )
        .join('\n'),
    );
    const firsts = pools.map((pool) => `${pool}-1`);
    await until(() => firsts.every((name) => lines(name).length === 2), 'all to be done', 400_000);
    for (const name of firsts) expect(lines(name)).toEqual(['begun', 'done']);
    expect(await restartsOf(rig)).toEqual(Object.fromEntries(pools.map((pool) => [pool, 0])));
    expect(start.stdout).not.toContain('unresponsive');
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a Redis that is frozen for a minute restarts nobody', async () => {
    const pools = ['solo', 'prefork', 'threads', 'gevent', 'eventlet'];
    const entries = pools.map((pool): [string, string] => [pool, worker(pool, pool, '', '')]);
    const { rig, start, send, lines, redis } = await stage(Object.fromEntries(entries), {
      python: inject('python'),
    });
    process.kill(redis.pid, 'SIGSTOP');
    await passed(60);
    process.kill(redis.pid, 'SIGCONT');
    await send(pools.map((pool) => `note.apply_async(("${pool}",), queue="${pool}")`).join('\n'));
    await until(() => pools.every((name) => lines(name).length === 1), 'all to work again');
    await passed(40);
    expect(await restartsOf(rig)).toEqual(Object.fromEntries(pools.map((pool) => [pool, 0])));
    start.kill('SIGTERM');
    await start.ended;
  });
});

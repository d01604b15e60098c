/** Cases that hold for every version of Celery and every pool. */
import { availableParallelism } from 'node:os';
import { expect } from 'vitest';
import { Rig, until } from '../support/rig.ts';
import { beat, childrenOf, pinned, send, worker, written } from './harness.ts';
import { startRedis } from '../support/redis.ts';

export type Pool = 'prefork' | 'threads' | 'solo' | 'gevent' | 'eventlet';

/** An interpreter, and the pins that it was made from. */
export interface Python {
  readonly python: string;
  readonly pins: string;
}

/** From the first report to an end in good order, with one task in between. */
export async function lifeOfWorker({ python, pins }: Python, pool: Pool): Promise<void> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const one = worker(rig, python, [`--pool=${pool}`, '--concurrency=1'], {
    env: { SHOP_BROKER_URL: redis.url },
  });
  const init = await one.tells('init');
  expect(init.role).toBe('worker');
  expect(init.versions).toMatchObject({
    python: expect.stringMatching(/^3\.\d+\.\d+$/) as string,
    celery: pinned(pins, 'celery'),
    kombu: pinned(pins, 'kombu'),
    billiard: pinned(pins, 'billiard'),
    redis: pinned(pins, 'redis'),
    django: pinned(pins, 'Django'),
  });
  expect((await one.tells('broker-found')).url).toBe(redis.url);
  expect((await one.tells('ready')).node).toBe('w1@test');

  await send(rig, python, redis.url, '("orders.tasks.note", ["notes.txt", "done"])');
  expect(await written(rig, 'notes/notes.txt')).toBe('done\n');

  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  expect(one.told).toEqual(['init', 'broker-found', 'ready', 'stopping', 'stopped']);
  expect(one.garbled).toBe(0);
  expect(new Set(one.reports.map((report) => report.pid))).toEqual(new Set([one.pid]));
}

export async function lifeOfBeat({ python, pins }: Python): Promise<void> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const one = beat(rig, python, { env: { SHOP_BROKER_URL: redis.url, SHOP_PULSE_SECONDS: '0.2' } });
  const init = await one.tells('init');
  expect(init.role).toBe('beat');
  expect(init.versions['celery']).toBe(pinned(pins, 'celery'));
  expect((await one.tells('ready')).node).toBeNull();
  await one.logs(/Sending due task pulse/);
  const sent = await until(() => {
    const last = one.reports.findLast((report) => report.event === 'beat-tick');
    return last !== undefined && last.sent > 2 ? last : null;
  }, 'beat to tell what it has sent');
  // The most that it sleeps is its max-interval.
  expect(sent.next).toBeLessThanOrEqual(1);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  // The first publication finds the broker, in the first tick or later. A beat has no hook after its last step.
  expect(one.told.filter((event) => event !== 'broker-found')).toEqual(['init', 'ready', 'stopping']);
  expect(one.told.slice(1, 3).toSorted()).toEqual(['broker-found', 'ready']);
  expect(new Set(one.reports.map((report) => report.pid))).toEqual(new Set([one.pid]));
}

/** Names that Django settings use for themselves, and that Celery's command line would read. */
const MISLEADING = {
  APP: 'nosuch',
  BROKER_URL: 'redis://127.0.0.1:1',
  RESULT_BACKEND: 'redis://127.0.0.1:1',
  LOADER: 'nosuch',
  CONFIG_MODULE: 'nosuch',
  CELERY_APP: 'nosuch',
  CELERY_WORKER_CONCURRENCY: '7',
  CELERY_WORKER_HOSTNAME: 'misled@test',
  CELERY_WORKER_QUEUES: 'nosuch',
  CELERY_BEAT_SCHEDULE: '/nosuch/schedule',
} as const;

/** Imported by the worker, as settings are. */
const WITNESS = `
import json, os
from pathlib import Path
names = ${JSON.stringify(Object.keys(MISLEADING))}
draft = Path(os.environ["SHOP_DATA"], "witness.draft")
draft.write_text(json.dumps({name: os.environ.get(name) for name in names}))
draft.rename(draft.with_suffix(".json"))
`;

/** The environment changes nothing, and is there for the settings to read. */
export async function deafWorker({ python }: Python, pool: Pool): Promise<void> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  rig.write('witness.py', WITNESS);
  const env = { ...MISLEADING, SHOP_BROKER_URL: redis.url, PYTHONPATH: rig.folder };
  const one = worker(rig, python, [`--pool=${pool}`, '--include=witness'], { env });
  expect((await one.tells('broker-found')).url).toBe(redis.url);
  expect((await one.tells('ready')).node).toBe('w1@test');
  expect(JSON.parse(await written(rig, 'witness.json'))).toEqual(MISLEADING);
  const cores = availableParallelism();
  expect(one.stdout).toContain(`concurrency: ${cores} (`);
  expect(one.stdout).toMatch(/default +exchange=default/);
  expect(one.stdout).toMatch(/priority +exchange=priority/);
  if (pool === 'prefork') await until(() => childrenOf(one.pid).length === cores, `${cores} children`);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0 });
}

export async function deafBeat({ python }: Python): Promise<void> {
  const rig = new Rig();
  const one = beat(rig, python, { env: MISLEADING });
  await one.tells('ready');
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0 });
  expect(one.stderr).not.toContain('nosuch');
}

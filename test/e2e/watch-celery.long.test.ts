/** `start --watch-code` with a real worker and beat, which have no way of their own to take in new code. */
import { expect, inject, test } from 'vitest';
import { Client, Driver } from '../backends/celery/stage.ts';
import { said } from '../support/commands.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';

const python = inject('python');
const APP = `
import os
from celery import Celery
app = Celery("shop", broker=os.environ["BROKER"])
from shop import tasks
`;
const tasks = (word: string): string => `
from shop import app

@app.task(name="tell")
def tell():
    with open("told", "a") as out:
        out.write("${word} ")
`;

test('a worker and a beat take in new code; code that is wrong does no harm to the worker', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  rig.write('shop/__init__.py', APP);
  rig.write('shop/tasks.py', tasks('one'));
  rig.write('told', '');
  rig.manifest(`PRODUCTION_PROCESSES:
  worker: {BACKEND: CeleryWorker, APP: shop, ENV: &env {BROKER: "${redis.url}"}, ARGS: {concurrency: 1, without-mingle: true}}
  beat: {BACKEND: CeleryBeat, APP: shop, ENV: *env, ARGS: {schedule: ./schedule}, RESTART: {backoff: {initial: 5m, max: 5m}}}
SUPERVISOR: {python: ${python}}
`);
  const start = rig.start(['start', '--all', '--watch-code']);
  await start.says(/watching the code of worker and beat in \., for development only\n/);
  const running = async (): Promise<boolean> =>
    (await rig.status()).every(({ state, replacing }) => state === 'RUNNING' && replacing === null);
  await until(running, 'both to run');
  const client = new Client(new Driver(rig, python), redis.url, redis.url);
  const tells = async (word: string): Promise<void> => {
    await client.send('tell');
    await until(() => rig.read('told').trimEnd().endsWith(word), `the word ${word}`);
  };
  await tells('one');

  rig.write('shop/tasks.py', tasks('two'));
  await start.says(/worker, beat: restarting, shop\/tasks\.py changed\n/);
  await start.says(/worker\.1 restarted: shop\/tasks\.py changed/);
  await until(running, 'both to run again');
  await tells('two');

  rig.write('shop/tasks.py', 'def broken(:\n');
  await start.says(/worker, beat: restarting, shop\/tasks\.py changed\n/);
  await until(async () => {
    const rows = await rig.status();
    return (
      ['BACKOFF', 'FATAL'].includes(rows.find(({ name }) => name === 'beat')?.state ?? '') &&
      rows.find(({ name }) => name === 'worker')?.replacement_failed !== null
    );
  }, 'the new code to fail');
  await tells('two');

  rig.write('shop/tasks.py', tasks('three'));
  await until(async () => (await running()) && rig.read('told') !== '', 'both to run with what was mended');
  await until(
    async () => (await rig.status()).every(({ exits }) => exits.length >= 2),
    'the old ones to be gone',
  );
  await tells('three');
  const rows = await rig.status();
  expect(rows.find(({ name }) => name === 'worker')?.exits.some(({ reason }) => reason === 'reload')).toBe(
    true,
  );
  start.kill('SIGTERM');
  await start.ended;
  expect(said(start).filter((line) => line.includes(': restarting,'))).toHaveLength(3);
}, 180_000);

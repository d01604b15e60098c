/** The sample's worker on each broker and each place for results: every kind of work is done, and done once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { brokerAnswers } from '../../src/os/broker.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { startRedis } from '../support/redis.ts';
import { type Ended, Rig, ROOT, until } from '../support/rig.ts';
import { makeTables } from '../support/shop-tables.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');
const CLIENT = join(import.meta.dirname, 'brokers.py');

/** What `brokers.py` prints. */
interface Answer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Seconds from the start of all to the end of a task. */
  readonly waited: { readonly countdown: number; readonly eta: number };
  /** The id of the task that failed twice. */
  readonly retry: string;
  /** Python's class that keeps the results. */
  readonly backend: string;
}

interface Done {
  readonly answer: Answer;
  readonly worker: Ended;
  readonly note: (name: string) => string[];
}

/** Has all the work done by `prodserver start worker`, and stops it. */
async function workOn(broker: NodeJS.ProcessEnv, results: NodeJS.ProcessEnv): Promise<Done> {
  const rig = new Rig();
  const python = inject('python');
  const data = join(rig.folder, 'data');
  mkdirSync(data);
  const env = {
    VIRTUAL_ENV: join(python, '..', '..'),
    SHOP_DATA: data,
    DJANGO_SETTINGS_MODULE: 'shop.settings',
    PYTHONPATH: SHOP,
    ...broker,
    ...results,
  };
  const options = { cwd: SHOP, env };
  if (Object.keys(results).length === 0) await makeTables(rig, python, data);
  const start = rig.start(['start', 'worker'], options);
  await start.says(/worker\.1 STARTING -> RUNNING/);
  const client = await rig.spawn([python, CLIENT], options).ended;
  expect(client, client.stderr).toMatchObject({ code: 0 });
  start.kill('SIGTERM');
  const worker = await start.ended;
  expect(rig.survivors()).toEqual([]);
  return {
    answer: JSON.parse(client.stdout) as Answer,
    worker,
    note: (name) =>
      rig
        .read(join('data', 'notes', name))
        .trimEnd()
        .split('\n'),
  };
}

function expectAllDone({ answer, worker, note }: Done): void {
  const from = (queue: string): unknown => expect.objectContaining({ queue }) as unknown;
  expect(answer.values).toMatchObject({
    retry: { key: 'e2e', retries: 2 },
    chain: 10,
    group: [0, 2, 4, 6],
    chord: { total: 12, count: 4 },
    countdown: 23,
    eta: 24,
    routed: from('priority'),
    queue: from('priority'),
    default: from('default'),
  });
  // Asked for a second later; what starts too early is seen, however slow the machine is.
  expect(answer.waited.countdown).toBeGreaterThan(0.9);
  expect(answer.waited.eta).toBeGreaterThan(0.9);

  // A line each time that one was executed.
  expect(note('chain.txt')).toEqual(['0', '1', '2']);
  expect(note('group.txt').toSorted()).toEqual(['0', '1', '2', '3']);
  expect(note('chord.txt').slice(0, 3).toSorted()).toEqual(['0', '1', '2']);
  expect(note('chord.txt').slice(3)).toEqual(['body']);
  expect(note('countdown.txt')).toEqual(['late']);
  expect(note('queue.txt')).toEqual(['urgent']);

  const log = worker.stdout;
  expect(worker.code).toBe(143);
  const flaky = log.split('\n').filter((line) => line.includes(`flaky[${answer.retry}]`));
  const times = (step: string): number => flaky.filter((line) => line.includes(step)).length;
  expect(['received', 'retry: Retry in 0.2s', 'retry: Retry in 0.4s', 'succeeded'].map(times)).toEqual([
    3, 1, 1, 1,
  ]);
  const ended = [...log.matchAll(/Task \S+\[([\w-]+)\] succeeded/g)].map((match) => match[1]);
  expect(ended).toHaveLength(new Set(ended).size);
  expect(ended).toHaveLength(ALL);
}

/** How many tasks the client's workflows are. */
const ALL = 1 + 3 + 4 + 5 + 2 + 3 + 3 + 4 + 4 + 2;

/** A supervisor for each place of results, at the same time; each needs a broker of its own. */
async function expectBoth(brokers: readonly [string, string], results: string): Promise<void> {
  const at = (url: string): NodeJS.ProcessEnv => (url === '' ? {} : { SHOP_BROKER_URL: url });
  const both = await Promise.all([
    workOn(at(brokers[0]), {}),
    workOn(at(brokers[1]), { SHOP_RESULT_BACKEND: results }),
  ]);
  for (const done of both) expectAllDone(done);
  // They ran on what they were told to run on.
  const used = both.map(({ worker, answer }) => [
    /transport: +(\w+):/.exec(worker.stdout)?.[1],
    answer.backend,
  ]);
  const transport = brokers[0] === '' ? 'filesystem' : new URL(brokers[0]).protocol.slice(0, -1);
  expect(used).toEqual([
    [transport, 'DatabaseBackend'],
    [transport, 'RedisBackend'],
  ]);
}

test('on files, with results in the database and in Redis', async () => {
  const redis = await startRedis(new Rig());
  await expectBoth(['', ''], redis.url);
});

test('on Redis, with results in the database and in Redis', async () => {
  const redis = await startRedis(new Rig());
  const database = (number: number): string => redis.url.replace(/\d+$/, String(number));
  await expectBoth([database(0), database(1)], database(2));
});

test('on RabbitMQ, with results in the database and in Redis', async () => {
  const rig = new Rig();
  const [redis, rabbit] = await Promise.all([startRedis(rig), startRabbitMq(rig, { vhosts: ['other'] })]);
  await expectBoth([rabbit.url, rabbit.urlOf('other')], redis.url);
  // As the supervisor asks it, before it calls a worker hung.
  expect(await brokerAnswers(rabbit.url, 5000)).toBe(true);
  process.kill(rabbit.pid, 'SIGSTOP');
  expect(await brokerAnswers(rabbit.url, 300)).toBe(false);
  process.kill(rabbit.pid, 'SIGCONT');
  expect(rig.survivors()).toContain(rabbit.pid);
  await Promise.all([redis.stop(), rabbit.stop()]);
  await until(() => rig.survivors().length === 0, 'the helpers of RabbitMQ to end');
});

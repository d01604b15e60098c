/** The sample's worker on a broker and a place for results: every kind of work is done, and done once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { type Ended, Rig, ROOT } from '../support/rig.ts';
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

/** One with results in the database, or where `results` says; an empty `broker` is files. */
export async function expectWork(broker: string, results: string | null): Promise<void> {
  const done = await workOn(
    broker === '' ? {} : { SHOP_BROKER_URL: broker },
    results === null ? {} : { SHOP_RESULT_BACKEND: results },
  );
  expectAllDone(done);
  // It ran on what it was told to run on.
  expect([/transport: +(\w+):/.exec(done.worker.stdout)?.[1], done.answer.backend]).toEqual([
    broker === '' ? 'filesystem' : new URL(broker).protocol.slice(0, -1),
    results === null ? 'DatabaseBackend' : 'RedisBackend',
  ]);
}

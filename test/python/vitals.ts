/** What a worker tells of its work: cases that hold for every version of Celery and every pool. */
import { expect } from 'vitest';
import type { Report } from '../../src/health/link.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';
import type { Pool, Python } from './cases.ts';
import { type Linked, worker, written } from './harness.ts';

export type Tick = Extract<Report, { event: 'tick' }>;

/** Waits for a tick such as this, beginning with the newest. */
export const ticks = (one: Linked, what: string, such: (tick: Tick) => boolean): Promise<Tick> =>
  until(() => {
    if (one.over) throw new Error(`${one.label} ended before it told of ${what}`);
    const last = one.reports.findLast((report): report is Tick => report.event === 'tick');
    return last !== undefined && such(last) ? last : null;
  }, what);

/** Tasks that end in every way there is. */
export const ERRANDS = `
from celery import shared_task
from celery.exceptions import Ignore, Reject

@shared_task(name="errands.fail")
def fail():
    raise ValueError("no")

@shared_task(name="errands.ignore")
def ignore():
    raise Ignore()

@shared_task(name="errands.reject", acks_late=True)
def reject():
    raise Reject("no", requeue=False)
`;

const SEND = `
import sys
from celery import Celery
broker, queues, *tasks = sys.argv[1:]
app = Celery(broker=broker)
for name, args, options in map(eval, tasks):
    for queue in queues.split(","):
        app.send_task(name, args, queue=queue, **options)
`;

/** To each queue; each is written as Python: `("orders.tasks.slow", [1], {})`. */
export async function sendEach(
  rig: Rig,
  python: string,
  broker: string,
  tasks: readonly string[],
  queues: readonly string[] = ['default'],
): Promise<void> {
  const ended = await rig.spawn([python, '-c', SEND, broker, queues.join(','), ...tasks]).ended;
  if (ended.code !== 0) throw new Error(`the tasks were not sent:\n${ended.stderr}`);
}

const times = (count: number, task: string): string[] => Array.from({ length: count }, () => task);

/** 19 messages with the retries: 9 succeed, 4 fail, 4 are tried again, 2 have expired. */
export const ENDS = [
  ...times(5, '("orders.tasks.add", [1, 2], {})'),
  ...times(3, '("errands.fail", [], {})'),
  ...times(2, '("orders.tasks.flaky", [2, "k"], {})'),
  ...times(2, '("errands.ignore", [], {})'),
  '("errands.reject", [], {})',
  ...times(2, '("orders.tasks.add", [1, 2], {"expires": -60})'),
];
/** Nobody knows it: it is thrown away, and no task that was received. */
const FOREIGN = '("billing.gone", [], {})';
const IN_CHILDREN = ['("orders.tasks.crash", [], {})', '("orders.tasks.slow", [60], {"time_limit": 1})'];

const countsOf = ({ received, succeeded, failed, retried, revoked }: Tick) => ({
  received,
  succeeded,
  failed,
  retried,
  revoked,
});

/** Known numbers of tasks, each end counted once; then one that runs for long. */
export async function countsOfWorker({ python }: Python, pool: Pool): Promise<void> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  rig.write('errands.py', ERRANDS);
  const options = [`--pool=${pool}`, '--concurrency=2', '--include=errands'];
  const one = worker(rig, python, options, {
    env: { SHOP_BROKER_URL: redis.url, PYTHONPATH: rig.folder },
  });
  const forks = pool === 'prefork';
  const ready = await one.tells('ready');
  expect(ready.tasks).toBeGreaterThan(5);
  const idle = await ticks(one, 'nothing', () => true);
  expect(countsOf(idle)).toEqual({ received: 0, succeeded: 0, failed: 0, retried: 0, revoked: 0 });
  expect(idle).toMatchObject({
    active: 0,
    reserved: 0,
    oldest: null,
    unknown: null,
    slots: pool === 'solo' ? 1 : 2,
  });

  await sendEach(rig, python, redis.url, [FOREIGN, ...ENDS, ...(forks ? IN_CHILDREN : [])]);
  const lost = forks ? 2 : 0;
  const expected = { received: 19 + lost, succeeded: 9, failed: 4 + lost, retried: 4, revoked: 2 };
  const done = await ticks(one, 'all its tasks', (tick) => {
    const { succeeded, failed, retried, revoked } = tick;
    return succeeded + failed + retried + revoked >= expected.received && tick.child_exits >= lost;
  });
  expect(countsOf(done)).toEqual(expected);
  expect(done).toMatchObject({ active: 0, reserved: 0, child_exits: lost });
  expect(done.unknown).toEqual({ task: 'billing.gone', count: 1 });

  await sendEach(rig, python, redis.url, ['("orders.tasks.slow", [7], {})']);
  const busy = await ticks(one, 'a long task', ({ oldest }) => oldest !== null && oldest.age > 3);
  expect(busy).toMatchObject({ active: 1, oldest: { task: 'orders.tasks.slow' } });
  // Its only thread is in the task: the second voice tells.
  if (pool === 'solo') expect(busy.loop_age).toBeGreaterThan(2.5);
  else expect(busy.loop_age).toBeLessThan(2.5);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  const last = one.reports.findLast((report): report is Tick => report.event === 'tick');
  expect(last && countsOf(last)).toEqual({
    ...expected,
    received: expected.received + 1,
    succeeded: expected.succeeded + 1,
  });
  expect(one.reports.at(-1)?.event).toBe('stopped');
  expect(one.garbled).toBe(0);
}

/** Writes down the name of the canary's queue. */
const SPY = `
import os, sys
from pathlib import Path
canary = sys.modules["prodserver_canary"]
publish = canary.publish

def spied(channel, queue):
    draft = Path(os.environ["SHOP_DATA"], "queue.draft")
    draft.write_text(queue)
    draft.rename(draft.with_suffix(".txt"))
    publish(channel, queue)

canary.publish = spied
`;

/** Whether a broker knows a queue: `none`, `its owner's`, or `some`. */
const LOOK = {
  redis: `
import sys
from redis import Redis
broker, queue = sys.argv[1:]
found = [key for key in Redis.from_url(broker).keys("*") if queue.encode() in key or b"prodserver" in key]
print("some" if found else "none")
`,
  rabbitmq: `
import sys
from amqp.exceptions import NotFound, ResourceLocked
from kombu import Connection
broker, queue = sys.argv[1:]
with Connection(broker) as connection:
    try:
        connection.channel().queue_declare(queue, passive=True)
        print("some")
    except NotFound:
        print("none")
    except ResourceLocked:
        print("its owner's")
`,
} as const;

/** The first answer comes at once, and nothing of it shows or stays behind. */
export async function canariesOfWorker(
  { python }: Python,
  pool: Pool,
  kind: 'redis' | 'rabbitmq',
): Promise<void> {
  const rig = new Rig();
  const broker = kind === 'redis' ? await startRedis(rig) : await startRabbitMq(rig);
  rig.write('spy.py', SPY);
  // Of the queues that it is told to take from, none is the canary's.
  const options = [`--pool=${pool}`, '--concurrency=2', '--queues=priority', '-E', '--include=spy'];
  const one = worker(rig, python, options, {
    env: { SHOP_BROKER_URL: broker.url, PYTHONPATH: rig.folder },
  });
  await one.tells('ready');
  const first = await ticks(one, 'its first canary', ({ canaries }) => canaries === 1);
  expect(first).toMatchObject({ active: 0, received: 0, canary: null });
  const idle = await ticks(one, 'nothing to do', ({ at }) => at > first.at);
  expect(idle.polling).toBe(kind === 'redis' && !['gevent', 'eventlet'].includes(pool) ? true : null);
  const queue = await written(rig, 'queue.txt');
  const look = async (): Promise<string> =>
    (await rig.spawn([python, '-c', LOOK[kind], broker.url, queue]).ended).stdout.trim();
  expect(await look()).toBe(kind === 'redis' ? 'none' : "its owner's");
  const app = [python, '-m', 'celery', '-b', broker.url, 'inspect'] as const;
  const queues = await rig.spawn([...app, 'active_queues']).ended;
  expect(queues.stdout).toContain("'name': 'priority'");
  expect(queues.stdout).not.toContain('prodserver');
  const registered = await rig.spawn([...app, 'registered']).ended;
  expect(registered.stdout).toContain('orders.tasks.slow');
  expect(registered.stdout).not.toContain('prodserver');

  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  expect(`${one.stdout}${one.stderr}`).not.toMatch(/canary|prodserver\./);
  expect(await look()).toBe('none');
}

/** As long as a canary is refused there are none, and the work is done all the same. */
export async function refusedCanaries({ python }: Python, kind: 'redis' | 'rabbitmq'): Promise<void> {
  const rig = new Rig();
  const url = kind === 'redis' ? await redisWithoutCanaries(rig, python) : await rabbitWithoutCanaries(rig);
  const one = worker(rig, python, ['--pool=prefork', '--concurrency=1'], { env: { SHOP_BROKER_URL: url } });
  await one.tells('ready');
  await sendEach(rig, python, url, ['("orders.tasks.add", [1, 2], {})']);
  const done = await ticks(one, 'its task', ({ succeeded }) => succeeded === 1);
  expect(done).toMatchObject({ canary: null, canaries: null });
  expect(one.told).toEqual(['init', 'broker-found', 'ready']);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  expect(one.stderr).not.toMatch(/ERROR|Traceback/);
}

const LIMIT = `
import sys
from redis import Redis
keys = ["default*", "priority*", "_kombu*", "unacked*", "celery*", "*pidbox*"]
Redis.from_url(sys.argv[1]).acl_setuser(
    "shop", enabled=True, passwords=["+sesame"], commands=["+@all"], keys=keys, channels=["*"])
`;

async function redisWithoutCanaries(rig: Rig, python: string): Promise<string> {
  const { url } = await startRedis(rig);
  expect(await rig.spawn([python, '-c', LIMIT, url]).ended).toMatchObject({ code: 0, stderr: '' });
  return url.replace('redis://', 'redis://shop:sesame@');
}

const rabbitWithoutCanaries = async (rig: Rig): Promise<string> =>
  (await startRabbitMq(rig, { configure: '^(?!prodserver)' })).url;

/** Each life of the loop has its ticks and its canaries, and only those. */
export async function vitalsAfterReconnect({ python }: Python, pool: Pool): Promise<void> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const one = worker(rig, python, [`--pool=${pool}`, '--concurrency=1'], {
    env: { SHOP_BROKER_URL: redis.url },
  });
  for (const canaries of [1, 2, 3]) {
    // After the first: of the loop that began with the new connection.
    // eslint-disable-next-line no-await-in-loop
    await ticks(one, `canary ${canaries}`, (tick) => tick.canaries === canaries);
    if (canaries < 3) await redis.restart();
  }
  await sendEach(rig, python, redis.url, ['("orders.tasks.add", [1, 2], {})']);
  const done = await ticks(one, 'its task', ({ succeeded }) => succeeded === 1);
  expect(done).toMatchObject({ canary: null });
  const later = await ticks(one, 'six seconds of nothing', ({ at }) => at > done.at + 6);
  const between = one.reports.filter(({ event, at }) => event === 'tick' && at > done.at && at <= later.at);
  expect(between.length).toBeLessThanOrEqual(4);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
}

/** A worker that is told to stop while it works: what it has begun is its own, what it has not is given back. */
import { expect } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import type { Pool, Python } from './cases.ts';
import { worker } from './harness.ts';

/** The first tells the main process to stop as soon as it begins; the second waits behind it. */
const ENDS = `
import os, signal, sys, time
from celery import shared_task

def leave(name):
    with open(os.path.join(os.environ["PYTHONPATH"], "done.txt"), "a") as file:
        file.write(f"{name}\\n")

def end(main):
    os.kill(os.getppid() if main == "parent" else os.getpid(), signal.SIGTERM)
    time.sleep(1)
    leave("first")

def wait(_main):
    leave("second")

first_early = shared_task(name="first-early")(end)
first_late = shared_task(name="first-late", acks_late=True)(end)
second_early = shared_task(name="second-early")(wait)
second_late = shared_task(name="second-late", acks_late=True)(wait)
`;

const SEND = `
import sys
from celery import Celery
_, broker, acks, main = sys.argv
app = Celery(broker=broker)
for name in ("first", "second"):
    app.send_task(f"{name}-{acks}", [main], queue="ends")
`;

const LEFT = `
import sys
from redis import Redis
redis = Redis.from_url(sys.argv[1])
print(redis.llen("ends"), redis.hlen("unacked"))
`;

export async function settledStop({ python }: Python, pool: Pool, acks: 'early' | 'late'): Promise<void> {
  const rig = new Rig();
  const { url } = await startRedis(rig);
  rig.write('ends.py', ENDS);
  rig.write('done.txt', '');
  const program = async (code: string, ...args: string[]): Promise<string> => {
    const ended = await rig.spawn([python, '-c', code, url, ...args]).ended;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    return ended.stdout.trim();
  };
  await program(SEND, acks, pool === 'prefork' ? 'parent' : 'itself');
  const options = [`--pool=${pool}`, '--concurrency=1', '--queues=ends', '--include=ends'];
  const one = worker(rig, python, options, { env: { SHOP_BROKER_URL: url, PYTHONPATH: rig.folder } });
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  const done = rig.read('done.txt').trim().split('\n');
  const left = await program(LEFT);
  expect(done[0]).toBe('first');
  // The second may have been begun: pools without children end what they have been handed.
  expect([done.slice(1), left]).toEqual(done.length === 1 ? [[], '1 0'] : [['second'], '0 0']);
}

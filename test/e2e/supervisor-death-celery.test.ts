/** SIGKILL of a supervisor in the middle of Celery's tasks: they finish, whatever they write. */
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Client, Driver } from '../backends/celery/stage.ts';
import { childrenOf } from '../python/harness.ts';
import { startRedis } from '../support/redis.ts';
import { alive, Rig, tryKill, until } from '../support/rig.ts';

const python = inject('python');

const TASKS = `
import faulthandler, os, signal, sys, time
from celery import Celery
app = Celery("death", broker=os.environ["BROKER"], backend=os.environ["RESULTS"])
app.conf.worker_redirect_stdouts = False
app.conf.worker_prefetch_multiplier = 1

def show_greenlets(*_):
    from celery.worker import state
    if "gevent" in sys.modules:
        from gevent.util import print_run_info
        print_run_info(file=stacks)
    print(f"should_stop {state.should_stop}", file=stacks)

# Those of the threads come first, and need no Python to turn.
stacks = open("stacks.txt", "w", buffering=1)
signal.signal(signal.SIGUSR2, show_greenlets)
faulthandler.register(signal.SIGUSR2, file=stacks, chain=True)

def is_over():
    return os.path.exists("over")

def write(fd, data):
    while data:
        data = data[os.write(fd, data):]

@app.task(name="printing")
def printing():
    """Prints all the time, before, while and after nobody reads any more."""
    while not is_over():
        print("a line", flush=True)
        print("a complaint", file=sys.stderr)
        time.sleep(0.001)
    for _ in range(1000):
        print("another line")
    return "printed"

@app.task(name="writing")
def writing(size):
    """Writes past Python once nobody reads."""
    while not is_over():
        time.sleep(0.01)
    for fd in (1, 2):
        write(fd, b"x" * size)
    return "written"
`;

test.each(['prefork', 'threads', 'gevent'])('%s', async (pool) => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const results = redis.url.replace(/0$/, '1');
  rig.write('death.py', TASKS);
  rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: death
    ENV: {BROKER: "${redis.url}", RESULTS: "${results}"}
    ARGS: {pool: ${pool}, concurrency: 3, without-mingle: true, without-gossip: true}
SUPERVISOR: {python: ${python}}
`);
  const start = rig.start(['start', 'worker']);
  const pid = Number((await start.says(/worker\.1 \w+ -> RUNNING \(pid (\d+)/))[1]);
  const client = new Client(new Driver(rig, python), redis.url, results);
  const sent = await Promise.all([
    client.send('printing'),
    client.send('writing', [100]),
    client.send('writing', [1024 * 1024]),
  ]);
  await start.says(/a line/);
  await until(
    async () => (await client.inspect<unknown[]>(await node(client), 'active'))?.length === 3,
    'the tasks to run',
  );

  start.kill('SIGKILL');
  await until(() => start.over, 'the supervisor to be gone');
  const writers = pool === 'prefork' ? childrenOf(pid) : [pid];
  const output = (writer: number): string[] => [1, 2].map((fd) => readlinkSync(`/proc/${writer}/fd/${fd}`));
  await until(
    () => writers.every((writer) => output(writer).every((path) => path === '/dev/null')),
    'all output to go to /dev/null',
  );
  writeFileSync(join(rig.folder, 'over'), '');
  const outcomes = await Promise.all(sent.map((id) => client.result(id)));
  expect(outcomes).toEqual([
    { state: 'SUCCESS', value: 'printed' },
    { state: 'SUCCESS', value: 'written' },
    { state: 'SUCCESS', value: 'written' },
  ]);
  try {
    await until(() => !alive(pid), 'the worker to end by itself');
  } catch (error) {
    throw new Error(`it hangs\n${await stacksOf(rig, pid)}`, { cause: error });
  }
});

/** Where a worker hangs: the stacks of its threads, and of its greenlets where it still answers. */
async function stacksOf(rig: Rig, pid: number): Promise<string> {
  tryKill(pid, 'SIGUSR2');
  try {
    await until(() => rig.read('stacks.txt').includes('should_stop'), 'its greenlets', 5000);
  } catch (error) {
    // What there is must be shown: a worker that is frozen as a whole writes none of them.
    return `${rig.read('stacks.txt')}\n${String(error)}`;
  }
  return rig.read('stacks.txt');
}

/** The one node that there is. */
async function node(client: Client): Promise<string> {
  const [reply] = (await client.control('ping', {})) as Record<string, unknown>[];
  return Object.keys(reply ?? {})[0] ?? '';
}

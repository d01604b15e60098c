/** RECYCLE of a real Celery worker on a real Redis: a successor takes over, and no task is lost or runs twice. */
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig, type Running, until } from '../support/rig.ts';

const APP = `
import os
from celery import Celery

app = Celery('leaky', broker=os.environ['BROKER'])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)
leaks = []

@app.task
def note(number, mebibytes):
    leaks.append(b'x' * (mebibytes << 20))
    with open('notes', 'a') as notes:
        notes.write(f'{number}\\n')
`;

const SEND = `
import sys
from leaky import note
first, past, mebibytes = map(int, sys.argv[1:])
for number in range(first, past):
    note.delay(number, mebibytes)
`;

async function shop(args: string, recycle: string) {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const python = inject('python');
  const options = { env: { VIRTUAL_ENV: join(python, '..', '..'), BROKER: redis.url } };
  rig.write('leaky.py', APP);
  rig.write('send.py', SEND);
  rig.write('notes', '');
  rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: leaky
    ARGS: {${args}, without-mingle: true, without-gossip: true}
    RECYCLE: {${recycle}}
`);
  const start = rig.start(['start', '--all'], options);
  await start.says(/worker\.1 STARTING -> RUNNING/);
  const notes = (): number[] => rig.read('notes').split('\n').filter(Boolean).map(Number);
  return {
    rig,
    start,
    notes,
    send: async (first: number, past: number, mebibytes = 0): Promise<void> => {
      const args = [first, past, mebibytes].map(String);
      expect((await rig.spawn([python, 'send.py', ...args], options).ended).code).toBe(0);
    },
    noted: async (count: number) => until(() => notes().length >= count, `${count} tasks to be done`),
    recycled: (): string[] => recycled(start),
  };
}

const recycled = (start: Running): string[] => start.stdout.match(/worker\.1 recycled: .*$/gm) ?? [];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

test('prefork: tasks that leak in its children', async () => {
  const {
    rig,
    start,
    send,
    notes,
    noted,
    recycled: told,
  } = await shop('concurrency: 2', 'max-memory: 250MiB, min-uptime: 1s');
  // The two children hold 400 MiB more, of which the main process knows nothing.
  await send(0, 40, 10);
  await noted(40);
  await start.says(/worker\.1 recycled: .*\n/);
  await send(40, 60, 0);
  await noted(60);
  expect(notes().toSorted((a, b) => a - b)).toEqual(upTo(60));
  expect(told()[0]).toMatch(
    /^worker\.1 recycled: \d{3}\.\d MiB PSS > 250 MiB( after \d+ tasks)?; successor ready in \S+ s; drained in \S+ s$/,
  );
  const [row] = await rig.status();
  expect(row?.exits[0]).toMatchObject({ reason: 'memory', code: 0 });
  expect(row?.state).toBe('RUNNING');
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});

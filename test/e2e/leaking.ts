/** A real Celery worker on a real Redis whose tasks may leak, and are noted. */
import { join } from 'node:path';
import { expect, inject } from 'vitest';
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
import time
from leaky import note
first, past, mebibytes, pause = map(int, sys.argv[1:])
start = time.monotonic()
for number in range(first, past):
    note.delay(number, mebibytes)
    time.sleep(pause)
print(time.monotonic() - start)
`;

export async function leakyShop(args: string, recycle: string) {
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
    /** With so many seconds from one to the next; gives the seconds that it took. */
    send: async (first: number, past: number, mebibytes = 0, pause = 0): Promise<number> => {
      const args = [first, past, mebibytes, pause].map(String);
      const sender = await rig.spawn([python, 'send.py', ...args], options).ended;
      expect(sender.code, sender.stderr).toBe(0);
      return Number(sender.stdout);
    },
    noted: async (count: number) => until(() => notes().length >= count, `${count} tasks to be done`),
    recycled: (): string[] => recycled(start),
  };
}

const recycled = (start: Running): string[] => start.stdout.match(/worker\.1 recycled: .*$/gm) ?? [];
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

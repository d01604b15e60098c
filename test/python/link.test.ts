import { describe, expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import { send, worker, written } from './harness.ts';
import { closedLink, NOTE, unreadLink, wrongLink } from './link.ts';
import { ticks } from './vitals.ts';

const python = inject('python');

/** Fills its own link, whose other end is not read for a while, with empty lines. */
const FILL_OURS = `
import os, socket, sys, time
ours = socket.socket(fileno=os.dup(3))
ours.setblocking(False)

def fill():
    filled = 0
    for size in (4096, 1):
        try:
            while True:
                filled += ours.send(b"\\n" * size)
        except BlockingIOError:
            pass
    return filled

while fill():
    time.sleep(0.3)
os.execv(sys.argv[1], sys.argv[1:])
`;

describe('the link', () => {
  test('closed during a task, it is not missed', () => closedLink(python, 'prefork'));

  test('never read, it does not hold up the worker', () => unreadLink(python, 'solo'));

  test('not read for a while: what found no room is counted, and the next report is whole', async () => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const one = worker(rig, python, ['--pool=prefork', '--concurrency=1'], {
      env: { SHOP_BROKER_URL: redis.url },
      through: FILL_OURS,
    });
    one.stopReading();
    await one.logs(/w1@test ready/);
    await send(rig, python, redis.url, NOTE);
    expect(await written(rig, 'notes/notes.txt')).toBe('done\n');
    expect(one.reports).toEqual([]);
    one.readAgain();
    expect(await ticks(one, 'what it did meanwhile', () => true)).toMatchObject({
      received: 1,
      succeeded: 1,
    });
    expect(one.wire).toMatch(/"dropped":[1-9]/);
    expect(one.garbled).toBe(0);
  });

  // One that is open, and another thing: its stdout.
  test('a worker starts though its number is 1', () => wrongLink(python, '1'));
});

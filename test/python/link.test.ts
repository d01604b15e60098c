import { describe, expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import { send, worker, written } from './harness.ts';
import { ticks } from './vitals.ts';

const python = inject('python');
const NOTE = '("orders.tasks.note", ["notes.txt", "done"])';

/** Fills a socket whose other end nobody reads, makes it descriptor 3, and becomes the program. */
const FILL = `
import os, socket, sys
ours, theirs = socket.socketpair()
ours.setblocking(False)
for size in (4096, 1):
    try:
        while True:
            ours.send(b"x" * size)
    except BlockingIOError:
        pass
ours.setblocking(True)
os.dup2(ours.fileno(), 3)
os.set_inheritable(theirs.fileno(), True)
os.execv(sys.argv[1], sys.argv[1:])
`;

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
  test.each(['prefork', 'solo'])('%s: closed during a task, it is not missed', async (pool) => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const one = worker(rig, python, [`--pool=${pool}`, '--concurrency=1'], {
      env: { SHOP_BROKER_URL: redis.url },
    });
    await one.tells('ready');
    await send(rig, python, redis.url, '("orders.tasks.slow", [0.5])', NOTE);
    await one.logs(/sleeping 0.5 s/);
    one.hangUp();
    expect(await written(rig, 'notes/notes.txt')).toBe('done\n');
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0, signal: null });
  });

  test.each(['prefork', 'solo'])('%s: never read, it does not hold up the worker', async (pool) => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const one = worker(rig, python, [`--pool=${pool}`, '--concurrency=1'], {
      env: { SHOP_BROKER_URL: redis.url },
      through: FILL,
    });
    await one.logs(/w1@test ready/);
    await send(rig, python, redis.url, NOTE);
    expect(await written(rig, 'notes/notes.txt')).toBe('done\n');
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0, signal: null });
    expect(one.wire).toBe('');
  });

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

  test.each(['nonsense', '77', '1'])('a worker starts though its number is %s', async (number) => {
    const rig = new Rig();
    const { url } = await startRedis(rig);
    const env = { SHOP_BROKER_URL: url, PRODSERVER_LINK_FD: number };
    const one = worker(rig, python, ['--pool=solo'], { env });
    await one.logs(/w1@test ready/);
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0, signal: null });
    expect(one.wire).toBe('');
    expect(one.stdout).not.toContain('"event"');
  });
});

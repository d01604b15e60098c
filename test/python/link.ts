/** A link that nobody reads, or that is not there any more: cases that hold for every pool. */
import { expect } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import type { Pool } from './cases.ts';
import { send, worker, written } from './harness.ts';

export const NOTE = '("orders.tasks.note", ["notes.txt", "done"])';

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

/** The supervisor's end is closed during a task. */
export async function closedLink(python: string, pool: Pool): Promise<void> {
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
}

/** The supervisor's end is never read. */
export async function unreadLink(python: string, pool: Pool): Promise<void> {
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
}

/** What should be the number of its link is none, or that of something else. */
export async function wrongLink(python: string, number: string): Promise<void> {
  const rig = new Rig();
  const { url } = await startRedis(rig);
  const env = { SHOP_BROKER_URL: url, PRODSERVER_LINK_FD: number };
  const one = worker(rig, python, ['--pool=solo'], { env });
  await one.logs(/w1@test ready/);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0, signal: null });
  expect(one.wire).toBe('');
  expect(one.stdout).not.toContain('"event"');
}

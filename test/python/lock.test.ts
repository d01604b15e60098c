import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { tryFlock } from '../../src/os/flock.ts';
import { startRedis } from '../support/redis.ts';
import { alive, Rig, tryKill, until } from '../support/rig.ts';
import { deafBeat, lifeOfBeat } from './cases.ts';
import { beat, childrenOf, descriptorsOf, SHOP_PINS, send, worker, written } from './harness.ts';

const python = inject('python');

/** Takes the lock and hands it over: `start` gets the descriptor, of which no copy is kept here. */
function handOver<T>(path: string, start: (pass: number) => T): T {
  const fd = openSync(path, 'w');
  try {
    expect(tryFlock(fd)).toEqual({ ok: true, value: 'locked' });
    return start(fd);
  } finally {
    closeSync(fd);
  }
}

/** What another supervisor would be told. */
function ask(path: string): 'locked' | 'busy' {
  const fd = openSync(path, 'r');
  try {
    const answer = tryFlock(fd);
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return answer.value;
  } finally {
    closeSync(fd);
  }
}

const LOCKED = { PRODSERVER_LOCK_FD: '4' };

describe('a beat', () => {
  test('is ready after its first tick, and ends in good order', async () => {
    await lifeOfBeat({ python, pins: SHOP_PINS });
  });

  test('is deaf to an environment that its settings may read', async () => {
    await deafBeat({ python, pins: SHOP_PINS });
  });

  test('holds the lock to its death, however it dies', async () => {
    const rig = new Rig();
    const path = rig.write('beat.lock', '');
    const one = handOver(path, (pass) => beat(rig, python, { env: LOCKED, pass }));
    await one.tells('init');
    expect(ask(path)).toBe('busy');
    await one.tells('ready');
    expect(ask(path)).toBe('busy');
    one.kill('SIGKILL');
    expect(await one.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(ask(path)).toBe('locked');
  });
});

/** A task that tells what a subprocess and a fork of its process have open, when nobody closes anything. */
const ERRAND = `
import os, subprocess
from pathlib import Path
from celery import shared_task

def listing():
    return subprocess.run(["ls", "-l", "/proc/self/fd"], close_fds=False, capture_output=True, text=True).stdout

@shared_task(name="errand")
def errand():
    reading, writing = os.pipe()
    if os.fork() == 0:
        for fd in range(3, 256):
            try:
                os.write(writing, os.readlink(f"/proc/self/fd/{fd}").encode() + b"\\n")
            except OSError:
                pass
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as forked:
        told = listing() + "forked:\\n" + forked.read()
    draft = Path(os.environ["SHOP_DATA"], "errand.draft")
    draft.write_text(told)
    draft.rename(draft.with_suffix(".txt"))
`;

describe('the lock and the link', () => {
  test('prefork: no child has them', async () => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const path = rig.write('worker.lock', '');
    const env = { ...LOCKED, SHOP_BROKER_URL: redis.url };
    const options = ['--pool=prefork', '--concurrency=2'];
    const one = handOver(path, (pass) => worker(rig, python, options, { env, pass }));
    await one.tells('ready');
    const link = readlinkSync(`/proc/${one.pid}/fd/3`);
    expect(link).toMatch(/^socket:/);
    expect(descriptorsOf(one.pid)).toContain(path);
    const children = await until(() => {
      const found = childrenOf(one.pid);
      return found.length === 2 && found;
    }, 'two children');
    for (const child of children) {
      const open = descriptorsOf(child);
      expect(open).not.toContain(path);
      expect(open).not.toContain(link);
    }
    one.kill('SIGKILL');
    await one.ended;
    expect(ask(path)).toBe('locked');
  });

  test('solo: nothing that a task starts has them', async () => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const path = rig.write('worker.lock', '');
    rig.write('errand.py', ERRAND);
    const env = { ...LOCKED, SHOP_BROKER_URL: redis.url, PYTHONPATH: rig.folder };
    const options = ['--pool=solo', '--include=errand'];
    const one = handOver(path, (pass) => worker(rig, python, options, { env, pass }));
    await one.tells('ready');
    const link = readlinkSync(`/proc/${one.pid}/fd/3`);
    await send(rig, python, redis.url, '("errand", [])');
    const told = await written(rig, 'errand.txt');
    expect(told).toMatch(/forked:\n.*pipe:/s);
    expect(told).not.toContain(path);
    expect(told).not.toContain(link);
    expect(descriptorsOf(one.pid)).toEqual(expect.arrayContaining([path, link]));
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
  });
});

describe('an embedded beat', () => {
  const options = ['--pool=prefork', '--concurrency=1', '--beat'];

  test('keeps the lock, alone among the children of its worker, and ends with it', async () => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const path = rig.write('worker.lock', '');
    const schedule = `--schedule=${rig.folder}/schedule`;
    const env = { ...LOCKED, SHOP_BROKER_URL: redis.url };
    const one = handOver(path, (pass) => worker(rig, python, [...options, schedule], { env, pass }));
    await one.tells('ready');
    await one.logs(/beat: Starting/);
    const holders = childrenOf(one.pid).filter((child) => descriptorsOf(child).includes(path));
    expect(holders).toHaveLength(1);
    const [embedded = 0] = holders;

    // Frozen, it cannot take its death warrant: the lock must outlive the worker.
    tryKill(embedded, 'SIGSTOP');
    one.kill('SIGKILL');
    await until(() => one.over, 'the worker to end');
    expect(ask(path)).toBe('busy');
    tryKill(embedded, 'SIGCONT');
    await until(() => !alive(embedded), 'the embedded beat to end');
    expect(ask(path)).toBe('locked');
    // Told by TERM, not killed: it wrote its schedule down.
    expect(readdirSync(rig.folder).some((name) => name.startsWith('schedule'))).toBe(true);
  });

  test('an orderly stop ends both', async () => {
    const rig = new Rig();
    const redis = await startRedis(rig);
    const path = rig.write('worker.lock', '');
    const schedule = `--schedule=${rig.folder}/schedule`;
    const env = { ...LOCKED, SHOP_BROKER_URL: redis.url };
    const one = handOver(path, (pass) => worker(rig, python, [...options, schedule], { env, pass }));
    await one.tells('ready');
    await one.logs(/beat: Starting/);
    one.kill('SIGTERM');
    expect(await one.ended).toMatchObject({ code: 0 });
    expect(ask(path)).toBe('locked');
  });
});

/** Real workers on a real Redis that are replaced while tasks flow in, and beat, of which there must not be two. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Client, Driver } from '../backends/celery/stage.ts';
import { startRedis } from '../support/redis.ts';
import { alive, Rig, type Running, type StatusRow, until } from '../support/rig.ts';

const python = inject('python');

/** It hangs while it is imported, deaf to TERM, as long as there is a file `hang`. */
const APP = `
import os, signal, time
from celery import Celery
app = Celery("numbered", broker=os.environ["BROKER"])
app.conf.worker_prefetch_multiplier = 1
app.conf.beat_schedule = {"tick": {"task": "record", "schedule": 1.0, "args": (0,)}}

if os.path.exists("hang"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open("hanging", "w").close()
    while os.path.exists("hang"):
        time.sleep(0.05)

@app.task(name="record", bind=True)
def record(self, number):
    time.sleep(0.02)
    out = os.open("ran", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(out, f"{number} {self.request.hostname.split('@')[0]}\\n".encode())

@app.task(name="hold")
def hold():
    open("holding", "w").close()
    while not os.path.exists("over"):
        time.sleep(0.02)
`;

interface Scene {
  readonly rig: Rig;
  readonly start: Running;
  readonly client: Client;
}

async function begin(entries: (broker: string) => string): Promise<Scene> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  rig.write('numbered.py', APP);
  rig.manifest(`PRODUCTION_PROCESSES:\n${entries(redis.url)}SUPERVISOR: {python: ${python}}\n`);
  const start = rig.start(['start', '--all']);
  await start.says(/\.1 \w+ -> RUNNING/);
  return { rig, start, client: new Client(new Driver(rig, python), redis.url, redis.url) };
}

const worker =
  (args = '', more = '') =>
  (broker: string): string =>
    `  worker: {BACKEND: CeleryWorker, APP: numbered, ENV: {BROKER: "${broker}"}, ARGS: {concurrency: 2, without-mingle: true${args}}${more}}\n`;

const row = async (rig: Rig): Promise<StatusRow> => {
  const [one] = await rig.status();
  if (one === undefined) throw new Error('nobody answers');
  return one;
};

/** `[number, node]` of what ran, in that order. */
const ran = (rig: Rig): (readonly [number, string])[] =>
  (existsSync(join(rig.folder, 'ran')) ? rig.read('ran') : '')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, node] = line.split(' ');
      return [Number(number), node ?? ''];
    });

async function end({ rig, start }: Pick<Scene, 'rig' | 'start'>): Promise<void> {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(workers(rig)).toEqual([]);
}

/** The marked processes of Celery that are there, main processes and children. */
const workers = (rig: Rig): number[] =>
  rig.survivors().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('prodserver_celery.py') && alive(pid);
    } catch {
      return false; // gone
    }
  });

test.each(['prefork', 'gevent'])('restart of a worker on %s: 100 tasks run once each', async (pool) => {
  const scene = await begin(worker(`, pool: ${pool}`));
  const { rig, start, client } = scene;
  const old = await row(rig);
  const send = async (from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number += 1) await client.send('record', [number]);
  };
  await send(1, 20);
  const restart = rig.run(['restart', 'worker']);
  const flow = send(21, 90);
  expect(await restart).toMatchObject({ code: 0, stdout: 'worker.1: restarted\n' });
  await flow;
  await send(91, 100);
  await until(() => ran(rig).length >= 100, 'all tasks to run');
  const numbers = ran(rig).map(([number]) => number);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(new Set(ran(rig).map(([, node]) => node))).toEqual(new Set(['worker', 'worker.g2']));

  const young = await row(rig);
  expect(young).toMatchObject({ state: 'RUNNING', generation: 2, replacing: null, restarts: 0 });
  expect(young.pid).not.toBe(old.pid);
  expect(old.members.filter((pid) => alive(pid))).toEqual([]);
  expect(young.exits).toMatchObject([{ pid: old.pid, code: 0, reason: 'manual' }]);
  const told = start.stdout.split('\n').filter((line) => line.startsWith('prodserver |'));
  const shape = told
    .slice(told.findIndex((line) => line.includes('restarting')))
    .map((line) => line.slice('prodserver | '.length).replaceAll(/\d[\d.]* (m?s|min)/g, 'T'));
  expect(shape.map((line) => line.replaceAll(/pid \d+/g, 'pid N'))).toEqual([
    'restarting, as a command asks',
    'worker.1: replacing it: as a command asks; starting worker.1.g2',
    'worker.1.g2 STOPPED -> STARTING (pid N)',
    'worker.1.g2 STARTING -> RUNNING (pid N, ready after T)',
    'worker.1 RUNNING -> STOPPING (SIGTERM to pid N, up to T)',
    'worker.1 STOPPING -> STOPPED (exit code 0 after T)',
    expect.stringMatching(
      /^worker\.1 restarted, as a command asks.*; successor ready in T; drained in T$/,
    ) as string,
  ]);
  await end(scene);
});

test('a successor that cannot start: the old one goes on, and what is wrong is told', async () => {
  const scene = await begin(worker());
  const { rig, start, client } = scene;
  const { pid } = await row(rig);
  rig.write('numbered.py', 'def broken(:\n');
  const restart = await rig.run(['restart', 'worker']);
  expect(restart.code).toBe(1);
  expect(restart.stderr).toContain(
    'error: not restarted: worker.1: exit code 2: another attempt cannot help [restart-failed]\n',
  );
  await start.says(
    /worker\.1: could not be replaced \(as a command asks\): worker\.1\.g2: exit code 2: another attempt cannot help; worker\.1 goes on\n/,
  );
  expect(start.stdout).toMatch(/^worker\.1 +\| .*SyntaxError/m);
  expect(await row(rig)).toMatchObject({
    state: 'RUNNING',
    pid,
    generation: 1,
    replacing: null,
    replacement_failed: { generation: 2, reason: 'exit-permanent' },
  });
  await client.send('record', [1]);
  await until(() => ran(rig).length === 1, 'the old one to serve');
  await end(scene);
});

test('a stop of everything during a replacement leaves nothing behind', async () => {
  const scene = await begin(worker());
  const { rig, start, client } = scene;
  await client.send('hold');
  await until(() => existsSync(join(rig.folder, 'holding')), 'the task to run');
  expect(await rig.run(['restart', '--no-wait'])).toMatchObject({ code: 0 });
  await start.says(/worker\.1\.g2 STARTING -> RUNNING/);
  await start.says(/worker\.1 RUNNING -> STOPPING/);
  start.kill('SIGTERM');
  await start.says(/stopping: waiting for .*worker\.1 \(pid \d+, 1 task running, .* of 1 min 10 s\)/);
  rig.write('over', '');
  expect((await start.ended).code).toBe(143);
  expect(workers(rig)).toEqual([]);
});

test('SIGKILL of the supervisor during a replacement: the next one ends both before it starts', async () => {
  const scene = await begin(worker('', ', STOP: {timeout: 1s}'));
  const { rig, start, client } = scene;
  const old = await row(rig);
  await client.send('hold');
  await until(() => existsSync(join(rig.folder, 'holding')), 'the task to run');
  rig.write('hang', '');
  expect(await rig.run(['restart', '--no-wait'])).toMatchObject({ code: 0 });
  const young = Number((await start.says(/worker\.1\.g2 STOPPED -> STARTING \(pid (\d+)\)/))[1]);
  await until(() => existsSync(join(rig.folder, 'hanging')), 'the successor to hang');
  expect((await row(rig)).members).toEqual([...old.members, young]);
  start.kill('SIGKILL');
  await start.ended;
  expect([old.pid ?? 0, young].map((pid) => alive(pid))).toEqual([true, true]);
  const records = (): string[] =>
    readdirSync(join(rig.folder, 'run')).flatMap((name) => /worker\.[\w.]+(?=\.run$)/.exec(name) ?? []);
  expect(records().toSorted()).toEqual(['worker.1', 'worker.1.g2']);

  const next = rig.start(['start', '--all']);
  await next.says(/worker\.1 \w+ -> WAITING \(what a killed supervisor left of it still runs/);
  await next.says(/worker\.1 WAITING -> STARTING/);
  expect([old.pid ?? 0, young].map((pid) => alive(pid))).toEqual([false, false]);
  rmSync(join(rig.folder, 'hang'));
  await next.says(/worker\.1 STARTING -> RUNNING/);
  expect(records()).toEqual(['worker.1']);
  await end({ rig, start: next });
});

test('beat: the old one is gone before the new one starts, and the lock goes over', async () => {
  const scene = await begin(
    (broker) => `  beat: {BACKEND: CeleryBeat, APP: numbered, ENV: {BROKER: "${broker}"}}\n`,
  );
  const { rig, start } = scene;
  const { pid } = await row(rig);
  const restart = rig.run(['restart', 'beat']);
  await start.says(/beat\.1: replacing it: as a command asks; it stops before it starts/);
  await start.says(/beat\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+/);
  await start.says(/beat\.1 \w+ -> STARTING/);
  expect(alive(pid ?? 0)).toBe(false);
  await start.says(/beat\.1 STARTING -> RUNNING/);
  expect(await restart).toMatchObject({ code: 0, stdout: 'beat.1: restarted\n' });
  expect(await row(rig)).toMatchObject({ generation: 1, restarts: 0, exits: [{ pid, reason: 'manual' }] });
  await end(scene);
});

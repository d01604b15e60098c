/** Real workers on a real Redis that are replaced while tasks flow in. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { Client, type Driver } from '../backends/celery/stage.ts';
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

export interface Scene {
  readonly rig: Rig;
  readonly start: Running;
  readonly client: Client;
}

export async function begin(driver: Driver, entries: (broker: string) => string): Promise<Scene> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  rig.write('numbered.py', APP);
  rig.manifest(`PRODUCTION_PROCESSES:\n${entries(redis.url)}SUPERVISOR: {python: ${python}}\n`);
  const start = rig.start(['start', '--all']);
  await start.says(/\.1 \w+ -> RUNNING/);
  return { rig, start, client: new Client(driver, redis.url, redis.url) };
}

export const worker =
  (args = '', more = '') =>
  (broker: string): string =>
    `  worker: {BACKEND: CeleryWorker, APP: numbered, ENV: {BROKER: "${broker}"}, ARGS: {concurrency: 2, without-mingle: true${args}}${more}}\n`;

export const row = async (rig: Rig): Promise<StatusRow> => {
  const [one] = await rig.status();
  if (one === undefined) throw new Error('nobody answers');
  return one;
};

/** `[number, node]` of what ran, in that order. */
export const ran = (rig: Rig): (readonly [number, string])[] =>
  (existsSync(join(rig.folder, 'ran')) ? rig.read('ran') : '')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, node] = line.split(' ');
      return [Number(number), node ?? ''];
    });

export async function end({ rig, start }: Pick<Scene, 'rig' | 'start'>): Promise<void> {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(workers(rig)).toEqual([]);
}

/** The marked processes of Celery that are there, main processes and children. */
export const workers = (rig: Rig): number[] =>
  rig.survivors().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('prodserver_celery.py') && alive(pid);
    } catch {
      return false; // gone
    }
  });

/** 100 tasks that are sent before, during and after a restart run once each. */
export async function restartAmongTasks(driver: Driver, pool: string): Promise<void> {
  const scene = await begin(driver, worker(`, pool: ${pool}`));
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
}

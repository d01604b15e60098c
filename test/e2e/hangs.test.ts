/** Workers and beats that live and do nothing are found and healed; those that are busy, or wait for their broker, are not. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig, ROOT, until, type Running } from '../support/rig.ts';

/** Short times, but longer than a busy machine keeps a worker waiting. */
const TIMES = 'loop: 8s, canary: 8s, polling: 8s';
const BUSY_S = 18;
const FROZEN_S = 18;

interface Stage {
  readonly rig: Rig;
  readonly start: Running;
  readonly redis: { readonly pid: number };
  /** Sends tasks, in Python. */
  readonly send: (code: string) => Promise<void>;
  readonly lines: (name: string) => string[];
}

const worker = (pool: string, queue: string, more = ''): string =>
  `BACKEND: CeleryWorker, APP: "hanging:app", ARGS: {pool: ${pool}, queues: ${queue}, without-mingle: true, ` +
  `without-gossip: true${more}}, LIVE: {celery: {${TIMES}}}, STOP: {timeout: 3s}`;
const beat = (name: string, more = ''): string =>
  `BACKEND: CeleryBeat, APP: "hanging:app", ARGS: {scheduler: "hanging:Scheduler", schedule: ${name}}, ` +
  `LIVE: {celery: {beat: 8s}}, ENV: {SENT: sent-${name}${more}}`;

async function stage(entries: Readonly<Record<string, string>>): Promise<Stage> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  copyFileSync(join(ROOT, 'test', 'e2e', 'hanging.py'), join(rig.folder, 'hanging.py'));
  const python = inject('python');
  const body = Object.entries(entries).map(([name, entry]) => `  ${name}: {${entry}}\n`);
  rig.manifest(`PRODUCTION_PROCESSES:\n${body.join('')}SUPERVISOR: {python: ${python}}\n`);
  const env = { BROKER: redis.url };
  const start = rig.start(['start', '--all'], { env });
  await Promise.all(
    Object.keys(entries).map((name) =>
      until(() => new RegExp(`${name}\\.1 STARTING -> RUNNING`).test(start.stdout), `${name} to run`),
    ),
  );
  return {
    rig,
    start,
    redis,
    async send(code) {
      const client = await rig.spawn([python, '-c', `from hanging import *\n${code}`], { env }).ended;
      expect(client, client.stderr).toMatchObject({ code: 0 });
    },
    lines(name) {
      try {
        return rig.read(`${name}.txt`).trim().split('\n');
      } catch {
        return []; // not written yet
      }
    },
  };
}

const pidOf = async ({ rig }: Stage, instance: string): Promise<number> => {
  const pid = (await rig.status()).find((row) => row.instance === instance)?.pid ?? null;
  if (pid === null) throw new Error(`${instance} does not run`);
  return pid;
};

/** Waits until it runs again; what was wrong with it. */
async function healed({ start }: Stage, name: string): Promise<string> {
  const found = new RegExp(`${name}\\.1 RUNNING -> STOPPING \\((unresponsive \\(.*\\)): `);
  const again = new RegExp(`${found.source}[^]*${name}\\.1 STARTING -> RUNNING`);
  await until(() => again.test(start.stdout), `${name} to be healed`, 60_000);
  return found.exec(start.stdout)?.[1]?.replace(/\d+ s/, 'N s') ?? '';
}

/** That nothing happens is seen only by time. */
const passed = async (seconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, seconds * 1000));

/** Seconds between one sending and the next. */
const gaps = (times: readonly string[]): number[] =>
  times.slice(1).map((time, index) => Number(time) - Number(times[index]));

test('who lives and does nothing is started again, who is busy is not', async () => {
  const one = await stage({
    solo: worker('solo', 'solo'),
    full: worker('prefork', 'full', ', concurrency: 2'),
    green: worker('gevent', 'green', ', concurrency: 10'),
    frozen: worker('prefork', 'frozen', ', concurrency: 1'),
    beat: beat('beat'),
  });
  const { rig, start, send, lines } = one;
  await until(() => lines('sent-beat').length >= 2, 'beat to send');
  await send(
    `rest.apply_async(("solo", ${BUSY_S}), queue="solo")
for name in ("a", "b"): rest.apply_async((name, ${BUSY_S}), queue="full")
spin.apply_async(queue="green")`,
  );
  for (const instance of ['frozen.1', 'beat.1']) process.kill(await pidOf(one, instance), 'SIGSTOP');
  const [green, frozen, stoppedBeat] = await Promise.all(
    ['green', 'frozen', 'beat'].map((name) => healed(one, name)),
  );
  expect({ green, frozen, stoppedBeat }).toEqual({
    green: 'unresponsive (hub: no turn for N s)',
    frozen: 'unresponsive (consumer loop: no turn for N s)',
    stoppedBeat: 'unresponsive (scheduler: a tick is N s late)',
  });
  // Its stacks are in its log.
  expect(start.stdout).toMatch(/green\.1 +\| .*hanging\.py", line \d+ in spin/);
  await send('for queue in ("green", "frozen"): note.apply_async(("note-" + queue,), queue=queue)');
  await until(() => lines('note-green').length + lines('note-frozen').length === 2, 'the healed to work');
  for (const name of ['solo', 'a', 'b']) {
    await until(() => lines(name).at(-1) === 'done', `${name} to be done`);
    expect(lines(name)).toEqual(['begun', 'done']);
  }
  const sent = lines('sent-beat').length;
  await until(() => lines('sent-beat').length >= sent + 2, 'beat to go on');
  // What was missed is sent once, and nothing twice.
  expect(Math.min(...gaps(lines('sent-beat')))).toBeGreaterThan(1.5);
  expect(Object.fromEntries((await rig.status()).map((row) => [row.name, row.restarts]))).toEqual({
    solo: 0,
    full: 0,
    green: 1,
    frozen: 1,
    beat: 1,
  });
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});

test('a broker that is frozen restarts nobody, a scheduler that is stuck is restarted', async () => {
  const one = await stage({
    prefork: worker('prefork', 'prefork', ', concurrency: 1'),
    threads: worker('threads', 'threads', ', concurrency: 2'),
    solo: worker('solo', 'solo'),
    green: worker('gevent', 'green', ', concurrency: 10'),
    beat: beat('beat', ', WEDGE: "1"'),
  });
  const { rig, start, redis, send, lines } = one;
  const queues = ['prefork', 'threads', 'solo', 'green'];
  expect(await healed(one, 'beat')).toBe('unresponsive (scheduler: a tick is N s late)');
  expect(start.stdout).toMatch(/beat\.1 +\| .*hanging\.py", line \d+ in tick/);
  const sent = lines('sent-beat').length;
  await until(() => lines('sent-beat').length >= sent + 2, 'beat to go on');
  expect(Math.min(...gaps(lines('sent-beat')))).toBeGreaterThan(1.5);

  process.kill(redis.pid, 'SIGSTOP');
  await passed(FROZEN_S);
  process.kill(redis.pid, 'SIGCONT');
  await send(`for queue in ${JSON.stringify(queues)}: note.apply_async(("note-" + queue,), queue=queue)`);
  await until(() => queues.every((name) => lines(`note-${name}`).length === 1), 'all to work again');
  // As long again as it takes to find one that hangs.
  await passed(10);
  expect(Object.fromEntries((await rig.status()).map((row) => [row.name, row.restarts]))).toEqual({
    prefork: 0,
    threads: 0,
    solo: 0,
    green: 0,
    beat: 1,
  });
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});

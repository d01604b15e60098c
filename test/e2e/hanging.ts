/** Workers and beats that can be made to hang, for a supervisor of their own. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { startRedis, type Redis } from '../support/redis.ts';
import { Rig, ROOT, until, type Running } from '../support/rig.ts';

/** Short times, but longer than a busy machine keeps a worker waiting. */
const TIMES = 'loop: 8s, canary: 8s, polling: 8s';

export interface Stage {
  readonly rig: Rig;
  readonly start: Running;
  readonly redis: Redis;
  /** Sends tasks, in Python. */
  readonly send: (code: string) => Promise<void>;
  readonly lines: (name: string) => string[];
}

export const worker = (pool: string, queue: string, more = '', live = TIMES): string =>
  `BACKEND: CeleryWorker, APP: "hanging:app", ARGS: {pool: ${pool}, queues: ${queue}, without-mingle: true, ` +
  `without-gossip: true${more}}, LIVE: {celery: {${live}}}, STOP: {timeout: 3s}`;
export const beat = (name: string, more = ''): string =>
  `BACKEND: CeleryBeat, APP: "hanging:app", ARGS: {scheduler: "hanging:Scheduler", schedule: ${name}}, ` +
  `LIVE: {celery: {beat: 8s}}, ENV: {SENT: sent-${name}${more}}`;

/** A supervisor with these entries, all of them running, on a Redis of its own. */
export async function stage(
  entries: Readonly<Record<string, string>>,
  { python = inject('python') }: { readonly python?: string } = {},
): Promise<Stage> {
  const rig = new Rig();
  const redis = await startRedis(rig);
  copyFileSync(join(ROOT, 'test', 'e2e', 'hanging.py'), join(rig.folder, 'hanging.py'));
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

/** How often each process was restarted, by name. */
export const restartsOf = async (rig: Rig): Promise<Record<string, number>> =>
  Object.fromEntries((await rig.status()).map((row) => [row.name, row.restarts]));

/** That nothing happens is seen only by time. */
export const passed = async (seconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, seconds * 1000));

/** Numbered tasks through a worker that is replaced again and again: what was lost, and what ran twice. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { startRedis } from './redis.ts';
import { Rig, ROOT, until } from './rig.ts';

export interface NumberedRun {
  readonly python: string;
  readonly pool: string;
  readonly acks: 'early' | 'late';
  readonly tasks: number;
  readonly maxTasks: number;
  /** Tasks a second; 20 unless given. */
  readonly rate?: number;
  /** Its broker; a Redis of its own where it is not given. */
  readonly broker?: string;
}

export interface NumberedResult {
  readonly lost: readonly number[];
  /** Numbers that ran more than once. */
  readonly doubled: readonly number[];
  readonly replacements: number;
  /** Tasks a second while a replacement is under way, as a part of those at other times. */
  readonly ratio: number;
  readonly story: string;
}

/** So slow that a replacement ends before the next one is due. */
const RATE = 20;

/**
 * Pools in Celery's own process: acknowledging late and with as many messages as slots, a plain worker does 2.1 to 2.6 of
 * our tasks a second, since its loop sleeps through the ends of tasks.
 */
const INSIDE = ['threads', 'gevent', 'eventlet'];

interface Mark {
  readonly number: number;
  readonly node: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

const APP = join(ROOT, 'test', 'support', 'numbered.py');

export async function runNumbered(run: NumberedRun): Promise<NumberedResult> {
  const rig = new Rig();
  const broker = run.broker ?? (await startRedis(rig)).url;
  const rate = run.rate ?? RATE;
  const slots = run.pool === 'solo' ? 1 : 4;
  const prefetch = run.acks === 'late' && INSIDE.includes(run.pool) ? 4 : 1;
  rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: numbered
    ARGS: {pool: ${run.pool}, concurrency: ${slots}, prefetch-multiplier: ${prefetch}, loglevel: WARNING, without-mingle: true}
    RECYCLE: {max-tasks: ${run.maxTasks}, jitter: 0, min-uptime: 1s}
SUPERVISOR: {python: ${run.python}}
`);
  const env = {
    PYTHONPATH: join(ROOT, 'test', 'support'),
    NUMBERED_BROKER: broker,
    NUMBERED_ACKS: run.acks,
    NUMBERED_FILE: join(rig.folder, 'marks'),
  };
  rig.write('marks', '');
  const marks = (): Mark[] =>
    rig
      .read('marks')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '))
      .map(([number, node = '', at]) => ({ number: Number(number), node, at: Number(at) }));

  const start = rig.start(['start', '--all', '--log-format', 'json'], { env });
  const seconds = String(slots / rate);
  const sender = await rig.spawn([run.python, APP, '1', String(run.tasks), seconds], { env }).ended;
  expect(sender, sender.stderr).toMatchObject({ code: 0 });
  const patience = (run.tasks / rate) * 1000 * 3 + 60_000;
  await until(() => new Set(marks().map(({ number }) => number)).size >= run.tasks, 'all tasks', patience);
  start.kill('SIGTERM');
  const ended = await start.ended;
  expect(ended.code, ended.stdout).toBe(143);
  expect(rig.survivors()).toEqual([]);

  const found = marks();
  const times = new Map<number, number>();
  for (const { number } of found) times.set(number, (times.get(number) ?? 0) + 1);
  const numbers = Array.from({ length: run.tasks }, (_, index) => index + 1);
  const windows = replacementsIn(ended.stdout);
  return {
    lost: numbers.filter((number) => !times.has(number)),
    doubled: numbers.filter((number) => (times.get(number) ?? 0) > 1),
    replacements: new Set(found.map(({ node }) => node)).size - 1,
    ratio: throughputRatio(found, windows),
    story: ended.stdout,
  };
}

interface Window {
  readonly from: number;
  readonly to: number;
}

/** From the order to start a successor to the end of its predecessor, in seconds since the epoch. */
function replacementsIn(log: string): Window[] {
  const windows: Window[] = [];
  let from: number | null = null;
  for (const line of log.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { time, msg = '' } = JSON.parse(line) as { time: number; msg?: string };
    if (/replacing it/.test(msg)) from = time / 1000;
    if (/recycled/.test(msg) && from !== null) {
      windows.push({ from, to: time / 1000 });
      from = null;
    }
  }
  return windows;
}

function throughputRatio(marks: readonly Mark[], windows: readonly Window[]): number {
  const [first, last] = [marks[0]?.at ?? 0, marks.at(-1)?.at ?? 0];
  const within = windows.filter(({ from, to }) => from >= first && to <= last);
  const busy = within.reduce((sum, { from, to }) => sum + to - from, 0);
  const during = marks.filter(({ at }) => within.some(({ from, to }) => at >= from && at <= to)).length;
  const rest = (marks.length - during) / (last - first - busy);
  return during / busy / rest;
}

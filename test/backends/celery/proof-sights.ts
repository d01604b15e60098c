/** What the proofs look at. Nothing here asserts: both runs of a proof may see what they like. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../../python/harness.ts';
import { until } from '../../support/rig.ts';
import type { Args, Client, Event, Stage } from './stage.ts';

/** As Celery counts them: all of the machine, whatever this process may use. */
export const CPUS = cpus().length;
/** Meeting other workers costs a second, and there are none. */
export const QUICK: Args = { 'without-mingle': true, 'without-gossip': true };
export const ONE: Args = { ...QUICK, concurrency: 1 };

export const nodeOf = ({ node }: Pick<Stage, 'node'>): string => {
  if (node === null) throw new Error('the process told no node name');
  return node;
};

export const childCount = ({ process }: Stage): number => childrenOf(process.pid).length;

/** `inspect stats`, as far as the proofs read it. */
export interface Stats {
  readonly prefetch_count: number;
  readonly pool: { readonly [key: string]: unknown };
  readonly total: Readonly<Record<string, number>>;
}

export const stats = async (stage: Stage): Promise<Stats> => {
  // A worker without an event loop subscribes to broadcasts after it has said that it is ready: the first may be lost.
  for (let question = 0; question < 6; question++) {
    const found = await stage.client.inspect<Stats>(nodeOf(stage), 'stats');
    if (found !== null) return found;
  }
  throw new Error('the worker did not answer');
};

export const prefetch = async (stage: Stage): Promise<number> => (await stats(stage)).prefetch_count;

/** Which class runs the tasks, without the package that all pools share. */
export const implementation = async (stage: Stage): Promise<string> =>
  String((await stats(stage)).pool['implementation']).replace('celery.concurrency.', '');

/** The processes of tasks that ran one after another, each as the position of its first task. */
export async function runners(client: Client, count: number): Promise<number[]> {
  const pids: unknown[] = [];
  for (let task = 0; task < count; task++) pids.push((await client.run('whoami')).value);
  return pids.map((pid) => pids.indexOf(pid));
}

/** The same, around one task that takes memory. */
export async function runnersAround(client: Client, mebibytes: number): Promise<number[]> {
  const pids = [(await client.run('whoami')).value, (await client.run('allocate', [mebibytes])).value];
  pids.push((await client.run('whoami')).value);
  return pids.map((pid) => pids.indexOf(pid));
}

/** The largest number of tasks that ran at one time, of `count` that were sent at once. */
export async function peak({ client }: Stage, count: number, seconds: number): Promise<number> {
  const ids = await Promise.all(Array.from({ length: count }, () => client.send('span', [seconds])));
  const outcomes = await Promise.all(ids.map((id) => client.result(id)));
  const spans = outcomes.map(({ value }) => value as [number, number]);
  return Math.max(...spans.map(([at]) => spans.filter(([start, end]) => start <= at && at < end).length));
}

/** How a task of four seconds ends; a limit under proof is one second. */
export const patient = async ({ client }: Stage): Promise<string> => {
  const { state, value } = await client.run('patient', [4]);
  return `${state} ${String(value)}`;
};

/** Children at the start, at most while tasks wait, and whether there are fewer when none wait. */
export async function scaling(stage: Stage, tasks: number): Promise<[number, number, 'fewer' | 'as many']> {
  const { client } = stage;
  const start = childCount(stage);
  const ids = await Promise.all(Array.from({ length: tasks }, () => client.send('span', [1.5])));
  let most = start;
  let done = false;
  const all = Promise.all(ids.map((id) => client.result(id))).finally(() => (done = true));
  await until(() => {
    most = Math.max(most, childCount(stage));
    return done;
  }, 'the tasks to end');
  await all;
  // Not always so few as in the beginning: Celery may count one child twice that it ends, and so keep another.
  if (most > start) await until(() => childCount(stage) < most, 'fewer children');
  return [start, most, childCount(stage) < most ? 'fewer' : 'as many'];
}

/** How tasks in queues `a` and `b` ended, once those of the queues that are served have; `waits` else. */
export async function served(stage: Stage): Promise<Record<string, string>> {
  const { client } = stage;
  // The one that should not be served comes first: what is seen of the other is later.
  const sent = {
    b: await client.send('whoami', [], { queue: 'b' }),
    a: await client.send('whoami', [], { queue: 'a' }),
  };
  const names = await activeQueues(stage);
  const seen: Record<string, string> = {};
  for (const name of ['a', 'b'] as const) {
    if (names.includes(name)) seen[name] = (await client.result(sent[name])).state;
  }
  const depth = await client.depth('a', 'b');
  for (const name of ['a', 'b'] as const) seen[name] ??= depth[name] === 1 ? 'waits' : 'gone';
  return seen;
}

export async function activeQueues(stage: Stage): Promise<string[]> {
  const queues = await stage.client.inspect<{ name: string }[]>(nodeOf(stage), 'active_queues', 20);
  return (queues ?? []).map(({ name }) => name);
}

/** Which log lines of a list there are once the worker has said that it is ready, at INFO or lower. */
export async function logged({ process }: Stage, ...patterns: RegExp[]): Promise<boolean[]> {
  await process.logs(/ ready\./);
  return patterns.map((pattern) => pattern.test(process.stderr));
}

/** Events are heard from when this returns; some event must be sent, if only that of a task. */
export async function attend({ client }: Stage): Promise<void> {
  await client.listen();
  await until(async () => {
    await client.run('whoami');
    return (await client.events()).length > 0;
  }, 'an event');
}

export const heartbeats = (events: readonly Event[]): Event[] =>
  events.filter(({ type }) => type === 'worker-heartbeat');

/** The events of a task, once there were two heartbeats after its end. */
export async function taskEvents(stage: Stage): Promise<string[]> {
  const { client } = stage;
  await attend(stage);
  const id = await client.send('whoami');
  await client.result(id);
  const before = heartbeats(await client.events()).length;
  await until(async () => heartbeats(await client.events()).length >= before + 2, 'two heartbeats');
  const events = await client.events();
  return events.filter(({ uuid }) => uuid === id).map(({ type }) => type);
}

/** Whether there was a heartbeat while a task ran for longer than two heartbeats take. */
export async function heartbeatMeanwhile(stage: Stage): Promise<boolean> {
  const { client } = stage;
  await attend(stage);
  const id = await client.send('span', [5]);
  const is = (type: string) => (event: Event) => event.type === type && event['uuid'] === id;
  const events = await until(async () => {
    const all = await client.events();
    return all.some(is('task-succeeded')) && all;
  }, 'the task to end');
  const during = events.slice(events.findIndex(is('task-started')), events.findIndex(is('task-succeeded')));
  return heartbeats(during).length > 0;
}

export async function frequency(stage: Stage): Promise<unknown> {
  await stage.client.listen();
  return until(async () => heartbeats(await stage.client.events())[0]?.['freq'], 'a heartbeat');
}

/** Text of a file in the folder of the run; null where there is none. */
export function fileIn({ rig }: Stage, name: string): string | null {
  return existsSync(join(rig.folder, name)) ? rig.read(name) : null;
}

/** A field of /proc/<pid>/status, for instance the user. */
export const statusOf = (pid: number, field: string): string | undefined =>
  new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];

export const commandOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');

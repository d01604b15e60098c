/** Workers of one slot and one queue for each way to acknowledge, on a broker of their own. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import type { MemoryGroup } from '../support/memory-group.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, type Running, until } from '../support/rig.ts';

export const ACKS = ['early', 'late', 'reject'] as const;
export type Acks = (typeof ACKS)[number];

interface Shop {
  readonly pool?: string;
  readonly slots?: number;
  readonly acks: readonly Acks[];
  readonly broker?: 'redis' | 'rabbitmq';
  /** Of Redis, in seconds. */
  readonly visibility?: number;
  readonly group?: MemoryGroup;
  /** Keys of each entry's ARGS, and of the entry itself. */
  readonly args?: string;
  readonly keys?: string;
}

export async function shop({
  pool = 'prefork',
  slots = 1,
  acks,
  broker = 'redis',
  visibility,
  group,
  args = '',
  keys = '',
}: Shop) {
  const rig = new Rig();
  const [redis, rabbit] = await Promise.all([
    startRedis(rig),
    broker === 'rabbitmq' ? startRabbitMq(rig) : null,
  ]);
  const python = inject('python');
  copyFileSync(join(import.meta.dirname, 'killed_work.py'), join(rig.folder, 'killed_work.py'));
  rig.write('marks', '');
  const entry = (kind: Acks): string => `  ${kind}:
    BACKEND: CeleryWorker
    APP: killed_work
    ARGS: {pool: ${pool}, concurrency: ${slots}, queues: ${kind}, without-mingle: true, without-gossip: true${args}}
    ENV: {ACKS: ${kind}}
${keys}`;
  const entries = acks.map(entry).join('');
  rig.manifest(`PRODUCTION_PROCESSES:\n${entries}SUPERVISOR: {python: ${python}}\n`);
  const env = {
    BROKER: rabbit?.url ?? redis.url,
    RESULTS: redis.url,
    ...(visibility === undefined ? {} : { VISIBILITY_TIMEOUT: String(visibility) }),
  };
  const command = [process.execPath, rig.bin, 'start', '--all'] as const;
  const start = rig.spawn(group === undefined ? command : [...group.command, ...command], { env });
  await Promise.all(acks.map((kind) => begun(start, kind)));
  return {
    rig,
    start,
    marks: (name: string): string[] =>
      rig
        .read('marks')
        .split('\n')
        .filter((line) => line.startsWith(`${name} `))
        .map((line) => line.slice(name.length + 1)),
    /** Runs Python with the tasks at hand, and gives what it printed as JSON. */
    client: async (code: string): Promise<unknown> => {
      const source = `import json\nfrom killed_work import *\n${code}`;
      const ended = await rig.spawn([python, '-c', source], { env }).ended;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended.stdout === '' ? null : JSON.parse(ended.stdout);
    },
    over: async (): Promise<void> => {
      start.kill('SIGTERM');
      await start.ended;
      await rabbit?.stop();
      await until(() => rig.survivors().length === 0, 'nothing to be left');
    },
  };
}

const begun = (start: Running, name: string): Promise<unknown> =>
  until(() => start.stdout.includes(`${name}.1 STARTING -> RUNNING`), `${name} to run`);

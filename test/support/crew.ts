/** Celery processes that share a module of tasks, with a broker, a supervisor and a client of their own. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, inject } from 'vitest';
import { startRabbitMq } from './rabbitmq.ts';
import { type Redis, startRedis } from './redis.ts';
import { Rig, type Running, until } from './rig.ts';

export interface Crew {
  readonly rig: Rig;
  readonly start: Running;
  /** The results' place, and the broker unless there is a RabbitMQ. */
  readonly redis: Redis;
  /** Runs Python that has all of the module; gives what it printed. */
  readonly client: (code: string) => Promise<string>;
  /** Of a file in the rig's folder, without those that are empty; none where it is not written yet. */
  readonly lines: (file: string) => string[];
  /** Stops all, and finds nothing left. */
  readonly over: () => Promise<void>;
}

export interface CrewOptions {
  readonly broker?: 'redis' | 'rabbitmq';
  readonly env?: NodeJS.ProcessEnv;
  readonly python?: string;
  /** The beginning of a command that runs the rest of it. */
  readonly through?: readonly string[];
}

/**
 * All of `entries` are running; each is the inside of a mapping. `tasks` is the path of a Python file, which finds the
 * addresses in BROKER and RESULTS.
 */
export async function crew(
  tasks: string,
  entries: Readonly<Record<string, string>>,
  { broker = 'redis', env: more = {}, python = inject('python'), through = [] }: CrewOptions = {},
): Promise<Crew> {
  const rig = new Rig();
  const [redis, rabbit] = await Promise.all([
    startRedis(rig),
    broker === 'rabbitmq' ? startRabbitMq(rig) : null,
  ]);
  const env = { BROKER: rabbit?.url ?? redis.url, RESULTS: redis.url, ...more };
  copyFileSync(tasks, join(rig.folder, basename(tasks)));
  const body = Object.entries(entries).map(([name, entry]) => `  ${name}: {${entry}}\n`);
  rig.manifest(`PRODUCTION_PROCESSES:\n${body.join('')}SUPERVISOR: {python: ${python}}\n`);
  const [program, ...args] = [...through, process.execPath, rig.bin, 'start', '--all'];
  const start = rig.spawn([program, ...args], { env });
  const runs = (name: string): boolean => start.stdout.includes(`${name}.1 STARTING -> RUNNING`);
  await Promise.all(Object.keys(entries).map((name) => until(() => runs(name), `${name} to run`)));
  return {
    rig,
    start,
    redis,
    async client(code) {
      const source = `from ${basename(tasks, '.py')} import *\n${code}`;
      const ended = await rig.spawn([python, '-c', source], { env }).ended;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended.stdout;
    },
    lines(file) {
      try {
        return rig.read(file).split('\n').filter(Boolean);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    async over() {
      start.kill('SIGTERM');
      expect((await start.ended).code).toBe(143);
      await rabbit?.stop();
      await until(() => rig.survivors().length === 0, 'nothing to be left');
    },
  };
}

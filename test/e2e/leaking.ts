/** A real Celery worker on a real Redis whose tasks may leak, and are noted. */
import { join } from 'node:path';
import { crew } from '../support/crew.ts';
import { until } from '../support/rig.ts';

export async function leakyShop(args: string, recycle: string) {
  const worker =
    `BACKEND: CeleryWorker, APP: leaking, RECYCLE: {${recycle}}, ` +
    `ARGS: {${args}, without-mingle: true, without-gossip: true}`;
  const tasks = join(import.meta.dirname, 'leaking.py');
  const { client, lines, ...rest } = await crew(tasks, { worker });
  const { start } = rest;
  const notes = (): number[] => lines('notes').map(Number);
  return {
    ...rest,
    notes,
    /** With so many seconds from one to the next; gives the seconds that it took. */
    send: async (first: number, past: number, mebibytes = 0, pause = 0): Promise<number> =>
      Number(await client(`send(${first}, ${past}, ${mebibytes}, ${pause})`)),
    noted: async (count: number) => until(() => notes().length >= count, `${count} tasks to be done`),
    recycled: (): string[] => start.stdout.match(/worker\.1 recycled: .*$/gm) ?? [],
  };
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Workers and beats that can be made to hang, for a supervisor of their own. */
import { join } from 'node:path';
import { crew, type Crew } from '../support/crew.ts';
import type { Rig } from '../support/rig.ts';

/** Short times, but longer than a busy machine keeps a worker waiting. */
const TIMES = 'loop: 8s, canary: 8s, polling: 8s';

export type Stage = Crew;

export const worker = (pool: string, queue: string, more = '', live = TIMES): string =>
  `BACKEND: CeleryWorker, APP: "hanging:app", ARGS: {pool: ${pool}, queues: ${queue}, without-mingle: true, ` +
  `without-gossip: true${more}}, LIVE: {celery: {${live}}}, STOP: {timeout: 3s}`;
export const beat = (name: string, more = ''): string =>
  `BACKEND: CeleryBeat, APP: "hanging:app", ARGS: {scheduler: "hanging:Scheduler", schedule: ${name}}, ` +
  `LIVE: {celery: {beat: 8s}}, ENV: {SENT: sent-${name}${more}}`;

/** A supervisor with these entries, all of them running, on a Redis of its own. */
export async function stage(
  entries: Readonly<Record<string, string>>,
  options: { readonly python?: string } = {},
) {
  const one = await crew(join(import.meta.dirname, 'hanging.py'), entries, options);
  return { ...one, send: one.client, lines: (name: string): string[] => one.lines(`${name}.txt`) };
}

/** How often each process was restarted, by name. */
export const restartsOf = async (rig: Rig): Promise<Record<string, number>> =>
  Object.fromEntries((await rig.status()).map((row) => [row.name, row.restarts]));

/** That nothing happens is seen only by time. */
export const passed = async (seconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, seconds * 1000));

/** Workers of one slot and one queue for each way to acknowledge, on a broker of their own. */
import { join } from 'node:path';
import { crew } from '../support/crew.ts';
import type { MemoryGroup } from '../support/memory-group.ts';

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
  /** More keys of each entry's ARGS, and of the entry itself; each begins with a comma. */
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
  const entry = (kind: Acks): string =>
    `BACKEND: CeleryWorker, APP: killed_work, ENV: {ACKS: ${kind}}, ARGS: {pool: ${pool}, concurrency: ${slots}, ` +
    `queues: ${kind}, without-mingle: true, without-gossip: true${args}}${keys}`;
  const { rig, start, client, lines, over } = await crew(
    join(import.meta.dirname, 'killed_work.py'),
    Object.fromEntries(acks.map((kind) => [kind, entry(kind)])),
    {
      broker,
      env: visibility === undefined ? {} : { VISIBILITY_TIMEOUT: String(visibility) },
      through: group?.command ?? [],
    },
  );
  return {
    rig,
    start,
    over,
    marks: (name: string): string[] =>
      lines('marks')
        .filter((line) => line.startsWith(`${name} `))
        .map((line) => line.slice(name.length + 1)),
    /** Runs Python with the tasks at hand, and gives what it printed as JSON. */
    client: async (code: string): Promise<unknown> => {
      const printed = await client(`import json\n${code}`);
      return printed === '' ? null : JSON.parse(printed);
    },
  };
}

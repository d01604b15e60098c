import { failure, type Result } from '../model/failure.ts';
import { fail } from './output.ts';
import { revise } from './revise.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

/** As many as the manifest's INSTANCES may have. */
const MOST = 1000;

/** `worker=4 mail=1` */
export async function run(words: readonly string[], flags: Flags): Promise<number> {
  const counts = countsOf(words);
  if (!counts.ok) return fail(counts.error);
  const order = await orderOf(Object.keys(counts.value), flags);
  if (!order.ok) return fail(order.error);
  const having = order.value.found.filter(({ status }) =>
    status.processes.some(({ name }) => Object.hasOwn(counts.value, name)),
  );
  return revise({ ...order.value, found: having }, null, async (remote) => {
    const mine = having.find((one) => one.remote === remote)?.status.processes ?? [];
    const names = new Set(mine.map(({ name }) => name));
    return remote.scale(Object.fromEntries(Object.entries(counts.value).filter(([name]) => names.has(name))));
  });
}

function countsOf(words: readonly string[]): Result<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const word of words) {
    const [, name, count] = /^([^=*?]+)=(\d+)$/.exec(word) ?? [];
    if (name === undefined || count === undefined || Number(count) > MOST)
      return misused(`write NAME=NUMBER, such as worker=4, not "${word}"`);
    if (Number(count) === 0) return misused(`to run none of ${name}, use: prodserver stop ${name}`);
    counts[name] = Number(count);
  }
  return { ok: true, value: counts };
}

const misused = (detail: string): Result<never> => ({ ok: false, error: failure('usage', { detail }) });

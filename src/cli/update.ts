import { fail } from './output.ts';
import { revise } from './revise.ts';
import type { Flags } from './verb.ts';
import { orderOf } from './waiting.ts';

/** Has the running supervisors read their manifest again. */
export async function run(_: readonly string[], flags: Flags): Promise<number> {
  const order = await orderOf([], flags);
  if (!order.ok) return fail(order.error);
  const dry = flags['dryRun'] === true;
  return revise(
    order.value,
    async (remote) => remote.update(true),
    dry ? null : async (remote) => remote.update(false),
  );
}

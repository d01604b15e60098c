import { failure } from '../model/failure.ts';
import { lookAtLock, type LockLook } from '../singleton/inspect.ts';
import { lockJson, lockLines } from '../render/lock-table.ts';
import { EXIT } from '../render/words.ts';
import { chooseLocked, clock, keys } from './lock.ts';
import { fail, outputPaint, print } from './output.ts';
import type { Flags } from './verb.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const chosen = await chooseLocked(names, flags);
  if (typeof chosen === 'number') return chosen;
  if (chosen.length === 0) return fail(failure('lock-missing', { name: names[0] ?? null }));
  const looks = await Promise.all(chosen.map(async (spec) => lookAtLock(spec, keys, clock)));
  const seen: LockLook[] = [];
  let code: number = EXIT.ok;
  for (const look of looks) {
    if (look.ok) seen.push(look.value);
    else code = fail(look.error);
  }
  if (flags['json'] === true) print(JSON.stringify(lockJson(seen)));
  else for (const line of lockLines(seen, outputPaint())) print(line);
  return code;
}

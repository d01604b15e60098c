import { createInterface } from 'node:readline/promises';
import { failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { renderFailure } from '../render/failures.ts';
import { EXIT } from '../render/words.ts';
import { forceRelease, lookAtLock, type LockLook } from '../singleton/inspect.ts';
import { chooseLocked, clock, keys } from './lock.ts';
import { complain, fail, print } from './output.ts';
import type { Flags } from './verb.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const [name = ''] = names;
  const chosen = await chooseLocked([name], flags);
  if (typeof chosen === 'number') return chosen;
  const [spec] = chosen;
  if (spec === undefined) return fail(failure('lock-missing', { name }));
  const look = await lookAtLock(spec, keys, clock);
  if (!look.ok) return fail(look.error);
  const { holder, file } = look.value;
  if (holder === null) {
    print(`${spec.instance}: nobody holds ${file}`);
    return EXIT.ok;
  }
  if (holder.fence === null) return fail(failure('lock-of-kernel', { instance: spec.instance, holder }));
  if (!(await isMeant(spec, look.value, flags))) return EXIT.usage;
  const released = await forceRelease(spec, holder.fence, keys, clock);
  if (!released.ok) return fail(released.error);
  print(
    released.value
      ? `${spec.instance}: released ${file}`
      : `${spec.instance}: it was somebody else's by then`,
  );
  return released.value ? EXIT.ok : EXIT.failure;
}

/** Says what it risks, and asks where somebody can answer. */
async function isMeant(spec: ProcessSpec, { holder }: LockLook, flags: Flags): Promise<boolean> {
  if (holder === null || spec.lockStore.kind !== 'redis') return false;
  const { renewEveryMs, commandTimeoutMs, killGraceMs } = spec.lockStore.timings;
  const ms = renewEveryMs + commandTimeoutMs + killGraceMs;
  const risk = failure('lock-unforced', { instance: spec.instance, holder, ms });
  if (flags['force'] === true && flags['yes'] === true) return true;
  complain(renderFailure(risk));
  if (flags['force'] !== true || !process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question('Take it away? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

/** LOCK of an entry as part of its spec, and the rules between its keys. */
import { resolve } from 'node:path';
import type { Backend, Compiled } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import { leaseTimings, timingsProblem, type LeaseTimings } from '../model/lease-timings.ts';
import type { LockStore, SingletonKey } from '../model/spec.ts';
import type { Document } from './document.ts';
import { lock, timings as timingKeys, type LockInput } from './schema-lock.ts';

export function singletonOf(
  input: LockInput | undefined,
  compiled: Compiled,
  folder: string,
): SingletonKey | null {
  if (input?.name !== undefined) return { kind: 'name', name: input.name };
  // The file itself is what excludes.
  if (input?.file !== undefined) return { kind: 'name', name: resolve(folder, input.file) };
  return compiled.singleton;
}

/** Relative files stand beside the manifest. */
export function lockStoreOf(input: LockInput | undefined, folder: string): LockStore {
  if (input?.redis !== undefined)
    return { kind: 'redis', url: input.redis, timings: leaseTimings(numbersOf(input)) };
  return { kind: 'file', path: input?.file === undefined ? null : resolve(folder, input.file) };
}

const numbersOf = (input: LockInput): { readonly [K in keyof LeaseTimings]: number | undefined } => ({
  ttlMs: input.ttl,
  renewEveryMs: input['renew-every'],
  commandTimeoutMs: input['command-timeout'],
  renewDeadlineMs: input['renew-deadline'],
  killGraceMs: input['kill-grace'],
  killWaitMs: input['kill-wait'],
  lagMs: input.lag,
  drift: input.drift,
});

/** `alwaysLocked`: the entry has a lock of its own without being told, that of beat. */
export function lockRules(
  doc: Document,
  backend: Backend,
  given: unknown,
  alwaysLocked: boolean,
  base: readonly string[],
): Failure[] {
  const input = given === undefined ? undefined : lock.safeParse(given).data;
  if (input === undefined) return [];
  const path = [...base, 'LOCK'];
  const found: Failure[] = [];
  const { name, redis, file } = input;
  const useless = (key: string, why: string): void => {
    const place = doc.place([...path, key], 'key');
    found.push(failure('key-useless', { key, backend: backend.name, why }, { place }));
  };
  if (redis !== undefined && file !== undefined) useless('file', 'a lock is kept in redis or in a file');
  if (file !== undefined && redis === undefined && name !== undefined)
    useless('name', 'the file alone says which lock it is');
  const isNamed = name !== undefined || file !== undefined || alwaysLocked;
  if (!isNamed) {
    const facts = { key: 'name', owner: 'LOCK', example: `name: ${base.at(-1) ?? 'nightly'}` };
    found.push(failure('key-missing', facts, { place: doc.place(path, 'key') }));
  }
  if (redis === undefined) {
    const given = Object.keys(timingKeys).filter((key) => input[key as keyof LockInput] !== undefined);
    const why = 'only a lock in redis runs out: the kernel frees a file with its last holder';
    const [first] = given;
    if (first !== undefined) {
      const facts = { key: given.join(', '), backend: backend.name, why };
      found.push(failure('key-useless', facts, { place: doc.place([...path, first], 'key') }));
    }
    return found;
  }
  const problem = timingsProblem(leaseTimings(numbersOf(input)));
  if (problem !== null) {
    const key = input.ttl === undefined ? path : [...path, 'ttl'];
    found.push(failure('lock-timings', { problem }, { place: doc.place(key, 'key') }));
  }
  return found;
}

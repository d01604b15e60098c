/** What is to be seen of a lock from outside, and taking it from its holder by force. */
import type { Clock } from '../model/clock.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { LockHolder } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { lockFile } from '../os/lock-file.ts';
import { shownRedis } from '../os/redis-url.ts';
import { pathOf, readNote } from './file.ts';
import { nameOfKey, type Keys } from './key.ts';
import { newRedisClient } from './redis-client.ts';
import { newLeaseStore, type LeaseLook, type LeaseStore } from './redis-store.ts';

export interface LockLook {
  readonly instance: string;
  readonly kind: 'file' | 'redis';
  /** The lock file, or a Redis and the name of the lock there. */
  readonly file: string;
  /** Null: it is free. */
  readonly holder: LockHolder | null;
  /** The last one that Redis gave out; null: none, or a file. */
  readonly fence: number | null;
  /** What is unwise about the server; of a file nothing. */
  readonly server: Pick<LeaseLook, 'persistent' | 'evicts' | 'evictsAll'> | null;
}

/** Patience with a server while a person waits, milliseconds. */
const PATIENCE_MS = 5000;

const never = (): AbortSignal => new AbortController().signal;

/** Of a process that takes a lock. */
export async function lookAtLock(spec: ProcessSpec, keys: Keys, clock: Clock): Promise<Result<LockLook>> {
  if (spec.lockStore.kind === 'file') return lookAtFile(spec, keys);
  return withStore(spec, keys, clock, async (store, file) => {
    const { holder, fence, persistent, evicts, evictsAll } = await store.look();
    return {
      instance: spec.instance,
      kind: 'redis',
      file,
      holder,
      fence,
      server: { persistent, evicts, evictsAll },
    } satisfies LockLook;
  });
}

/** Removes the lease of that fence, whoever has it. False: it was another's by then, or free. */
export const forceRelease = async (
  spec: ProcessSpec,
  fence: number,
  keys: Keys,
  clock: Clock,
): Promise<Result<boolean>> => withStore(spec, keys, clock, async (store) => store.remove(fence));

async function lookAtFile(spec: ProcessSpec, keys: Keys): Promise<Result<LockLook>> {
  const path = await pathOf(spec, keys, never());
  if (!path.ok) return { ok: false, error: path.error.failure };
  const attempt = lockFile(path.value, 0o666);
  if (!attempt.ok) return attempt;
  // Whoever asks in this very moment asks again a second later.
  if (attempt.value.kind === 'locked') attempt.value.file.close();
  const holder = attempt.value.kind === 'busy' ? readNote(attempt.value.text, path.value) : null;
  const { instance } = spec;
  return { ok: true, value: { instance, kind: 'file', file: path.value, holder, fence: null, server: null } };
}

async function withStore<T>(
  spec: ProcessSpec,
  keys: Keys,
  clock: Clock,
  act: (store: LeaseStore, file: string) => Promise<T>,
): Promise<Result<T>> {
  if (spec.lockStore.kind !== 'redis') throw new Error(`${spec.instance} has no lease`);
  const key = await keys(spec, never());
  if (!key.ok) return { ok: false, error: key.error.failure };
  const { url } = spec.lockStore;
  const name = nameOfKey(key.value);
  const file = `${shownRedis(url)} ${name}`;
  const client = newRedisClient(url, PATIENCE_MS, clock);
  try {
    return { ok: true, value: await act(newLeaseStore(client, name, shownRedis(url)), file) };
  } catch (error) {
    return { ok: false, error: unreachable(file, error) };
  } finally {
    client.close();
  }
}

const unreachable = (file: string, error: unknown): Failure =>
  failure('lock-unreachable', { file, detail: error instanceof Error ? error.message : String(error) });

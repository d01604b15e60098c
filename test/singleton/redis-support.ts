/** What the tests of a lease in a real Redis share. */
import { Redis as Client } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import { systemClock } from '../../src/os/clock.ts';
import { newRedisClient } from '../../src/singleton/redis-client.ts';
import { newLeaseStore, type LeaseNote, type LeaseStore } from '../../src/singleton/redis-store.ts';

/** Only a server that is frozen takes longer, however busy the machine is. Milliseconds. */
export const TIMEOUT_MS = 20_000;

export const NOTE: LeaseNote = {
  host: 'app-1',
  pid: null,
  supervisor_pid: 4711,
  since: '2026-11-21T12:00:00.000Z',
  manifest: '/srv/shop/prodserver.yaml',
};

/** Of 128 bits, as the keeper makes them. */
export const token = (digit: string): string => digit.repeat(32);
export const [OURS, THEIRS] = [token('a'), token('b')];

export interface StoreOptions {
  readonly name?: string;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

export function storeOf(url: string, options: StoreOptions = {}): LeaseStore {
  const { name = 'billing', timeoutMs = TIMEOUT_MS, clock = systemClock } = options;
  const store = newLeaseStore(newRedisClient(url, timeoutMs, clock), name, 'redis://cache');
  onTestFinished(() => store.close());
  return store;
}

/** An operator's own connection. */
export function operator(port: number, password?: string): Client {
  const client = new Client({ port, host: '127.0.0.1', ...(password === undefined ? {} : { password }) });
  client.on('error', () => undefined); // told by the command
  onTestFinished(() => client.disconnect());
  return client;
}

type Reply = Awaited<ReturnType<LeaseStore['acquire']>>['reply'];

export async function take(store: LeaseStore, mine = OURS, ttlMs = 30_000): Promise<Reply> {
  return (await store.acquire(mine, ttlMs, NOTE)).reply;
}

/** The answer where it must have been given. */
export async function acquired(
  store: LeaseStore,
  mine = OURS,
  ttlMs = 30_000,
): Promise<Extract<Reply, { kind: 'acquired' }>> {
  const reply = await take(store, mine, ttlMs);
  if (reply.kind !== 'acquired') throw new Error(JSON.stringify(reply));
  return reply;
}

/** What was said of why it failed. */
export async function reasonOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    (value) => {
      throw new Error(`it did not fail: ${JSON.stringify(value)}`);
    },
    (error: unknown) => (error as Error).message,
  );
}

/** A lease in Redis: the acts of `redis-scripts.ts`, and their answers as plain data. */
import * as z from 'zod';
import type { LockHolder } from '../model/process.ts';
import type { AcquireReply, ServerFacts } from './lease-state.ts';
import type { RedisClient } from './redis-client.ts';
import { ACQUIRE, keysOf, LOOK, RELEASE, REMOVE, RENEW, TELL } from './redis-scripts.ts';

/** What a holder tells of itself, for those who wait. */
export interface LeaseNote {
  readonly host: string;
  readonly pid: number | null;
  readonly supervisor_pid: number;
  /** ISO 8601 */
  readonly since: string;
  readonly manifest: string;
}

export type Acquired =
  | { readonly reply: Extract<AcquireReply, { kind: 'acquired' }>; readonly holder: null }
  | { readonly reply: Extract<AcquireReply, { kind: 'held' }>; readonly holder: LockHolder };

/** What stands there, and whether the server would lose it in a restart. */
export interface LeaseLook {
  readonly holder: LockHolder | null;
  /** The last one that was given out; null: none yet, or forgotten. */
  readonly fence: number | null;
  readonly persistent: boolean;
  readonly evicts: boolean;
  /** Any key, the fence too: no lease is taken there. */
  readonly evictsAll: boolean;
}

export interface LeaseStore {
  acquire(token: string, ttlMs: number, note: LeaseNote): Promise<Acquired>;
  /** False: it is not ours, or gone. */
  renew(token: string, ttlMs: number): Promise<boolean>;
  tell(token: string, note: LeaseNote): Promise<void>;
  release(token: string, fence: number): Promise<void>;
  look(): Promise<LeaseLook>;
  /** Whoever has it. False: it was another's by then, or free. */
  remove(fence: number): Promise<boolean>;
  close(): void;
}

/** The server may throw away any key when its memory is full, the fence too: no lease can be held there. */
export class EvictingError extends Error {}

const leaseSchema = z.object({
  fence: z.number(),
  ttl_ms: z.number(),
  host: z.string().nullable().default(null),
  pid: z.number().nullable().default(null),
  supervisor_pid: z.number().nullable().default(null),
  since: z.string().nullable().default(null),
  manifest: z.string().nullable().default(null),
});
const fenceSchema = z.object({ fence: z.number(), ttl_ms: z.number() });
const releasedSchema = z.object({ fence: z.number(), run: z.string() });
/** Without its two names a restart of the server could not be seen. */
const facts = z.tuple([z.string().regex(/^\S+ \S+$/), z.coerce.number(), z.coerce.number(), z.string()]);
const acquireSchema = z.union([
  z.tuple([z.literal('evicting'), facts]),
  z.tuple([z.literal('held'), facts, z.string(), z.number()]),
  z.tuple([z.literal('again'), facts, z.string(), z.string()]),
  z.tuple([z.literal('acquired'), facts, z.coerce.number(), z.string(), z.string()]),
]);
const lookSchema = z.tuple([z.string(), z.number(), z.string(), z.string(), z.coerce.number(), z.string()]);

/** `name` of the lock; `shown` is how the store is called before people. */
export function newLeaseStore(client: RedisClient, name: string, shown: string): LeaseStore {
  const keys = keysOf(name);
  const file = `${shown} ${name}`;
  const fenceOf = (text: string): AcquiredReply['previous'] => {
    if (text === '') return null;
    const { fence, ttl_ms: ttlMs } = read(fenceSchema, text, keys[1]);
    return { fence, ttlMs };
  };
  return {
    async acquire(token, ttlMs, note) {
      const answer = understood(
        acquireSchema,
        await client.run(ACQUIRE, keys, [token, ttlMs, JSON.stringify(note)]),
      );
      const [kind, [run, uptime, maxmemory, policy]] = answer;
      const server = { run, uptimeMs: uptime * 1000, evicts: evicts(maxmemory, policy) };
      switch (kind) {
        case 'evicting':
          throw new EvictingError(policy);
        case 'held': {
          const lease = read(leaseSchema, answer[2], keys[0]);
          const leftMs = leftOf(answer[3], lease.ttl_ms);
          const reply = { kind, fence: lease.fence, ttlMs: lease.ttl_ms, leftMs, server } as const;
          return { reply, holder: holderOf(lease, leftMs, file) };
        }
        case 'again': {
          const { fence } = read(leaseSchema, answer[2], keys[0]);
          return { reply: acquired(fence, fenceOf(answer[3]), null, true, server), holder: null };
        }
        case 'acquired': {
          // Only a shorter way: where it cannot be read, there is none.
          const released = parsed(releasedSchema, answer[4]);
          const reply = acquired(answer[2], fenceOf(answer[3]), released, false, server);
          return { reply, holder: null };
        }
        default:
          return kind satisfies never;
      }
    },
    renew: async (token, ttlMs) => (await client.run(RENEW, keys, [token, ttlMs])) === 1,
    async tell(token, note) {
      await client.run(TELL, keys, [token, JSON.stringify(note)]);
    },
    async release(token, fence) {
      await client.run(RELEASE, keys, [token, fence]);
    },
    async look() {
      const [lease, leftMs, fence, aof, maxmemory, policy] = understood(
        lookSchema,
        await client.run(LOOK, keys, []),
      );
      const held = lease === '' ? null : read(leaseSchema, lease, keys[0]);
      return {
        holder: held === null ? null : holderOf(held, leftOf(leftMs, held.ttl_ms), file),
        fence: fence === '' ? null : read(fenceSchema, fence, keys[1]).fence,
        persistent: aof === '1',
        evicts: evicts(maxmemory, policy) || evictsAll(maxmemory, policy),
        evictsAll: evictsAll(maxmemory, policy),
      };
    },
    remove: async (fence) => (await client.run(REMOVE, keys, [fence])) === 1,
    close: () => client.close(),
  };
}

type AcquiredReply = Extract<AcquireReply, { kind: 'acquired' }>;

const acquired = (
  fence: number,
  previous: AcquiredReply['previous'],
  released: AcquiredReply['released'],
  again: boolean,
  server: ServerFacts,
): AcquiredReply => ({ kind: 'acquired', fence, previous, released, again, server });

/** Without a bound on its memory a server evicts nothing, whatever its policy. */
const evicts = (maxmemory: number, policy: string): boolean => maxmemory > 0 && policy.startsWith('volatile');
const evictsAll = (maxmemory: number, policy: string): boolean =>
  maxmemory > 0 && policy.startsWith('allkeys');

const holderOf = (lease: z.output<typeof leaseSchema>, leftMs: number, file: string): LockHolder => ({
  host: lease.host,
  pid: lease.pid,
  supervisorPid: lease.supervisor_pid,
  since: lease.since,
  manifest: lease.manifest,
  file,
  fence: lease.fence,
  expiresInMs: leftMs,
});

/** PTTL is negative where somebody took the TTL away: its holder's next renewal sets it again. */
const leftOf = (pttl: number, ttlMs: number): number => (pttl < 0 ? ttlMs : pttl);

function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // no JSON
  }
}

/** Whoever writes there is not prodserver: nobody knows whether anything runs. */
function read<T>(schema: z.ZodType<T>, text: string, key: string): T {
  const value = parsed(schema, text);
  if (value === null) throw new Error(`${key} holds something that prodserver did not write`);
  return value;
}

function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const known = schema.safeParse(answer);
  if (!known.success) throw new Error('it does not answer as Redis does (INFO, PTTL)');
  return known.data;
}

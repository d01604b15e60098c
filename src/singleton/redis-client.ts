/** Commands to one Redis, each bounded in time. After one that failed the connection is made anew: what comes late is lost. */
import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../model/clock.ts';
import { parseRedisUrl, tlsContext, type RedisAddress } from '../os/redis-url.ts';

export interface RedisClient {
  /** Runs a script. Rejects with an error whose message is for people. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  close(): void;
}

type Connection = Redis | Cluster;

/** From its first step on, since one that is still being made must end as well. */
interface Line {
  readonly connection: Connection;
  readonly ready: Promise<void>;
}

export function newRedisClient(url: string, timeoutMs: number, clock: Clock): RedisClient {
  let line: Line | null = null;

  const open = async (): Promise<Line> => {
    // Our own slowness is not the server's.
    const { Cluster, Redis } = await load();
    if (line !== null) return line;
    const address = parseRedisUrl(url);
    if (address === null) throw new Error('it is no URL of a Redis');
    const connection = make(address, timeoutMs, { Cluster, Redis });
    line = { connection, ready: connect(connection) };
    return line;
  };
  const drop = (failed: Line | null): void => {
    failed?.connection.disconnect();
    if (line === failed) line = null;
  };

  return {
    async run(script, keys, args) {
      const mine = await open();
      let cancel = (): void => undefined;
      const late = new Promise<never>((_, fail) => {
        const silent = (): void => fail(new Error(`no answer within ${timeoutMs / 1000} s`));
        cancel = clock.after(timeoutMs, silent);
      });
      try {
        const act = async (): Promise<unknown> => {
          await mine.ready;
          return mine.connection.eval(script, keys.length, ...keys, ...args);
        };
        const acting = act();
        // Where the time is up first, nobody else looks at how it ends.
        acting.catch(() => undefined);
        return await Promise.race([acting, late]);
      } catch (error) {
        drop(mine);
        throw error;
      } finally {
        cancel();
      }
    },
    close: () => drop(line),
  };
}

/** Loaded when the first lease is asked for: most manifests have none. Bundled, it has no name but this one. */
const load = async (): Promise<typeof import('ioredis')> => (await import('ioredis')).default;

async function connect(connection: Connection): Promise<void> {
  let reason: unknown = null;
  // Also told by the command that waits; without a listener ioredis writes to the console.
  connection.on('error', (error) => {
    reason = error;
  });
  try {
    await connection.connect();
  } catch (error) {
    throw reason ?? error;
  }
}

function make(
  address: RedisAddress,
  timeoutMs: number,
  { Cluster, Redis }: Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>,
): Connection {
  const { nodes, username, password, db, tls } = address;
  const common = {
    // All of it here: one try, and what was not answered is not sent again.
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsContext(tls) }),
  };
  switch (address.kind) {
    case 'server':
      return new Redis({
        ...common,
        db,
        ...(address.path === null ? { ...nodes[0] } : { path: address.path }),
      });
    case 'sentinel':
      return new Redis({
        ...common,
        db,
        sentinels: [...nodes],
        name: address.master ?? '',
        sentinelRetryStrategy: () => null,
        sentinelCommandTimeout: timeoutMs,
        ...(tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsContext(tls) }),
      });
    case 'cluster':
      return new Cluster([...nodes], {
        lazyConnect: true,
        enableOfflineQueue: false,
        enableReadyCheck: false,
        clusterRetryStrategy: () => null,
        slotsRefreshTimeout: timeoutMs,
        redisOptions: common,
      });
    default:
      return address.kind satisfies never;
  }
}

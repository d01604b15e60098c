/** One connection to a Redis, to those that Sentinel knows, or to a cluster; made once, and never again by itself. */
import type { Cluster, Redis } from 'ioredis';
import { tlsContext, type RedisAddress } from '../os/redis-url.ts';

export interface Line {
  readonly link: Redis | Cluster;
  /** Rejects with the reason where there is no connection. */
  readonly ready: Promise<void>;
  /** Commands without an answer so far. */
  waiting: number;
  onEnd(ended: () => void): void;
  hangUp(): void;
}

/** Loaded when the first lease is asked for: most manifests have none. Bundled, it has no name but this one. */
export const load = async (): Promise<typeof import('ioredis')> => (await import('ioredis')).default;

/** Throws where a file of TLS cannot be read. */
export function openLine(ioredis: typeof import('ioredis'), address: RedisAddress, timeoutMs: number): Line {
  const link = linkTo(ioredis, address, timeoutMs);
  let failed: unknown = null;
  /** Of one of several who were asked. */
  let aside: unknown = null;
  // Without a listener ioredis writes to the console.
  link.on('error', (error) => (failed = error));
  link.on('sentinelError', (error) => (aside = error));
  link.on('node error', (error: Error, node: string) => {
    aside = new Error(`${node}: ${error.message}`, { cause: error });
  });
  const connect = async (): Promise<void> => {
    try {
      await link.connect();
    } catch (error) {
      throw aside ?? failed ?? error;
    }
    // What was not fatal to ioredis is to us: it would go on in another database.
    if (address.kind !== 'cluster' && failed !== null) throw failed;
  };
  const ready = connect();
  // Where nobody waits for it any more.
  ready.catch(() => undefined);
  return {
    link,
    ready,
    waiting: 0,
    onEnd: (ended) => void link.once('end', ended),
    hangUp: () => link.disconnect(),
  };
}

function linkTo(
  { Cluster, Redis }: typeof import('ioredis'),
  address: RedisAddress,
  timeoutMs: number,
): Redis | Cluster {
  const { nodes, username, password, db, tls } = address;
  // Where several may be asked, one that does not answer leaves time for the next.
  const firstMs = Math.ceil(timeoutMs / 2);
  // One try, and what was not answered is not sent again.
  const common = {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    // A server that does not answer does not hang up either, and a process with an open connection does not end.
    disconnectTimeout: 0,
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
        connectTimeout: firstMs,
        sentinels: [...nodes],
        name: address.master ?? '',
        sentinelRetryStrategy: () => null,
        sentinelCommandTimeout: firstMs,
        ...(tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsContext(tls) }),
      });
    case 'cluster':
      return new Cluster([...nodes], {
        lazyConnect: true,
        enableOfflineQueue: false,
        enableReadyCheck: false,
        clusterRetryStrategy: () => null,
        slotsRefreshTimeout: firstMs,
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        redisOptions: common,
      });
    default:
      return address.kind satisfies never;
  }
}

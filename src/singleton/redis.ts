/** One holder on any number of hosts: a lease in Redis for each instance that wants one there. */
import { hostname } from 'node:os';
import type { Clock } from '../model/clock.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { shownRedis } from '../os/redis-url.ts';
import type { Holding, Locker } from './holder.ts';
import { nameOfKey, type Keys } from './key.ts';
import { newKeeper, type Keeper } from './lease-keeper.ts';
import { newRedisClient } from './redis-client.ts';
import { newLeaseStore } from './redis-store.ts';

export interface RedisLocker extends Locker {
  /** Null where this instance holds no lease. */
  holding(spec: ProcessSpec): Holding | null;
  /** Lets go of the connections. */
  close(): void;
}

/** `boot`: milliseconds of the boot clock. */
export function newRedisLocker(manifest: string, keys: Keys, clock: Clock, boot: () => number): RedisLocker {
  const keepers = new Map<
    string,
    { readonly keeper: Keeper; readonly of: string; readonly close: () => void }
  >();
  const isOurs = ({ singleton, lockStore }: ProcessSpec): boolean =>
    singleton !== null && lockStore.kind === 'redis';

  const keeperOf = (spec: ProcessSpec, name: string): Keeper => {
    const known = keepers.get(spec.instance);
    const of = JSON.stringify([name, spec.lockStore]);
    if (known?.of === of) return known.keeper;
    known?.close();
    if (spec.lockStore.kind !== 'redis') throw new Error(`${spec.instance} has no lease`);
    const { url, timings } = spec.lockStore;
    const shown = shownRedis(url);
    const client = newRedisClient(url, timings.commandTimeoutMs, clock);
    const keeper = newKeeper(newLeaseStore(client, name, shown), `${shown} ${name}`, timings, {
      clock,
      boot,
      note: (pid) => ({
        host: hostname(),
        pid,
        supervisor_pid: process.pid,
        since: new Date(clock.wall()).toISOString(),
        manifest,
      }),
    });
    keepers.set(spec.instance, { keeper, of, close: () => client.close() });
    return keeper;
  };

  return {
    wants: isOurs,
    async take(spec, abort) {
      const key = await keys(spec, abort);
      if (!key.ok) return { kind: 'failed', ...key.error };
      return keeperOf(spec, nameOfKey(key.value)).take();
    },
    abandon: (spec) => keepers.get(spec.instance)?.keeper.abandon(),
    holding: (spec) => keepers.get(spec.instance)?.keeper.holding() ?? null,
    close() {
      for (const { close } of keepers.values()) close();
    },
  };
}

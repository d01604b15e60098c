/** Every lock by its own kind of store. */
import type { Clock } from '../model/clock.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { newFileLocker } from './file.ts';
import type { Holding, Locker } from './holder.ts';
import type { Keys } from './key.ts';
import { newRedisLocker } from './redis.ts';

export interface Lockers extends Locker {
  /** What is known of the lease that this instance holds; null: none, or a lock of the kernel. */
  holding(spec: ProcessSpec): Holding | null;
  close(): void;
}

/** `manifest`: its real path, for those who wait. `boot`: milliseconds of the boot clock. */
export function newLockers(manifest: string, keys: Keys, clock: Clock, boot: () => number): Lockers {
  const file = newFileLocker(manifest, keys, () => clock.wall());
  const redis = newRedisLocker(manifest, keys, clock, boot);
  const of = (spec: ProcessSpec): Locker => (spec.lockStore.kind === 'redis' ? redis : file);
  return {
    wants: (spec) => of(spec).wants(spec),
    take: async (spec, abort, waitedMs) => of(spec).take(spec, abort, waitedMs),
    abandon: (spec) => of(spec).abandon(spec),
    holding: (spec) => redis.holding(spec),
    close: () => redis.close(),
  };
}

/** What is loaded only by those who ask for it: each start pays for what it loads. */
import type { GuardedDoor } from '../control/http-guard.ts';
import type { Listener } from '../control/listener.ts';
import type { Result } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { NextRun } from '../supervisor/recycling.ts';
import type { newWatch, Watch, WatchOptions } from './watch.ts';

export async function listenerFor(door: GuardedDoor | null): Promise<Result<Listener | null>> {
  if (door === null) return { ok: true, value: null };
  // What would take long to load is here before anything runs.
  const [{ openListener }] = await Promise.all([
    import('../control/listener.ts'),
    import('../control/metrics.ts'),
    import('../control/exposition.ts'),
  ]);
  return openListener(door);
}

/** Its library is loaded only where something is watched. */
export const watchFor = async (
  options: WatchOptions | null,
  ports: Parameters<typeof newWatch>[1],
): Promise<Watch | null> => (options === null ? null : (await import('./watch.ts')).newWatch(options, ports));

/** Cron patterns need a library that is loaded only where there is one. */
export async function nextRunFor(specs: readonly ProcessSpec[]): Promise<NextRun> {
  if (specs.every(({ recycle }) => recycle === null || recycle.schedule === null)) return () => null;
  return (await import('../manifest/cron.ts')).nextRun;
}

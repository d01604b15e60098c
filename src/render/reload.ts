/** What a reload comes to, instance by instance. */
import type { ReloadAnswer } from '../control/protocol.ts';

export type Reloaded = ReloadAnswer['instances'][number];

/** `done`: it was waited for. */
export function reloadText({ instance, way, signal, pid, state }: Reloaded, done: boolean): string {
  switch (way) {
    case 'signal':
      return `${instance}: ${done ? 'reloaded' : 'reloading'} (${signal} to pid ${pid})`;
    case 'replace':
    case 'restart':
      return `${instance}: ${done ? 'replaced' : 'replacing'}`;
    case 'later':
      return `${instance}: ${state}, its next start has the new code`;
    case 'none':
      return `${instance}: not reloaded, it is ${state}; start it with: prodserver start --attach ${instance}`;
    default:
      return way satisfies never;
  }
}

/** A replacement that is under way. */
import type { ReplaceCause } from '../model/process.ts';
import type { Instance } from './instance.ts';
import type { Run } from './run.ts';

export interface Replacing {
  readonly cause: ReplaceCause;
  readonly phase: 'starting' | 'draining';
  /** Of the one that is being started or stopped. */
  readonly pid: number | null;
}

/** Instants are the clock's monotonic milliseconds. */
export type Ongoing =
  | {
      readonly kind: 'beside';
      readonly cause: ReplaceCause;
      readonly generation: number;
      readonly successor: Instance;
      readonly startedAt: number;
      readonly readyAt: number | null;
    }
  | {
      readonly kind: 'handed-over';
      readonly cause: ReplaceCause;
      readonly old: Instance;
      readonly at: number;
      /** Null: there was no time to wait until it was ready. */
      readonly readyMs: number | null;
    }
  | {
      readonly kind: 'in-place';
      readonly cause: ReplaceCause;
      /** It is made anew, of another spec; else the same instance starts again. */
      readonly anew: boolean;
      readonly old: Run | null;
      readonly at: number;
      readonly goneAt: number | null;
    };

export function viewOf(ongoing: Ongoing, current: Instance): Replacing {
  const { cause } = ongoing;
  switch (ongoing.kind) {
    case 'beside':
      return { cause, phase: 'starting', pid: ongoing.successor.run()?.pid ?? null };
    case 'handed-over':
      return { cause, phase: 'draining', pid: ongoing.old.run()?.pid ?? null };
    case 'in-place': {
      const pid = current.run()?.pid ?? null;
      if (ongoing.goneAt === null) return { cause, phase: 'draining', pid };
      return { cause, phase: 'starting', pid: pid === ongoing.old?.pid ? null : pid };
    }
    default:
      return ongoing satisfies never;
  }
}

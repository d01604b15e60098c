/** A replacement that is under way. */
import type { ReplaceCause } from '../model/process.ts';
import type { Instance } from './instance.ts';
import type { Run } from './run.ts';
import type { Unfit } from './successor.ts';

export interface Replacing {
  readonly cause: ReplaceCause;
  /** Reloading: it goes on under its pid, by new workers. */
  readonly phase: 'starting' | 'draining' | 'reloading';
  /** Of the one that is being started or stopped. */
  readonly pid: number | null;
}

export interface FailedReplacement {
  /** ISO 8601 */
  readonly at: string;
  /** Of the one that was to serve. */
  readonly generation: number;
  readonly why: Unfit;
  /** The last lines that it said. */
  readonly said: readonly string[];
}

/** Its last lines may come after its end. */
export type Failed = Omit<FailedReplacement, 'said'> & { readonly run: Run | null };

export const failedOf = ({ run, ...rest }: Failed): FailedReplacement => ({
  ...rest,
  said: run?.tail() ?? [],
});

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
    }
  /** It was signalled, and takes in new code by new workers. */
  | { readonly kind: 'reloading'; readonly cause: ReplaceCause; readonly run: Run };

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
    case 'reloading':
      return { cause, phase: 'reloading', pid: ongoing.run.pid };
    default:
      return ongoing satisfies never;
  }
}

import type { Failure } from '../model/failure.ts';
import type { Line } from '../model/line.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Machine, State } from './state.ts';

/** What happens, for whoever wants to show, count or store it. */
export type News =
  | { readonly type: 'line'; readonly line: Line }
  | {
      readonly type: 'changed';
      readonly spec: ProcessSpec;
      readonly from: State;
      readonly machine: Machine;
      /** The clock's monotonic milliseconds. */
      readonly at: number;
      /** Milliseconds from the last spawn; null before the first. */
      readonly uptimeMs: number | null;
    }
  | {
      readonly type: 'begun';
      readonly manifest: string;
      readonly pid: number;
      readonly instances: readonly string[];
    }
  | {
      readonly type: 'ordered';
      readonly signal: string | null;
      readonly order: 'stop' | 'step' | 'kill' | 'none';
    }
  /** The log files were opened anew, as a signal asks; false: there are none. */
  | { readonly type: 'reopened'; readonly any: boolean }
  | { readonly type: 'stopping'; readonly waitingFor: readonly StillStopping[] }
  /** One whose end for good is the end of all has come to it. */
  | { readonly type: 'decided'; readonly instance: string; readonly state: 'FATAL' | 'EXITED' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'crashed'; readonly error: unknown }
  | { readonly type: 'dump'; readonly state: unknown }
  | { readonly type: 'over' };

export interface StillStopping {
  readonly instance: string;
  readonly pid: number | null;
  /** Tasks that still run; null where that is not known. */
  readonly tasks: number | null;
  readonly elapsedMs: number;
  /** What the whole ladder may take. */
  readonly totalMs: number;
}

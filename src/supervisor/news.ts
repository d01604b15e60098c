import type { Failure, Result } from '../model/failure.ts';
import type { Line } from '../model/line.ts';
import type { CodeReload, ReplaceCause, StateName } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Change } from './changes.ts';
import type { Machine, State } from './state.ts';
import type { Unfit } from './successor.ts';

/** What happens, for whoever wants to show, count or store it. */
export type News =
  | { readonly type: 'line'; readonly line: Line }
  | {
      readonly type: 'changed';
      readonly spec: ProcessSpec;
      /** 1, and one more for each successor that ran or was to run beside its predecessor. */
      readonly generation: number;
      readonly from: State;
      readonly machine: Machine;
      /** The clock's monotonic milliseconds. */
      readonly at: number;
      /** Milliseconds from the last spawn; null before the first. */
      readonly uptimeMs: number | null;
    }
  /** `generation` of the successor; null: it is stopped, then started. */
  | {
      readonly type: 'replacing';
      readonly spec: ProcessSpec;
      readonly generation: number | null;
      readonly cause: ReplaceCause;
    }
  | {
      readonly type: 'replaced';
      readonly spec: ProcessSpec;
      readonly cause: ReplaceCause;
      /** That the old one had finished; null where that is not known. */
      readonly tasks: number | null;
      /** Milliseconds from the start of the new one to its readiness; null where that was not waited for. */
      readonly readyMs: number | null;
      /** Milliseconds from the order to stop to the end of the old one. */
      readonly drainedMs: number;
    }
  | {
      readonly type: 'replacement-failed';
      readonly spec: ProcessSpec;
      readonly cause: ReplaceCause;
      /** Of the one that serves, and of the one that was to. */
      readonly serving: number;
      readonly generation: number;
      readonly why: Unfit;
      /** Of the one that serves. */
      readonly state: StateName;
    }
  /** Signalled to take in new code by new workers. */
  | { readonly type: 'reloading'; readonly spec: ProcessSpec; readonly signal: string; readonly pid: number }
  | {
      readonly type: 'reloaded';
      readonly spec: ProcessSpec;
      readonly signal: string;
      /** The same as before. */
      readonly pid: number;
      readonly tookMs: number;
    }
  | {
      readonly type: 'begun';
      readonly manifest: string;
      readonly pid: number;
      readonly instances: readonly string[];
    }
  /** The control plane can be asked over HTTP; `token`: by those who have it. */
  | { readonly type: 'listening'; readonly address: string; readonly token: boolean }
  | {
      readonly type: 'ordered';
      readonly signal: string | null;
      readonly order: 'stop' | 'step' | 'kill' | 'restart' | 'reload' | 'start' | 'signal' | 'update';
    }
  /** The manifest was read again: what that changes, or what is wrong with it. */
  | { readonly type: 'revised'; readonly result: Result<readonly Change[], readonly Failure[]> }
  /** The manifest, or what it takes in, is not what it was, so it is read again. */
  | {
      readonly type: 'manifest-changed';
      readonly files: readonly string[];
      /** Names of processes that have what is in these files only from their next start. */
      readonly later: readonly string[];
    }
  /** Source code has changed: processes of these names are started again. */
  | { readonly type: 'code-changed'; readonly names: readonly string[]; readonly cause: CodeReload }
  /** Files are looked after from now on: of the manifest, or the code below folders for these processes. */
  | { readonly type: 'watching'; readonly what: 'manifest'; readonly files: readonly string[] }
  | {
      readonly type: 'watching';
      readonly what: 'code';
      readonly folders: readonly string[];
      readonly names: readonly string[];
      /** Those that see to it themselves, or do not run Python. */
      readonly left: readonly string[];
    }
  /** It has left the set, since the manifest has it no more. */
  | { readonly type: 'removed'; readonly spec: ProcessSpec }
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
  /** `worker.1`, of a successor `worker.1.g2`. */
  readonly instance: string;
  readonly pid: number | null;
  /** Tasks that still run; null where that is not known. */
  readonly tasks: number | null;
  readonly elapsedMs: number;
  /** What the whole ladder may take. */
  readonly totalMs: number;
}

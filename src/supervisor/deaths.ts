/** The last runs of an instance and how they ended, for the one who asks in the morning. */
import type { Death, DeathCause, Exit } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Run } from './run.ts';
import type { State } from './state.ts';

/** How many are kept of each instance. */
const KEPT = 20;

export interface Deaths {
  /** `from` is the state that the exit was met in. */
  add(spec: ProcessSpec, from: State, exit: Exit, run: Run, wall: number): void;
  readonly all: () => readonly Death[];
}

export function newDeaths(): Deaths {
  let kept: readonly Death[] = [];
  return {
    add(spec, from, exit, run, wall) {
      const death: Death = {
        at: new Date(wall).toISOString(),
        pid: run.pid,
        exit,
        uptimeMs: run.uptimeMs(),
        peakBytes: run.peakBytes(),
        cause: causeOf(spec, from, exit),
      };
      kept = [...kept, death].slice(-KEPT);
    },
    all: () => kept,
  };
}

function causeOf(spec: ProcessSpec, from: State, exit: Exit): DeathCause {
  if (from.id === 'STOPPING') {
    if (from.next.kind === 'judge') return from.next.verdict.kind;
    if (from.next.kind === 'reclaim') return 'lock-lost';
    return ('why' in from.next ? from.next.why : undefined) ?? 'manual';
  }
  if (exit.oom === true) return 'oom';
  return spec.oneshot && exit.code === 0 ? 'completed' : 'crash';
}

/** A successor beside its predecessor is the next generation of one instance, and its deaths are that instance's. */
export interface Lineage {
  readonly generation: number;
  readonly deaths: Deaths;
}

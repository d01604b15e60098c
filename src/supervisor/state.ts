import type { Failure } from '../model/failure.ts';
import type {
  BrokerTrouble,
  Exit,
  Hindrance,
  LockLoss,
  ProbeTrouble,
  ReplaceCause,
} from '../model/process.ts';
import type { RestartPolicy, Rung, SignalName } from '../model/spec.ts';

/** Why a process is FATAL. */
export type FatalCause =
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'permanent-exit'; readonly exit: Exit }
  | { readonly kind: 'attempts'; readonly attempts: number; readonly exit: Exit };

/** Why the next start waits. */
export type BackoffCause =
  | { readonly kind: 'crash'; readonly exit: Exit }
  | { readonly kind: 'start-timeout'; readonly exit: Exit }
  | { readonly kind: 'unresponsive'; readonly exit: Exit; readonly trouble: ProbeTrouble }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** Why a run is ended without anybody's order: its exit answers our signal and says nothing of its own. */
export type Verdict =
  | { readonly kind: 'start-timeout' }
  | {
      readonly kind: 'unresponsive';
      readonly trouble: ProbeTrouble;
      /** Milliseconds that it had been ready. */
      readonly readyMs: number;
    };

/** What follows once the run that is being stopped has left nothing behind. */
export type Then =
  | { readonly kind: 'rest'; readonly why?: ReplaceCause['kind'] }
  | { readonly kind: 'begin'; readonly why?: ReplaceCause['kind'] }
  /** Its lock is lost, and it is killed at `killAt`; then it asks for the lock again, or rests. */
  | {
      readonly kind: 'reclaim';
      readonly loss: LockLoss;
      readonly killAt: number;
      readonly after: 'begin' | 'rest';
    }
  | { readonly kind: 'backoff'; readonly until: number; readonly cause: BackoffCause }
  | { readonly kind: 'leave'; readonly exit: Exit }
  | { readonly kind: 'give-up'; readonly cause: FatalCause }
  /** Judged when its exit is known. */
  | { readonly kind: 'judge'; readonly verdict: Verdict };

/** Data stands only in the states where it is valid. Instants are the clock's monotonic milliseconds; `timer` is a token. */
export type State =
  | { readonly id: 'STOPPED'; readonly since: number; readonly ordered: boolean }
  | {
      readonly id: 'WAITING';
      readonly since: number;
      readonly generation: number;
      /** What stood in the way when it was last asked; null before the first answer. */
      readonly hindrance: Hindrance | null;
      /** Until it is asked for again; null while it is being asked for. */
      readonly timer: number | null;
    }
  | {
      readonly id: 'STARTING';
      readonly since: number;
      readonly generation: number;
      /** Null between the order to spawn and its answer. */
      readonly pid: number | null;
      /** Instant of the start timeout; null while paused or not yet spawned. */
      readonly until: number | null;
      /** Milliseconds of the start timeout that are left while it is paused. */
      readonly leftMs: number;
      readonly trouble: BrokerTrouble | null;
      readonly timer: number | null;
    }
  | {
      readonly id: 'RUNNING';
      readonly since: number;
      readonly generation: number;
      readonly pid: number;
      readonly trouble: BrokerTrouble | null;
    }
  | {
      readonly id: 'BACKOFF';
      readonly since: number;
      readonly until: number;
      readonly cause: BackoffCause;
      readonly timer: number;
    }
  | {
      readonly id: 'STOPPING';
      readonly since: number;
      readonly generation: number;
      readonly phase: StoppingPhase;
      readonly next: Then;
      readonly timer: number | null;
    }
  | { readonly id: 'EXITED'; readonly since: number; readonly exit: Exit }
  | { readonly id: 'FATAL'; readonly since: number; readonly cause: FatalCause };

export type StoppingPhase =
  /** The order to stop came before the answer to the order to spawn. */
  | { readonly kind: 'spawning'; readonly rung: number }
  /** Signalled at `rung` of the ladder, which ends at `until`. */
  | { readonly kind: 'signalled'; readonly pid: number; readonly rung: number; readonly until: number }
  /** The main process is gone; what is left of its tree is being killed. */
  | { readonly kind: 'sweeping' };

/** In the past tense. Those of a run carry its generation; one of an older run is counted and dropped. */
export type Event =
  | { readonly type: 'start-ordered' }
  | { readonly type: 'stop-ordered' }
  /** A second TERM: the ladder steps on. */
  | { readonly type: 'step-ordered' }
  | { readonly type: 'kill-ordered' }
  /** It works, and a new run is to take its place: its own next one, or one beside it, and then it has served. */
  | { readonly type: 'retired'; readonly why: ReplaceCause['kind']; readonly next: 'begin' | 'rest' }
  | { readonly type: 'lock-acquired'; readonly generation: number }
  | {
      readonly type: 'lock-refused';
      readonly generation: number;
      readonly hindrance: Hindrance;
      /** To be asked again so soon, milliseconds. */
      readonly againMs?: number;
    }
  | {
      readonly type: 'lock-failed';
      readonly generation: number;
      readonly failure: Failure;
      readonly permanent: boolean;
    }
  /** What stands in the way has moved: worth asking again at once. */
  | { readonly type: 'hindrance-changed' }
  | { readonly type: 'spawned'; readonly generation: number; readonly pid: number }
  | {
      readonly type: 'spawn-failed';
      readonly generation: number;
      readonly failure: Failure;
      readonly permanent: boolean;
      /** When its turn comes, where only the turn was missing: nothing has failed. Milliseconds. */
      readonly turnMs?: number;
    }
  | { readonly type: 'became-ready'; readonly generation: number }
  | { readonly type: 'broker-lost'; readonly generation: number; readonly trouble: BrokerTrouble }
  | { readonly type: 'broker-found'; readonly generation: number }
  | { readonly type: 'lock-lost'; readonly generation: number; readonly loss: LockLoss }
  | { readonly type: 'fell-silent'; readonly generation: number; readonly trouble: ProbeTrouble }
  | {
      readonly type: 'exited';
      readonly generation: number;
      readonly exit: Exit;
      /** The end is not the program's own: what stood before it could not become it. */
      readonly refusal: Failure | null;
    }
  | { readonly type: 'swept'; readonly generation: number }
  | { readonly type: 'timer-fired'; readonly timer: number };

/** In the imperative; `instance.ts` carries them out. */
export type Effect =
  | { readonly do: 'take-lock'; readonly generation: number }
  | { readonly do: 'abandon-lock'; readonly generation: number }
  | { readonly do: 'spawn'; readonly generation: number }
  | { readonly do: 'watch-readiness'; readonly generation: number; readonly pid: number }
  | { readonly do: 'watch-liveness'; readonly generation: number; readonly pid: number }
  | { readonly do: 'stop-watching'; readonly generation: number }
  | {
      readonly do: 'signal';
      readonly generation: number;
      readonly pid: number;
      readonly signal: Exclude<SignalName, 'SIGKILL'>;
    }
  | { readonly do: 'kill-tree'; readonly generation: number; readonly pid: number }
  | { readonly do: 'sweep'; readonly generation: number }
  | { readonly do: 'arm'; readonly timer: number; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: number };

/** The part of a ProcessSpec that decisions are made of. */
export interface Policy {
  readonly startTimeoutMs: number;
  readonly stop: readonly [Rung, ...Rung[]];
  readonly restart: RestartPolicy;
  readonly permanentExitCodes: readonly number[];
  /** Something must be asked before each start: its lock, what it depends on, what was left of it. */
  readonly locked: boolean;
  /** It is watched while it runs. */
  readonly live: boolean;
  readonly stackDump: Exclude<SignalName, 'SIGKILL'> | null;
}

export interface Machine {
  readonly policy: Policy;
  readonly state: State;
  /** Of the newest run; 0 before the first. */
  readonly generation: number;
  /** Tokens given to timers so far. */
  readonly timers: number;
  /** Ends in a row without a stable stretch, since the last order. */
  readonly failures: number;
  /** Spawns that the system refused, in a row. */
  readonly refusals: number;
  /** Starts that nobody ordered. */
  readonly restarts: number;
  readonly exit: Exit | null;
  /** Events of older runs that were dropped. */
  readonly stale: number;
}

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

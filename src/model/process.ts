/** supervisord's names, and WAITING: for a lock, a dependency, or a previous instance that still drains. */
export type StateName =
  | 'STOPPED'
  | 'WAITING'
  | 'STARTING'
  | 'RUNNING'
  | 'BACKOFF'
  | 'STOPPING'
  | 'EXITED'
  | 'FATAL';

export const STATE_NAMES: readonly StateName[] = [
  'STOPPED',
  'WAITING',
  'STARTING',
  'RUNNING',
  'BACKOFF',
  'STOPPING',
  'EXITED',
  'FATAL',
];

/** How a process ended: exactly one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The kernel ended it for want of memory, as far as its cgroup tells. */
  readonly oom?: boolean | undefined;
}

/** Why a run ended. */
export type DeathCause =
  | 'manual'
  | 'crash'
  | 'oom'
  | 'start-timeout'
  | 'unresponsive'
  | 'completed'
  | 'lock-lost'
  | ReplaceCause['kind'];

/** What is known of a run that has ended. */
export interface Death {
  /** ISO 8601 */
  readonly at: string;
  readonly pid: number;
  readonly exit: Exit;
  readonly uptimeMs: number;
  /** Bytes, resident, of the whole tree, as far as it was looked at (every 2 s); null where it ended before. */
  readonly peakBytes: number | null;
  readonly cause: DeathCause;
}

/** Who holds a lock, as far as its store tells. */
export interface LockHolder {
  /** Of a lock that several hosts share; null: this one. */
  readonly host: string | null;
  /** The process whose life keeps the lock; null while it is about to be started. */
  readonly pid: number | null;
  readonly supervisorPid: number | null;
  /** ISO 8601. */
  readonly since: string | null;
  readonly manifest: string | null;
  /** The lock file, or the URL of the Redis, its password masked, and the name of the lock there. */
  readonly file: string;
  /** Of a lease: no two holders have the same, and a later one has a greater. */
  readonly fence: number | null;
  /** Of a lease: Redis forgets it after so many milliseconds unless it is renewed. */
  readonly expiresInMs: number | null;
}

/** Why a process may not go on: the lock that it needs is held by it no more. */
export interface LockLoss {
  /** As in LockHolder. */
  readonly file: string;
  /** Somebody else may have it, or it was removed; or its store has not answered for too long. */
  readonly why: 'taken' | 'silent';
  /** Milliseconds that it is given to end. */
  readonly graceMs: number;
}

/** How far another process must be before one that depends on it may start. */
export type Needs = 'started' | 'ready' | 'completed';

/** What keeps a process from starting. */
export type Hindrance =
  | { readonly kind: 'lock'; readonly holder: LockHolder }
  /** The lock is ours, and who had it before may not have ended: used only in so many milliseconds. */
  | { readonly kind: 'lock-delay'; readonly file: string; readonly fence: number; readonly leftMs: number }
  /** The store of the lock does not answer. */
  | { readonly kind: 'lock-store'; readonly file: string; readonly error: string }
  /** What a killed supervisor has left of the same instance still runs. */
  | { readonly kind: 'previous'; readonly pid: number | null }
  | {
      readonly kind: 'dependency';
      readonly instance: string;
      readonly needs: Needs;
      readonly state: StateName;
    }
  /** An address of WAIT_FOR that does not answer yet. */
  | { readonly kind: 'target'; readonly trouble: ProbeTrouble };

/** What a look at a process, or at something that it needs, found wrong. */
export interface ProbeTrouble {
  readonly probe: 'http' | 'tcp' | 'unix' | 'socket' | 'command' | 'file' | 'celery';
  /** What was asked: an address, a URL, a path, a program; what in a Celery process is meant. */
  readonly target: string;
  /** What came back: `no answer`, `500`, `exit code 1`. */
  readonly got: string;
}

/** Facts of a broker that a process cannot reach. */
export interface BrokerTrouble {
  /** Password masked. */
  readonly url: string;
  readonly error: string;
}

/** Which memory counts: shared pages once (pss), each time (rss), or those of the main process alone. */
export type MemoryKind = 'pss' | 'rss' | 'main';

/** Whether names given by a person mean this instance: its own, or that of all its kind; null means all. */
export const isNamed = (one: { name: string; instance: string }, names: readonly string[] | null): boolean =>
  names === null || names.includes(one.name) || names.includes(one.instance);

/** What the successors of an instance are called: `worker.1.g2` is the first of `worker.1`. */
export const labelOf = (instance: string, generation: number): string =>
  generation === 1 ? instance : `${instance}.g${generation}`;

/** The instance behind such a label. */
export const instanceOf = (label: string): string => label.replace(/\.g\d+$/, '');

/** Why a process that works is replaced. */
export type ReplaceCause =
  | {
      readonly kind: 'memory';
      readonly memory: MemoryKind;
      readonly usedBytes: number;
      readonly limitBytes: number;
      /** Above the hard limit: stopped at once, without waiting for a successor. */
      readonly hard: boolean;
    }
  | { readonly kind: 'max-tasks'; readonly done: number; readonly limit: number }
  | { readonly kind: 'max-age'; readonly ageMs: number; readonly limitMs: number }
  | { readonly kind: 'schedule'; readonly pattern: string }
  | { readonly kind: 'manual' }
  | CodeReload;

/** New code is to be taken in. */
export interface CodeReload {
  readonly kind: 'reload';
  /** One of those that changed, as seen from the process's folder; null: a command asks for it. */
  readonly file: string | null;
  /** How many changed beside it. */
  readonly others: number;
}

/** Somebody wants it, and does not wait for a better moment. */
export const isByHand = ({ kind }: ReplaceCause): boolean => kind === 'manual' || kind === 'reload';

/** Above the hard limit: it waits for nobody. */
export const isUrgent = (cause: ReplaceCause): boolean => cause.kind === 'memory' && cause.hard;

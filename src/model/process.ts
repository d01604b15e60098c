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
}

/** Who holds a lock, as far as the lock file tells. */
export interface LockHolder {
  /** The process whose life keeps the lock; null while it is about to be started. */
  readonly pid: number | null;
  readonly supervisorPid: number | null;
  /** ISO 8601. */
  readonly since: string | null;
  readonly manifest: string | null;
  readonly file: string;
  /** No lock at all: what a killed supervisor has left of the same instance still runs. */
  readonly previous?: boolean | undefined;
}

/** Facts of a broker that a process cannot reach. */
export interface BrokerTrouble {
  /** Password masked. */
  readonly url: string;
  readonly error: string;
}

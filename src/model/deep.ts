/** What a project is asked, and how it may fail to answer. */
export const DEEP_STEPS = [
  'packages',
  'app',
  'tasks',
  'schedule',
  'scheduler',
  'broker',
  'results',
  'web',
  'setup',
  'commands',
  'migrations',
] as const;

export type DeepStep = (typeof DEEP_STEPS)[number];

export const DOOR_TROUBLES = [
  'auth',
  'vhost',
  'name',
  'tls',
  'refused',
  'tables',
  'closed',
  'timeout',
  'driver',
  'other',
] as const;

/** In which way a broker or a result backend refused; `vhost` is also a number of a Redis database. */
export type DoorTroubleKind = (typeof DOOR_TROUBLES)[number];

/** How a web server calls its application. */
export type WebInterface = 'wsgi' | 'asgi';

/** An exception of the project. */
export interface RaisedFacts {
  /** `ModuleNotFoundError: No module named 'shop'` */
  readonly error: string;
  /** The last line of the project's own code: `shop/tasks.py:3: import nosuch`; null where it is none of theirs. */
  readonly at: string | null;
  /** The module that is not there. */
  readonly missing: string | null;
  /** The whole traceback; empty where it was not asked for. */
  readonly trace: readonly string[];
  readonly python: string;
  readonly cwd: string;
}

export interface DoorFacts {
  readonly app: string;
  /** Its password masked. */
  readonly url: string;
  /** `127.0.0.1:6379`; null where that is not known. */
  readonly address: string | null;
  readonly kind: DoorTroubleKind;
  /** What the client library said. */
  readonly detail: string;
  readonly missing: string | null;
  readonly python: string;
}

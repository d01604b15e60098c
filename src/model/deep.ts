import type { Exit } from './process.ts';

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

/** An entry of beat's schedule; `from`: where it is kept. */
interface ScheduleFacts {
  readonly entry: string;
  readonly task: string;
  readonly app: string;
  readonly from: 'settings' | 'database' | 'redis';
}

/** The facts of what the project itself says. */
export interface DeepFactsByCode {
  'app-import': RaisedFacts & { readonly app: string; readonly what: 'app' | 'tasks' };
  'app-none': { readonly app: string; readonly detail: string };
  /** `stack`: where it stands, the innermost first. */
  'app-silent': {
    readonly app: string;
    readonly step: DeepStep;
    readonly seconds: number;
    readonly at: string | null;
    readonly stack: readonly string[];
  };
  'app-ended': {
    readonly app: string;
    readonly step: DeepStep | null;
    readonly exit: Exit;
    readonly output: readonly string[];
  };
  /** `got` is null where it cannot be called at all. */
  'app-interface': {
    readonly app: string;
    readonly backend: string;
    readonly wants: WebInterface | null;
    readonly got: WebInterface | null;
    readonly is: string;
  };
  'tasks-none': { readonly app: string; readonly django: boolean };
  'schedule-task-unknown': ScheduleFacts & { readonly near: string | null };
  'schedule-task-foreign': ScheduleFacts;
  'scheduler-missing': RaisedFacts & { readonly scheduler: string };
  'broker-unreachable': DoorFacts;
  'broker-alternate': DoorFacts;
  'results-unreachable': DoorFacts;
  'connection-wrong': RaisedFacts & { readonly app: string; readonly which: 'broker' | 'results' };
  /** `forWhat` is null where the backend itself is meant. */
  'package-missing': {
    readonly package: string;
    readonly backend: string;
    readonly forWhat: string | null;
    readonly python: string;
  };
  'django-setup': RaisedFacts;
  /** `other`: the application whose command of that name is found in its place. */
  'django-app-missing': { readonly app: string; readonly owner: string; readonly other: string | null };
  'migrations-missing': {
    readonly app: string;
    readonly unapplied: readonly string[];
    readonly database: string;
  };
  'database-unreachable': { readonly app: string; readonly database: string; readonly detail: string };
  'command-unknown': { readonly command: string; readonly near: string | null };
}

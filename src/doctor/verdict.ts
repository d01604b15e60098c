/** What each check of `doctor` may find, as plain data. The words stand in `render/doctor.ts`. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import type { LockHolder } from '../model/process.ts';

/** `unknown`: it could not be asked, which is neither good nor bad. */
export type CheckStatus = 'ok' | 'warn' | 'bad' | 'unknown';

/** A process that sends an application's periodic tasks. */
export interface BeatProcess {
  readonly pid: number;
  /** As its command line names it. */
  readonly app: string | null;
  /** A worker with `-B` carries one inside. */
  readonly embedded: boolean;
  readonly cwd: string | null;
  /** Which instance of this manifest it is; null: somebody else's. */
  readonly instance: string | null;
}

/** The facts of each check: `kind` tells which of its findings it is. Bytes and milliseconds. */
export interface FactsByCheck {
  // The four troubles
  broker:
    | { readonly kind: 'reached'; readonly instances: readonly string[] }
    | { readonly kind: 'answers'; readonly apps: readonly string[] }
    | {
        readonly kind: 'unreachable';
        readonly instances: readonly string[];
        readonly url: string;
        readonly error: string;
      }
    | { readonly kind: 'silent'; readonly app: string; readonly problem: Failure };
  tasks:
    | { readonly kind: 'known'; readonly instances: readonly string[] }
    | { readonly kind: 'registered'; readonly apps: readonly string[] }
    | { readonly kind: 'none'; readonly instances: readonly string[] }
    | { readonly kind: 'found-none'; readonly app: string; readonly problem: Failure }
    | {
        readonly kind: 'foreign';
        readonly instance: string;
        readonly task: string;
        readonly count: number;
      };
  'memory-leak':
    | { readonly kind: 'steady'; readonly instances: readonly string[] }
    | {
        readonly kind: 'grows';
        readonly instance: string;
        readonly bytes: number;
        readonly ms: number;
        readonly tasks: number | null;
        /** Until the memory that may be had is used up, at this rate; null: not known. */
        readonly fullInMs: number | null;
        /** A limit that leaves room for its work. */
        readonly wise: number;
      }
    | { readonly kind: 'replaced'; readonly instance: string; readonly times: number; readonly ms: number }
    | {
        readonly kind: 'out-of-memory';
        readonly instance: string;
        readonly times: number;
        /** ISO 8601 */
        readonly at: string;
        readonly wise: number | null;
      };
  'duplicate-beat':
    | { readonly kind: 'none' }
    | { readonly kind: 'one'; readonly beats: readonly BeatProcess[] }
    /** `sure`: of one application in one folder. */
    | { readonly kind: 'several'; readonly beats: readonly BeatProcess[]; readonly sure: boolean };
  // What keeps there from being two
  lock:
    | { readonly kind: 'none' }
    | { readonly kind: 'held'; readonly instances: readonly string[] }
    | { readonly kind: 'elsewhere'; readonly instance: string; readonly holder: LockHolder }
    | { readonly kind: 'own-host'; readonly instance: string; readonly orchestrator: string }
    | { readonly kind: 'two-folders'; readonly folders: readonly string[] }
    | { readonly kind: 'evicts'; readonly instance: string; readonly file: string; readonly refuses: boolean }
    | { readonly kind: 'failed'; readonly instance: string; readonly problem: Failure };
  // What is to run, and what does
  manifest:
    | { readonly kind: 'good'; readonly shown: string; readonly names: readonly string[] }
    | {
        readonly kind: 'errors';
        readonly shown: string;
        readonly errors: number;
        readonly first: Failure;
      }
    | { readonly kind: 'none'; readonly problem: Failure };
  supervisor:
    | { readonly kind: 'runs'; readonly pids: readonly number[] }
    | { readonly kind: 'none' }
    | { readonly kind: 'failed'; readonly problem: Failure }
    | { readonly kind: 'degraded'; readonly pid: number }
    | { readonly kind: 'warned'; readonly pid: number; readonly problem: Failure };
  processes:
    | { readonly kind: 'up'; readonly count: number }
    | { readonly kind: 'down'; readonly row: ProcessRow }
    | { readonly kind: 'unstable'; readonly instance: string; readonly crashes: number; readonly ms: number }
    | { readonly kind: 'lines-lost'; readonly instance: string; readonly lines: number };
  'project-check':
    | { readonly kind: 'good'; readonly apps: readonly string[] }
    | { readonly kind: 'found'; readonly problem: Failure };
  versions:
    | { readonly kind: 'good'; readonly versions: Versions }
    | { readonly kind: 'unseen' }
    | { readonly kind: 'known-bad'; readonly versions: Versions; readonly trouble: VersionTrouble };
  python:
    | { readonly kind: 'found'; readonly paths: readonly string[] }
    | { readonly kind: 'missing'; readonly path: string }
    | { readonly kind: 'unneeded' };
  // The machine
  koffi: { readonly kind: 'loaded' } | { readonly kind: 'missing'; readonly detail: string };
  subreaper: { readonly kind: 'can' } | { readonly kind: 'cannot' };
  flock:
    | { readonly kind: 'works' }
    | { readonly kind: 'failed'; readonly problem: Failure; readonly needed: boolean };
  setpriv: { readonly kind: 'works' } | { readonly kind: 'missing'; readonly needed: readonly string[] };
  prlimit:
    | { readonly kind: 'there' }
    | { readonly kind: 'unneeded' }
    | { readonly kind: 'missing'; readonly needed: readonly string[] };
  'memory-limit':
    | { readonly kind: 'none'; readonly total: number; readonly available: number }
    | {
        readonly kind: 'room' | 'full';
        readonly version: number | null;
        readonly limit: number;
        readonly used: number | null;
      }
    | { readonly kind: 'short'; readonly total: number; readonly available: number }
    | { readonly kind: 'unseen' };
  cpu:
    | { readonly kind: 'fits'; readonly cpus: number; readonly limited: boolean }
    | {
        readonly kind: 'crowded';
        readonly instance: string;
        readonly slots: number;
        readonly cpus: number;
        /** Celery took the number of the machine's processors, since none was given. */
        readonly byDefault: boolean;
      };
  'open-files':
    | { readonly kind: 'enough'; readonly soft: number }
    | { readonly kind: 'few'; readonly soft: number; readonly hard: number }
    | { readonly kind: 'unseen' };
  limits:
    | { readonly kind: 'granted' }
    | {
        readonly kind: 'above';
        readonly name: string;
        readonly limit: string;
        readonly wanted: number;
        readonly hard: number;
      };
  'process-1':
    | { readonly kind: 'host' }
    | { readonly kind: 'supervisor' | 'init'; readonly name: string }
    | { readonly kind: 'careless'; readonly name: string; readonly zombies: number };
  clock:
    | { readonly kind: 'kept' }
    | { readonly kind: 'free' }
    | { readonly kind: 'unseen' }
    | { readonly kind: 'set'; readonly pid: number; readonly ms: number };
  'runtime-folder':
    | { readonly kind: 'usable'; readonly path: string }
    | { readonly kind: 'unusable'; readonly path: string; readonly detail: string };
  'lock-folder':
    | { readonly kind: 'usable'; readonly path: string }
    | { readonly kind: 'unneeded' }
    | { readonly kind: 'unusable'; readonly path: string; readonly detail: string };
  disk:
    | { readonly kind: 'unneeded' }
    | { readonly kind: 'room'; readonly folders: readonly string[] }
    | {
        readonly kind: 'full' | 'tight';
        readonly folder: string;
        readonly free: number;
        readonly needed: number;
      }
    | { readonly kind: 'read-only'; readonly folder: string; readonly instance: string };
  'kernel-memory':
    | { readonly kind: 'usual' }
    | { readonly kind: 'strict'; readonly left: number | null }
    | { readonly kind: 'unkillable'; readonly score: number };
  // What did not answer in time
  unanswered: { readonly kind: 'silent'; readonly what: Source; readonly ms: number };
}

export interface Versions {
  readonly python?: string | null | undefined;
  readonly celery?: string | null | undefined;
  readonly kombu?: string | null | undefined;
  readonly billiard?: string | null | undefined;
  readonly redis?: string | null | undefined;
}

/** Combinations in which a worker was seen to go wrong, by what goes wrong. */
export type VersionTrouble =
  | 'too-old'
  | 'cold-stop-loses'
  | 'deaf-after-reconnect'
  | 'deaf-with-new-client'
  | 'gevent-repeats'
  | 'amqp-drain-loses';

/** Those who are asked, all at one time. */
export type Source = 'manifest' | 'supervisors' | 'locks' | 'project' | 'disks';

export type CheckCode = keyof FactsByCheck;

/** `subject`: what tells two findings of one check apart; null where there can be only one. */
export type Verdict<C extends CheckCode = CheckCode> = {
  [K in C]: { readonly code: K; readonly status: CheckStatus; readonly facts: FactsByCheck[K] };
}[C];

/** The pair of code and facts is checked here, where it is made. */
export const verdict = <C extends CheckCode>(code: C, status: CheckStatus, facts: FactsByCheck[C]): Verdict =>
  ({ code, status, facts }) as unknown as Verdict;

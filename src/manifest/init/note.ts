/** What `init` finds, proposes, and has to say about it. */
import type { ShellReason } from './shell.ts';

export type From = 'django' | 'procfile' | 'supervisord';

export interface Where {
  readonly file: string;
  /** From 1; null: the file as a whole. */
  readonly line: number | null;
}

/** A decision, or something that could not be carried over. The words stand in `render/init-words.ts`. */
export type NoteFact =
  // Command lines
  | { readonly kind: 'shell'; readonly reason: ShellReason }
  | { readonly kind: 'folder-changed'; readonly folder: string }
  | { readonly kind: 'plain-command'; readonly why: Unfit }
  | { readonly kind: 'extra'; readonly tokens: readonly string[]; readonly backend: string }
  | { readonly kind: 'option-left'; readonly option: string; readonly why: string; readonly instead: string }
  | { readonly kind: 'option-twice'; readonly option: string }
  | { readonly kind: 'interpreter'; readonly program: string; readonly python: string }
  | { readonly kind: 'interpreter-found' }
  | { readonly kind: 'secret'; readonly place: string; readonly variable: string }
  | { readonly kind: 'variables'; readonly names: readonly string[] }
  | { readonly kind: 'renamed'; readonly from: string }
  // Procfiles
  | { readonly kind: 'line-ignored' }
  | { readonly kind: 'release' }
  // supervisord
  | { readonly kind: 'no-counterpart'; readonly key: string; readonly value: string | null }
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'own-keys'; readonly keys: readonly string[] }
  | { readonly kind: 'priority'; readonly value: string }
  | { readonly kind: 'stop-signal'; readonly signal: string; readonly own: string; readonly backend: string }
  | { readonly kind: 'stop-group' }
  | { readonly kind: 'start-seconds'; readonly value: string }
  | { readonly kind: 'exit-codes'; readonly value: string }
  | { readonly kind: 'log-dropped' }
  | { readonly kind: 'log-syslog' }
  | { readonly kind: 'log-joined'; readonly file: string }
  | { readonly kind: 'log-unbounded' }
  | { readonly kind: 'log-instance'; readonly file: string }
  | { readonly kind: 'split'; readonly count: number }
  | { readonly kind: 'one-word'; readonly variable: string }
  | { readonly kind: 'host-name' }
  | { readonly kind: 'here'; readonly folder: string }
  | { readonly kind: 'user-of-all'; readonly user: string }
  | { readonly kind: 'included'; readonly pattern: string; readonly files: number }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'defaults' }
  // Django
  | { readonly kind: 'setting-renamed'; readonly old: string }
  | { readonly kind: 'value-refused'; readonly path: string; readonly value: string }
  | { readonly kind: 'app-from-setting'; readonly app: string; readonly setting: string }
  | { readonly kind: 'args-list' }
  | { readonly kind: 'proposed'; readonly why: string }
  | { readonly kind: 'server-missing'; readonly setting: string; readonly tried: readonly string[] }
  | { readonly kind: 'address'; readonly backend: string }
  | { readonly kind: 'celery-missing'; readonly module: string }
  | { readonly kind: 'celery-broken'; readonly module: string; readonly detail: string }
  | { readonly kind: 'no-beat' };

/** Why a command stays one although its program has a BACKEND. */
export type Unfit =
  | { readonly kind: 'option'; readonly option: string; readonly backend: string }
  | { readonly kind: 'global'; readonly option: string }
  | { readonly kind: 'verb'; readonly verb: string }
  | { readonly kind: 'app' }
  | { readonly kind: 'words' }
  | { readonly kind: 'manage'; readonly path: string }
  | { readonly kind: 'interface' }
  | { readonly kind: 'python'; readonly python: string };

export interface Note {
  readonly where: Where;
  /** The process of which it speaks; null: all of them. */
  readonly process: string | null;
  readonly fact: NoteFact;
}

/** An entry of the new manifest: plain data. */
export interface Draft {
  readonly name: string;
  readonly where: Where;
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface Proposal {
  readonly drafts: readonly Draft[];
  readonly notes: readonly Note[];
  /** SUPERVISOR.python; null: the one that prodserver finds. */
  readonly python: string | null;
  /** What the secrets are, for a check that nobody sees. Never shown, never written. */
  readonly secrets: ReadonlyMap<string, string>;
}

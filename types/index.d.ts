/** Types for the files of SUPERVISOR.backends; docs/backends.md has an example. */

/** What the default export of such a file is; a function is handed the toolkit. */
export type BackendFile = Backends | ((toolkit: Toolkit) => Backends | Promise<Backends>);
export type Backends = Backend | readonly Backend[];

/** One BACKEND: what its entry may hold, and how it becomes a process. */
export interface Backend {
  /** Letters, digits and underscores, such as `HttpServer`. */
  readonly name: string;
  /** Other spellings, such as the dotted path of a class. */
  readonly paths?: readonly string[];
  /** What APP names; `none` (default): the backend takes no APP. */
  readonly app?: 'wsgi' | 'asgi' | 'celery' | 'none';
  /** `required`: it takes a CMD, and no ARGS. Default: `none`. */
  readonly cmd?: 'required' | 'none';
  /** At most one instance may run. Default: false. */
  readonly singleton?: boolean;
  /** The Python package whose installed version decides which options there are (see `since`). */
  readonly package?: string | null;
  /** The options that ARGS may have. Asked for once. Default: none. */
  options?(): Options;
  /** What is wrong with ARGS beyond single values. */
  rules?(subject: Subject): readonly Finding[];
  /** The process. Called for each instance, each time that the manifest is read. */
  compile(entry: Entry): Compiled;
}

/** What an entry of the manifest says. */
export interface Entry {
  readonly name: string;
  /** Counts from 1. */
  readonly index: number;
  readonly instances: number;
  readonly app: string | null;
  /** Values as the options have parsed them, in the manifest's order. */
  readonly args: ReadonlyMap<string, unknown>;
  readonly extraArgs: readonly string[];
  readonly cmd: readonly [string, ...string[]] | null;
  /** The project's interpreter, as a path or a command name. */
  readonly python: string;
  /** Of the supervisor, with the entry's own on top. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the folder that it runs in has such a file. */
  hasFile(name: string): boolean;
  /** The version of a Python package beside the interpreter; null where it cannot be seen. */
  installed(name: string): string | null;
  /** Those that it is handed, as descriptors 3, 4 and so on. */
  readonly sockets: readonly HeldSocket[];
}

/** A listening socket that the supervisor holds: see SOCKETS. */
export interface HeldSocket {
  readonly name: string;
  readonly address:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string };
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly mode: number | null;
  readonly user: string | null;
  readonly group: string | null;
}

/** What a rule looks at. */
export interface Subject {
  readonly name: string;
  readonly app: string | null;
  readonly args: ReadonlyMap<string, unknown>;
  readonly extraArgs: readonly string[];
  readonly instances: number;
  readonly env: Readonly<Record<string, string>>;
  /** STOP.timeout in milliseconds; null: that of the backend. */
  readonly graceMs: number | null;
  /** Those that it is handed, as descriptors 3, 4 and so on. */
  readonly sockets: readonly HeldSocket[];
}

/** What a backend makes of an entry: all but `argv` has a default. */
export interface Compiled {
  readonly argv: readonly [string, ...string[]];
  /** Those of `argv` that the manifest did not ask for; `plan` shows them. */
  readonly added?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** When it counts as RUNNING. Default: alive for a second. */
  readonly readiness?: Readiness;
  /** Default: SIGTERM, 10 s, SIGKILL. SIGKILL is added where it is not the last. */
  readonly stop?: readonly [Rung, ...Rung[]];
  /** How long it may take to get ready. Default: 60 s. */
  readonly startTimeoutMs?: number;
  /** Exit codes after which a new attempt cannot help. */
  readonly permanentExitCodes?: readonly number[];
  /** Makes the program write its stacks into its log. */
  readonly stackDump?: Signal | null;
  /** At that signal the main process takes in new code by new workers, and goes on. */
  readonly reload?: { readonly signal: Signal; readonly order: 'new-first' | 'old-first' } | null;
  /** Signals that are no good way to stop it, and what it does then; STOP.signal is warned of them. */
  readonly unfit?: Readonly<Partial<Record<Signal | 'SIGKILL', string>>>;
  /**
   * Two may run side by side: `.g2` goes into this token of argv at this place, or nothing tells them apart. Default: null,
   * stopped first.
   */
  readonly overlap?: 'alike' | { readonly token: number; readonly at: number } | null;
  /** A lock that it always needs. */
  readonly singleton?: { readonly kind: 'name'; readonly name: string } | null;
  /** Of what two processes must not have the same; `option` is where to point in ARGS. */
  readonly claims?: readonly {
    readonly kind: 'node' | 'worker' | 'statedb' | 'schedule' | 'pidfile';
    readonly value: string;
    readonly option: string;
  }[];
}

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';

/** One step of a stop: the signal for the main process, and how long it is given. SIGKILL goes to all that it started. */
export interface Rung {
  readonly signal: Signal | 'SIGKILL';
  readonly waitMs: number;
}

export type Address =
  /** `host` empty: any. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type Readiness =
  | { readonly kind: 'alive'; readonly afterMs: number }
  /** It accepts on all of them; with an empty list: on whatever it listens. */
  | { readonly kind: 'listen'; readonly addresses: readonly Address[] }
  | { readonly kind: 'http'; readonly url: string; readonly addresses?: readonly Address[] }
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'file'; readonly path: string; readonly maxAgeMs?: number | null };

/** Made by the toolkit. */
export interface Option {
  readonly schema: object;
}
export type Options = Readonly<Record<string, Option>>;

/** Made by the toolkit. */
export interface Finding {
  readonly option: string | null;
  readonly failure: object;
}

/** The names of an option's values stand in its errors, so `expects` reads as "... must be a folder". */
export interface Toolkit {
  integer(limits?: { readonly min?: number; readonly max?: number }): Option;
  decimal(limits?: { readonly above?: number; readonly min?: number }): Option;
  text(expects?: string): Option;
  /** `true` and null give `--key`, `false` leaves it out. */
  flag(): Option;
  /** `--key=true`, `--key=false`. */
  truth(): Option;
  /** `--key` and `--no-key`. */
  pair(key: string): Options;
  choice(values: readonly [string, ...string[]]): Option;
  /** `--key=a,b`. */
  list(expects: string): Option;
  /** `--key=a --key=b`. */
  repeated(expects: string): Option;
  /** An option that versions of `package` before `version` do not have. */
  since(version: string, base: Option): Option;
  /** Another name for the option `name` of the table. */
  alias(name: string, base: Option): Option;
  /** An option that exists and must not be used here. */
  refused(why: string, instead: string): Option;

  /** The tokens of `args`, in the manifest's order. */
  emitArgs(options: Options, args: Entry['args']): string[];
  /** `true`, `null` or `"true"`. */
  isOn(args: Entry['args'], option: string): boolean;
  /** `shop.wsgi` as `shop.wsgi:application`. */
  appTarget(app: string): string;
  /** SIGTERM with so many seconds, then SIGKILL. */
  termFor(seconds: number): [Rung, ...Rung[]];
  /** What keeps Python from holding log lines back. */
  readonly PYTHON_ENV: Readonly<Record<string, string>>;

  /** A warning that an option does nothing. */
  ignored(option: string, why: string, instead: string): Finding;
  /** A warning that the program takes it to mean something else. */
  otherwise(option: string, why: string, instead: string): Finding;
  /** A warning that it does what it says, to the harm of who wrote it. */
  unwise(option: string, why: string, instead: string): Finding;
  /** An error: the program refuses it here. */
  barred(option: string, why: string, instead: string): Finding;
  /** An error: the program does not take the two together. */
  conflict(option: string, other: string, why: string): Finding;
}

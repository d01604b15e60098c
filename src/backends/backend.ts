import type { Failure } from '../model/failure.ts';
import type { HeldSocket } from '../model/sockets.ts';
import type {
  Address,
  LinkLiveness,
  Overlap,
  Readiness,
  Reload,
  Rung,
  SignalName,
  SingletonKey,
} from '../model/spec.ts';
import type { Options } from './options.ts';

/** What an entry of the manifest says, as far as a backend needs it; ARGS are parsed by the backend's own table. */
export interface Entry {
  readonly name: string;
  readonly index: number;
  readonly instances: number;
  readonly app: string | null;
  readonly args: ReadonlyMap<string, unknown>;
  readonly extraArgs: readonly string[];
  readonly cmd: readonly [string, ...string[]] | null;
  /** The project's interpreter, as a path or a command name. */
  readonly python: string;
  /** The folder of our helpers that run inside that interpreter. */
  readonly helpers: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the folder that it runs in has such a file. */
  hasFile(name: string): boolean;
  /** The version of a Python package beside the interpreter; null where it cannot be seen. */
  installed(name: string): string | null;
  /** Those that it is handed, as descriptors 3, 4 and so on. */
  readonly sockets: readonly HeldSocket[];
}

/** What a rule looks at: an entry whose ARGS were parsed. */
export interface Subject {
  readonly name: string;
  readonly app: string | null;
  readonly args: ReadonlyMap<string, unknown>;
  readonly extraArgs: readonly string[];
  readonly instances: number;
  /** Of the supervisor, with the entry's own on top. */
  readonly env: Readonly<Record<string, string>>;
  /** Those that it is handed, as descriptors 3, 4 and so on. */
  readonly sockets: readonly HeldSocket[];
  /** STOP.timeout in milliseconds; null: that of the backend. */
  readonly graceMs: number | null;
}

/**
 * Something of which two processes of one manifest must not have the same: equal `kind` and `value` are reported at
 * `option` of the later one: an option in ARGS, of a log file the key in LOG.
 */
export interface NamedClaim {
  readonly kind: 'node' | 'worker' | 'statedb' | 'schedule' | 'pidfile' | 'log';
  readonly value: string;
  /** What is compared in its place, where one thing may be written in several ways. */
  readonly same?: string;
  readonly option: string;
}

/** An address of which two processes have to agree, or of which only one can have it. */
export interface Listening {
  readonly kind: 'listen';
  /** A relative path starts in the folder of the process. */
  readonly address: Address;
  /** A socket on `[::]` takes IPv4 as well. */
  readonly dualStack: boolean;
  /** Its port may be another's too, where that one says the same. */
  readonly sharesPort: boolean;
  /** What to write where it is INSTANCES that want one address. */
  readonly instead: string;
  /** What of ARGS to point at; null: the address is the default. */
  readonly option: string | null;
}

export type Claim = NamedClaim | Listening;

/** By a signal that is no good way to stop the program: what it does then. */
export type Unfit = Readonly<Partial<Record<SignalName, string>>>;

/** What a backend makes of an entry. */
export interface Compiled {
  readonly argv: readonly [string, ...string[]];
  readonly added: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly readiness: Readiness;
  readonly link: boolean;
  /** How the loop runs of which its link reports; null: it reports nothing that could be judged. */
  readonly linkLoop: LinkLiveness['loop'] | null;
  readonly stop: readonly [Rung, ...Rung[]];
  readonly startTimeoutMs: number;
  readonly permanentExitCodes: readonly number[];
  /** Makes the program write its stacks into its log; null where it knows none. */
  readonly stackDump: Exclude<SignalName, 'SIGKILL'> | null;
  /** Null: new code is taken in by a new process. */
  readonly reload: Reload | null;
  /** Beside the signals of `reload` and `stackDump`. */
  readonly unfit: Unfit;
  /** Null: two of it must not run side by side. */
  readonly overlap: Overlap | null;
  /** The lock that it always needs; a LOCK of the entry takes its place. */
  readonly singleton: SingletonKey | null;
  readonly claims: readonly Claim[];
}

/** Something that a rule found in parsed ARGS; `option` says where to point, null at the whole entry. */
export interface Finding {
  readonly failure: Failure;
  readonly option: string | null;
}

/** One BACKEND: what its entry may hold, and how it becomes a process. */
export interface Backend {
  /** The bare class name. */
  readonly name: string;
  /** Dotted paths of django-prodserver that mean it, 2.x and 3.0. */
  readonly paths: readonly string[];
  /** What APP names; none: the backend takes no APP. */
  readonly app: 'wsgi' | 'asgi' | 'celery' | 'none';
  readonly cmd: 'required' | 'none';
  /** At most one instance may run. */
  readonly singleton: boolean;
  /** Built when first asked for: a manifest uses few of the tables. */
  options(): Options;
  /** The Python package whose version decides which options there are; null where that does not matter. */
  readonly package: string | null;
  rules(subject: Subject): Finding[];
  compile(entry: Entry): Compiled;
}

/** The tokens of `args`, in the manifest's order. */
export function emitArgs(options: Options, args: ReadonlyMap<string, unknown>): string[] {
  return [...args].flatMap(([key, value]) => options[key]?.emit(key, value) ?? []);
}

/** Python buffers a pipe in blocks, which would hold log lines back for minutes. */
export const PYTHON_ENV: Readonly<Record<string, string>> = { PYTHONUNBUFFERED: '1' };

/** A main process with workers: most of them do it so. */
export const HUP_RELOADS: Reload = { signal: 'SIGHUP', order: 'new-first' };

export const unfitFor = (why: string, ...signals: readonly SignalName[]): Unfit =>
  Object.fromEntries(signals.map((signal) => [signal, why]));

/** After SIGKILL: how long until it is sent again. A process in uninterruptible sleep takes it later. */
export const KILL: Rung = { signal: 'SIGKILL', waitMs: 5000 };

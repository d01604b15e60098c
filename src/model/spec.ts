import type { HttpDoor } from './http-door.ts';
import type { LeaseTimings } from './lease-timings.ts';
import type { MemoryKind, Needs } from './process.ts';

/** What becomes of lines that cannot be written: lost and counted, or their process waits in its own write. */
export type WhenFull = 'block' | 'drop';

/** A file of its own for an instance's output. */
export interface LogFile {
  readonly file: string;
  /** It is rotated before it would grow past this. */
  readonly maxBytes: number;
  /** It is rotated when it is older than this; null: whatever its age. */
  readonly maxAgeMs: number | null;
  /** Rotated files: `file.1` is the newest, and none is older than this number's. */
  readonly keep: number;
  readonly whenFull: WhenFull;
}

/** One look at a process from outside. */
export type Probe =
  /** The process listens on all these addresses (on any at all when none is known) and accepts. */
  | { readonly kind: 'listen'; readonly addresses: readonly Address[] }
  /** A GET on this URL answers 2xx. `path` alone waits for a listening socket of the process and asks there. */
  | { readonly kind: 'http'; readonly url: string; readonly addresses: readonly Address[] }
  /** This program, run as the process is (user, folder, environment), ends with 0. */
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] }
  /** The file was written no longer ago than this; null: since the process was started. */
  | { readonly kind: 'file'; readonly path: string; readonly maxAgeMs: number | null }
  /** A process of it waits for connections on each of these sockets, which the supervisor holds for it. */
  | { readonly kind: 'awaits'; readonly names: readonly string[] };

/** How it is known that a started process does its work. */
export type Readiness =
  /** Alive this many milliseconds after exec, judged only after pending exits were reaped. */
  | { readonly kind: 'alive'; readonly afterMs: number }
  /** The process reports over the Celery link. */
  | { readonly kind: 'link' }
  /** All of them hold. */
  | { readonly kind: 'all'; readonly probes: readonly Probe[] }
  | Probe;

/** When a probe is asked. Milliseconds. */
export interface ProbeTiming {
  /** Before the first look. */
  readonly delayMs: number;
  /** Between the end of one look and the next: they never overlap. */
  readonly periodMs: number;
  /** What one look may take. */
  readonly timeoutMs: number;
}

/** How it is seen that a process which had been ready does its work no more. */
export interface Liveness extends ProbeTiming {
  readonly probes: readonly Probe[];
  /** Looks in a row that must go wrong. */
  readonly failures: number;
}

/** Something outside that must answer before a process is started. */
export type Target =
  | { readonly kind: 'address'; readonly text: string; readonly address: Address }
  | { readonly kind: 'http'; readonly text: string }
  | { readonly kind: 'file'; readonly text: string; readonly path: string };

export interface WaitFor {
  readonly targets: readonly Target[];
  /** Milliseconds after which waiting counts as a failed start, which is tried again; null: it waits for ever. */
  readonly timeoutMs: number | null;
}

export interface Dependency {
  readonly name: string;
  readonly needs: Needs;
}

/** A TCP address (`host` empty: any) or a Unix socket's path. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGKILL';

/** One rung of a stop: the signal for the main pid, and how long it is given. SIGKILL means the whole tree. */
export interface Rung {
  readonly signal: SignalName;
  readonly waitMs: number;
}

/** At a signal the main process takes in new code by new workers: it goes on, and so does the port that it listens on. */
export interface Reload {
  readonly signal: Exclude<SignalName, 'SIGKILL'>;
  /** Which come first: new workers before the old ones end, or the other way round, so that connections wait. */
  readonly order: 'new-first' | 'old-first';
}

export interface RestartPolicy {
  readonly policy: 'always' | 'on-failure' | 'never';
  /** Ends in a row, each without a stable stretch before it, after which it is FATAL; null: retried for ever. */
  readonly maxAttempts: number | null;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Ready this long: the count of failures starts again. */
  readonly stableAfterMs: number;
}

/** What must be held before the process may run, so that only one does. */
export type SingletonKey =
  | { readonly kind: 'name'; readonly name: string }
  /** Ask the application, in its own interpreter, which broker it uses. */
  | { readonly kind: 'application'; readonly app: string; readonly ask: readonly string[] };

/** Who keeps a lock: the kernel of this host, on a file (null: in the host's own folder), or a Redis for all hosts. */
export type LockStore =
  | { readonly kind: 'file'; readonly path: string | null }
  | { readonly kind: 'redis'; readonly url: string; readonly timings: LeaseTimings };

/** When a process that reports over the link counts as hung. Milliseconds. */
export interface LinkLiveness {
  /** Without a turn of the consumer's own loop. */
  readonly loopMs: number;
  /** That a canary may go unanswered; null: none is sent. */
  readonly canaryMs: number | null;
  /** That the broker's side may show nobody who asks for messages. */
  readonly pollingMs: number;
  /** Past the time at which beat said that it would tick again. */
  readonly beatMs: number;
  /** What a task may take at most; null: as long as it likes. */
  readonly taskMs: number | null;
  /** What becomes of a worker all of whose slots are held by tasks older than `taskMs`. */
  readonly stuck: 'report' | 'restart';
  /** How the loop of the pool runs: beside the tasks, between them (solo), or with them (gevent, eventlet); or beat's. */
  readonly loop: 'beside' | 'between' | 'with' | 'beat';
}

/** When a process that works well is replaced by a new one. Null: never for that reason. */
export interface RecyclePolicy {
  /** Bytes: above the first it is replaced, above the second it is stopped at once. */
  readonly maxMemory: number | null;
  readonly maxMemoryHard: number | null;
  readonly memory: MemoryKind;
  /** Finished tasks. */
  readonly maxTasks: number | null;
  readonly maxAgeMs: number | null;
  /** A cron pattern of five or six fields, and its IANA time zone (null: the machine's). */
  readonly schedule: string | null;
  readonly timezone: string | null;
  /** 0 to 1: the limits of tasks and age are drawn anew for each run, up to this part lower. */
  readonly jitter: number;
  /** It is left alone before it has been ready this long. Milliseconds. */
  readonly minUptimeMs: number;
}

/** A listening socket that the supervisor opens and holds, for those that it starts. */
export interface HeldSocket {
  readonly name: string;
  readonly address: Address;
  /** Connections that may wait in it. */
  readonly backlog: number;
  /** Others may bind the address too, if they say so as well. */
  readonly reusePort: boolean;
  /** Of the file of a Unix socket; null: as the supervisor's own mask, user and group say. */
  readonly mode: number | null;
  readonly user: string | null;
  readonly group: string | null;
}

/**
 * Where a successor that runs beside its predecessor is told apart: `.g2` goes into this token of argv at this place.
 * Alike: nothing needs to tell them apart.
 */
export type Overlap = 'alike' | { readonly token: number; readonly at: number };

/** As whom, and within which bounds, a process runs; null and empty: as the supervisor itself does. */
export interface Identity {
  /** A name or a number, as written: it is looked up at each spawn. */
  readonly user: string | null;
  readonly group: string | null;
  readonly umask: number | null;
  /**
   * By the names and in the form of prlimit(1): `65536`, `100:200`, `unlimited`. Bytes, seconds (cpu) and microseconds
   * (rttime).
   */
  readonly limits: Readonly<Record<string, string>>;
}

/**
 * All that the supervisor needs to run one instance; plain data that knows nothing of Celery or Django.
 * `argv[0]` and `cwd` are paths as written: they are resolved again at each spawn, since release symlinks move.
 */
export interface ProcessSpec {
  readonly name: string;
  /** `worker.1` */
  readonly instance: string;
  readonly index: number;
  readonly backend: string;
  readonly argv: readonly [string, ...string[]];
  /** Those of `argv` that the manifest did not ask for. */
  readonly added: readonly string[];
  /** On top of the supervisor's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly identity: Identity;
  /** Paths of files of variables, read at each spawn; `env` is on top of them. */
  readonly envFiles: readonly string[];
  readonly autostart: boolean;
  /** Passed to it as descriptors 3, 4 and so on. */
  readonly sockets: readonly HeldSocket[];
  /** A report channel is passed to it: the number of its descriptor in the child is the link's business. */
  readonly link: boolean;
  readonly readiness: Readiness;
  readonly readinessTiming: ProbeTiming;
  readonly liveness: Liveness | null;
  /** Null: what it reports over its link is not judged. */
  readonly linkLiveness: LinkLiveness | null;
  readonly recycle: RecyclePolicy | null;
  /** Null: two of it must not run side by side, so it is stopped before its successor starts. */
  readonly overlap: Overlap | null;
  /** Makes the program write its stacks into its log; null where it knows none. */
  readonly stackDump: Exclude<SignalName, 'SIGKILL'> | null;
  /** Null: new code is taken in by a new process. */
  readonly reload: Reload | null;
  readonly dependsOn: readonly Dependency[];
  readonly waitFor: WaitFor | null;
  /** It is to end with 0, which completes it. */
  readonly oneshot: boolean;
  readonly startTimeoutMs: number;
  readonly stop: readonly [Rung, ...Rung[]];
  readonly restart: RestartPolicy;
  /** Exit codes after which a new attempt cannot help (Celery's 2: usage, APP not found). */
  readonly permanentExitCodes: readonly number[];
  readonly singleton: SingletonKey | null;
  /** Where that is held. */
  readonly lockStore: LockStore;
  /** Its end for good is the end of all. */
  readonly significant: boolean;
  /** Null: its lines go to the supervisor's standard output. */
  readonly log: LogFile | null;
}

/** Whether a FATAL process ends the others too: `keep` lets them go on. */
export type OnFatal = 'keep' | 'shutdown';

export interface Plan {
  /** Real path of the manifest. */
  readonly manifest: string;
  readonly processes: readonly ProcessSpec[];
  /** Null where the manifest does not say: as PID 1 it ends the container, elsewhere the others go on. */
  readonly onFatal: OnFatal | null;
  /** Starts a second over all processes, once the burst is used up. */
  readonly startRate: number;
  /** Null: the Unix socket alone. */
  readonly http: HttpDoor | null;
}

import type { DeepFactsByCode } from './deep.ts';
import type { FactsAcross } from './facts-across.ts';
import type { Exit, LockHolder, ProbeTrouble } from './process.ts';
import type { BackendFacts } from './failure-backends.ts';
import type { ControlFacts } from './failure-control.ts';
import type { HttpFacts } from './failure-http.ts';
import type { InitFacts } from './failure-init.ts';
import { SOCKET_WARNINGS, type SocketFacts } from './failure-sockets.ts';
import type { TimingsProblem } from './lease-timings.ts';

/** The facts that belong to each code. The words for them stand in `render/words-*.ts`, nowhere else. */
export interface FactsByCode
  extends BackendFacts, ControlFacts, DeepFactsByCode, HttpFacts, InitFacts, FactsAcross, SocketFacts {
  // The manifest as a file
  'manifest-missing': { readonly searched: readonly string[] };
  'manifest-unreadable': { readonly path: string; readonly errno: string };
  'manifest-too-large': { readonly path: string; readonly bytes: number; readonly limit: number };
  'manifest-syntax': { readonly detail: string };
  'manifest-aliases': { readonly limit: number };
  /** `key`: a mapping or a list stands as one; `self`: an alias, in what it names. */
  'manifest-nest': { readonly what: 'key' | 'self' | 'depth'; readonly limit: number };
  'manifest-shape': { readonly got: string };
  'manifest-empty': { readonly path: string };
  // Its contents
  'processes-shape': { readonly got: string };
  // Django's settings in its place
  'settings-silent': SettingsRead & { readonly seconds: number };
  'settings-broken': SettingsRead & { readonly exit: Exit };
  'settings-unset': { readonly module: string };
  'settings-value': { readonly setting: string; readonly kind: RefusedKind; readonly name: string };
  'settings-renamed': { readonly old: string; readonly now: string };
  /** `instead`: the same as Python writes it; null where the list has more than long options. */
  'settings-args-list': { readonly process: string; readonly instead: string | null };
  'key-unknown': { readonly key: string; readonly near: string | null; readonly known: readonly string[] };
  'key-missing': { readonly key: string; readonly owner: string; readonly example: string };
  'key-useless': { readonly key: string; readonly backend: string; readonly why: string };
  'value-wrong': {
    readonly key: string;
    readonly expected: string;
    readonly got: string;
    readonly near: string | null;
  };
  'value-no-unit': {
    readonly key: string;
    readonly got: string;
    readonly example: string;
  };
  'name-invalid': { readonly name: string; readonly rule: string };
  'option-unknown': { readonly option: string; readonly backend: string; readonly near: string | null };
  'option-refused': { readonly option: string; readonly why: string; readonly instead: string };
  'option-spelling': { readonly option: string; readonly spelling: string };
  'option-conflict': { readonly option: string; readonly other: string; readonly why: string };
  'option-ignored': { readonly option: string; readonly why: string; readonly instead: string };
  'option-otherwise': { readonly option: string; readonly why: string; readonly instead: string };
  'option-unwise': { readonly option: string; readonly why: string; readonly instead: string };
  'option-too-new': {
    readonly option: string;
    /** The value, where it is the value that is new. */
    readonly value: string | null;
    readonly package: string;
    readonly needs: string;
    readonly has: string;
  };
  'claimed-twice': {
    readonly option: string;
    readonly kind: string;
    readonly value: string;
    readonly instances: readonly string[];
  };
  'variable-unset': { readonly name: string };
  'variable-required': { readonly name: string; readonly message: string };
  'variable-syntax': { readonly text: string };
  'instances-conflict': { readonly backend: string; readonly why: string };
  'dependency-unknown': {
    readonly owner: string;
    readonly name: string;
    readonly near: string | null;
    readonly names: readonly string[];
  };
  'dependency-cycle': { readonly names: readonly string[] };
  'dependency-endless': { readonly owner: string; readonly name: string };
  'lock-timings': { readonly problem: TimingsProblem };
  'beat-twice': { readonly names: readonly string[]; readonly app: string };
  // The command line
  usage: { readonly detail: string };
  'nothing-to-start': { readonly manifest: string };
  'name-needed': { readonly names: readonly string[] };
  'process-unknown': {
    readonly name: string;
    readonly near: string | null;
    readonly names: readonly string[];
  };
  'platform-unsupported': { readonly platform: string };
  // Starting and supervising
  'already-running': {
    readonly names: readonly string[];
    readonly pid: number | null;
    readonly since: string | null;
    readonly manifest: string;
  };
  'runtime-folder': { readonly path: string; readonly detail: string };
  'runtime-removed': { readonly paths: readonly string[] };
  'watch-refused': { readonly errno: string; readonly ms: number };
  'socket-path-long': { readonly path: string; readonly bytes: number; readonly limit: number };
  'lock-held': { readonly instance: string; readonly holder: LockHolder };
  'lock-evicted': { readonly file: string; readonly policy: string };
  'lock-unreachable': { readonly file: string; readonly detail: string };
  /** Null: no process of the manifest. */
  'lock-missing': { readonly name: string | null };
  'lock-of-kernel': { readonly instance: string; readonly holder: LockHolder };
  /** `ms`: for how long the one who loses it may run on. */
  'lock-unforced': { readonly instance: string; readonly holder: LockHolder; readonly ms: number };
  'lock-folder': { readonly tried: readonly string[]; readonly detail: string };
  'lock-tool': { readonly detail: string };
  'application-silent': {
    readonly app: string;
    readonly output: readonly string[];
    readonly seconds: number;
  };
  'application-broken': { readonly app: string; readonly output: readonly string[]; readonly exit: Exit };
  'program-missing': { readonly program: string; readonly searched: readonly string[] };
  'program-not-executable': { readonly program: string; readonly detail: string };
  'folder-missing': { readonly cwd: string; readonly detail: string };
  'wait-timeout': { readonly trouble: ProbeTrouble; readonly ms: number };
  'start-rate': { readonly ms: number };
  'user-unknown': { readonly user: string };
  'group-unknown': { readonly group: string };
  /** `uid` is ours, which may not become another. */
  'user-refused': { readonly user: string | null; readonly group: string | null; readonly uid: number };
  'tool-missing': { readonly tool: string; readonly neededFor: string };
  /** `line` counts from 1; null where the file as a whole is meant. */
  'env-file': { readonly path: string; readonly line: number | null; readonly detail: string };
  /** `detail` is what setpriv or prlimit said. */
  'launch-refused': { readonly program: string; readonly detail: string };
  'spawn-refused': { readonly errno: string; readonly detail: string };
  'exit-permanent': { readonly code: number; readonly output: readonly string[] };
  'attempts-used-up': {
    readonly attempts: number;
    readonly exit: Exit;
    readonly output: readonly string[];
  };
  'start-timeout': { readonly ms: number; readonly output: readonly string[] };
  'log-refused': { readonly instance: string; readonly file: string; readonly errno: string };
  'log-not-rotated': { readonly instance: string; readonly file: string; readonly errno: string };
  'link-silent': { readonly instance: string; readonly ms: number };
  'successor-silent': { readonly ms: number };
  'pss-unreadable': { readonly instance: string };
  'slots-stuck': {
    readonly instance: string;
    readonly slots: number;
    /** That of them which has run longest. */
    readonly task: string;
    readonly ms: number;
    readonly limitMs: number;
  };
  'children-churn': {
    readonly instance: string;
    readonly exits: number;
    /** Tasks that were done in the same time. */
    readonly tasks: number;
    readonly ms: number;
    /** Options of its command line that end a child; those in the project's settings are not known. */
    readonly limits: readonly string[];
    /** Bytes that its main process has, which is where each child begins. */
    readonly mainBytes: number | null;
  };
  'subreaper-missing': { readonly detail: string };
  'parent-death-missing': object;
  'manager-untold': { readonly socket: string; readonly detail: string };
  /** `watched`: the service manager waits for a sign of life. */
  'children-unseen': {
    readonly children: readonly { readonly instance: string; readonly pid: number }[];
    readonly watched: boolean;
  };
  'processes-ended': { readonly names: readonly string[] };
  // Ourselves
  internal: { readonly detail: string };
}

/** Who read which settings, and what was said meanwhile. */
interface SettingsRead {
  readonly module: string;
  readonly python: string;
  readonly output: readonly string[];
}

/** What no program can be given: a lazy text that cannot be had, a nest without an end, a key that is no text. */
export type RefusedKind = 'function' | 'class' | 'object' | 'lazy' | 'nest' | 'key';

export type Code = keyof FactsByCode;

export type Severity = 'error' | 'warning' | 'info';

const WARNINGS: ReadonlySet<Code> = new Set<Code>([
  'manifest-empty',
  'option-spelling',
  'option-ignored',
  'option-otherwise',
  'option-unwise',
  'stop-signal',
  'schedule-task-foreign',
  'broker-alternate',
  'results-unreachable',
  ...SOCKET_WARNINGS,
  'log-refused',
  'log-not-rotated',
  'link-silent',
  'pss-unreadable',
  'slots-stuck',
  'children-churn',
  'subreaper-missing',
  'parent-death-missing',
  'manager-untold',
  'children-unseen',
  'runtime-removed',
  'watch-refused',
  'address-shared',
  'memory-exceeded',
  'secret-plain',
]);

const INFOS: ReadonlySet<Code> = new Set<Code>(['stop-long']);

/** Errors refuse a manifest; warnings do not, unless `--strict` says so; infos never do. */
export const severityOf = (code: Code): Severity =>
  INFOS.has(code) ? 'info' : WARNINGS.has(code) ? 'warning' : 'error';

export type Place = TextPlace | SettingPlace;

/** Where in a file: lines and columns count from 1, `endColumn` is the first column after it. */
export interface TextPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The offending line, whole. */
  readonly excerpt: string;
  /** `["PRODUCTION_PROCESSES", "worker", "ARGS", "concurency"]` */
  readonly path: readonly (string | number)[];
}

/** A setting that its module computes, so that no line says it. */
export interface SettingPlace {
  readonly module: string;
  readonly path: readonly (string | number)[];
}

export const isInText = (place: Place | undefined): place is TextPlace =>
  place !== undefined && 'line' in place;

/** A failure is a value: what happened as a code and facts; what to say and do about it is looked up by code. */
export type Failure<C extends Code = Code> = {
  [K in C]: {
    readonly code: K;
    readonly facts: FactsByCode[K];
    readonly place?: Place;
    readonly cause?: unknown;
  };
}[C];

export function failure<C extends Code>(
  code: C,
  facts: FactsByCode[C],
  extra: { readonly place?: Place | undefined; readonly cause?: unknown } = {},
): Failure {
  const value = {
    code,
    facts,
    ...(extra.place === undefined ? {} : { place: extra.place }),
    ...(extra.cause === undefined ? {} : { cause: extra.cause }),
  };
  return value as unknown as Failure;
}

/** Carries a Failure through code that can only throw; caught where the failure becomes an outcome. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code} ${JSON.stringify(failure.facts)}`, { cause: failure.cause });
    this.name = 'FailureError';
    this.failure = failure;
  }
}

export type Result<T, E = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** One valid entry of the manifest as the specs of its instances. */
import { resolve } from 'node:path';
import type { Backend, Claim, Compiled, Entry } from '../backends/backend.ts';
import type { HeldSocket } from '../model/sockets.ts';
import type { LogFile, ProcessSpec, RestartPolicy } from '../model/spec.ts';
import { fileExists } from '../os/files.ts';
import {
  dependsOnOf,
  linkLivenessOf,
  livenessOf,
  readinessOf,
  readinessTimingOf,
  waitForOf,
} from './health.ts';
import { lockStoreOf, singletonOf } from './lock.ts';
import { recycleOf } from './recycle.ts';
import type { Scales } from './loaded.ts';
import type { EntryInput } from './schema.ts';
import { stopOf } from './stop.ts';

/** How a worker's link is told to send itself no messages. */
const NO_CANARY = { PRODSERVER_CANARY: 'off' };

export interface EntryContext {
  /** The manifest's folder: where relative paths start, and the default CWD. */
  readonly folder: string;
  readonly python: string;
  readonly helpers: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Django settings that the manifest is from, and that its processes are given; null: a file. */
  readonly settings: string | null;
  readonly scales: Scales;
  /** Of an entry that is scaled: INSTANCES as written. */
  readonly declared?: number;
  /** Whether the entry of that name is to end by itself. */
  readonly isOneshot: (name: string) => boolean;
  /** Those that the entry of that name asks for: their numbers in it are 3, 4 and so on. */
  readonly socketsOf: (name: string) => readonly HeldSocket[];
  /** The version of a Python package beside `python`; null where it cannot be seen. */
  readonly installed: (name: string) => string | null;
}

/** Sources of the numbers: `notes` on policy.ts, and the design's section 4. */
const RESTART: RestartPolicy = {
  policy: 'always',
  maxAttempts: null,
  initialMs: 1000,
  maxMs: 60_000,
  factor: 2,
  stableAfterMs: 600_000,
};

/** An instance, and what it claims for itself among those of its manifest. */
export interface CompiledInstance {
  readonly spec: ProcessSpec;
  /** What it was made of. */
  readonly entry: Entry;
  readonly claims: readonly Claim[];
  readonly compiled: Compiled;
}

/** Where it listens may be what it was told wrongly. */
export const notListening = (one: CompiledInstance): CompiledInstance => ({
  ...one,
  claims: one.claims.filter(({ kind }) => kind !== 'listen'),
});

/** The environment of an entry's processes, as far as it is known before the backend adds to it. */
export const environmentOf = (
  input: EntryInput | null,
  env: EntryContext['env'],
): Record<string, string> => ({
  ...definedOnly(env),
  ...input?.ENV,
});

export function compileEntry(
  name: string,
  backend: Backend,
  input: EntryInput,
  args: ReadonlyMap<string, unknown>,
  context: EntryContext,
): CompiledInstance[] {
  const count = input.INSTANCES ?? 1;
  const { declared = count } = context;
  const cwd = resolve(context.folder, input.CWD ?? '.');
  return Array.from({ length: count }, (_, position) => {
    const index = position + 1;
    // Those that were there before a scaling keep their names.
    const instances = index <= declared ? declared : Math.max(2, declared);
    const entry: Entry = {
      name,
      index,
      instances,
      app: input.APP ?? null,
      args,
      extraArgs: input.EXTRA_ARGS ?? [],
      cmd: (input.CMD as [string, ...string[]] | undefined) ?? null,
      python: context.python,
      helpers: context.helpers,
      env: environmentOf(input, context.env),
      hasFile: (file) => fileExists(resolve(cwd, file)),
      installed: context.installed,
      sockets: context.socketsOf(name),
    };
    const compiled = backend.compile(entry);
    const linkLiveness = linkLivenessOf(input.LIVE, compiled);
    const singleton = singletonOf(input.LOCK, compiled, context.folder);
    const lockStore = lockStoreOf(input.LOCK, context.folder);
    const guard = singleton !== null && lockStore.kind === 'redis' ? deadManArgv(context) : [];
    const spec: ProcessSpec = {
      name,
      instance: `${name}.${index}`,
      index,
      backend: backend.name,
      argv: [...guard, ...compiled.argv] as [string, ...string[]],
      added: [...guard, ...compiled.added],
      env: {
        ...compiled.env,
        ...settingsEnv(context),
        ...(linkLiveness?.canaryMs === null ? NO_CANARY : {}),
        ...input.ENV,
      },
      cwd,
      identity: {
        user: input.USER ?? null,
        group: input.GROUP ?? null,
        umask: input.UMASK ?? null,
        limits: definedOnly(input.LIMITS ?? {}),
      },
      envFiles: envFilesOf(input, context.folder),
      autostart: input.AUTOSTART ?? true,
      sockets: entry.sockets,
      link: compiled.link,
      readiness: readinessOf(input.READY, compiled, cwd),
      readinessTiming: readinessTimingOf(input.READY),
      liveness: livenessOf(input.LIVE, compiled, cwd),
      linkLiveness,
      recycle: recycleOf(input.RECYCLE),
      overlap: singleton === null ? compiled.overlap : null,
      stackDump: compiled.stackDump,
      reload: compiled.reload,
      dependsOn: dependsOnOf(input.DEPENDS_ON, context.isOneshot),
      waitFor: waitForOf(input.WAIT_FOR, cwd),
      oneshot: input.ONESHOT ?? false,
      startTimeoutMs: input.READY?.timeout ?? compiled.startTimeoutMs,
      stop: stopOf(compiled.stop, input.STOP),
      restart: restartOf(input),
      permanentExitCodes: compiled.permanentExitCodes,
      singleton,
      lockStore,
      significant: input.RESTART?.significant ?? false,
      log: logOf(input, context.folder, { name, instance: `${name}.${index}` }),
    };
    const claims: Claim[] = spec.log === null ? [] : [logClaim(spec.log)];
    return { spec, entry, claims: [...compiled.claims, ...claims], compiled };
  });
}

/** As `manage.py --settings` would. */
const settingsEnv = ({ settings }: EntryContext): Record<string, string> =>
  settings === null ? {} : { DJANGO_SETTINGS_MODULE: settings };

/** The small parent that ends a process when its lease does. It needs nothing of the project, so it reads nothing of it. */
const deadManArgv = ({ python, helpers }: EntryContext): string[] => [
  python,
  '-IS',
  `${helpers}/prodserver_deadman.py`,
];

/** Relative ones stand beside the manifest. */
export const envFilesOf = (input: EntryInput | null, folder: string): string[] =>
  (input?.ENV_FILE ?? []).map((file) => resolve(folder, file));

function restartOf(input: EntryInput): RestartPolicy {
  const { RESTART: given } = input;
  return {
    policy: given?.policy ?? (input.ONESHOT === true ? 'on-failure' : RESTART.policy),
    maxAttempts: given?.['max-attempts'] ?? RESTART.maxAttempts,
    initialMs: given?.backoff?.initial ?? RESTART.initialMs,
    maxMs: given?.backoff?.max ?? RESTART.maxMs,
    factor: given?.backoff?.factor ?? RESTART.factor,
    stableAfterMs: given?.['stable-after'] ?? RESTART.stableAfterMs,
  };
}

/** The size and the number are those of the design's section on logs: half a gigabyte a process at most. */
const LOG = { maxBytes: 50 * 1024 ** 2, keep: 10, whenFull: 'drop' } as const;

function logOf(
  { LOG: given }: EntryInput,
  folder: string,
  names: { readonly name: string; readonly instance: string },
): LogFile | null {
  if (given === undefined) return null;
  const file = given.file.replaceAll('{instance}', names.instance).replaceAll('{name}', names.name);
  return {
    file: resolve(folder, file),
    maxBytes: given['max-size'] ?? LOG.maxBytes,
    maxAgeMs: given['max-age'] ?? null,
    keep: given.keep ?? LOG.keep,
    whenFull: given['when-full'] ?? LOG.whenFull,
  };
}

const logClaim = ({ file }: LogFile): Claim => ({ kind: 'log', value: file, option: 'file' });

const definedOnly = (env: EntryContext['env']): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

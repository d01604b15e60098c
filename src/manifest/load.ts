/** From the manifest's text to a Plan, with everything that is wrong in between. */
import { dirname, resolve } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import { hasBeat } from '../backends/celery-worker-rules.ts';
import { backendNames, backendSpellings, findBackend } from '../backends/registry.ts';
import { failure, severityOf, type Failure, type Result } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { nearest } from '../model/units.ts';
import { readEnvFile } from '../os/env-file.ts';
import { fileExists, helpersFolder, isReadable, readManifestText, realPath } from '../os/files.ts';
import { availableMemory, type AvailableMemory } from '../os/cgroup.ts';
import { installedVersion } from '../os/packages.ts';
import { parseArgs } from './args.ts';
import {
  compileEntry,
  environmentOf,
  envFilesOf,
  type CompiledInstance,
  type EntryContext,
} from './compile.ts';
import { acrossRules, sumRules } from './across.ts';
import { parseManifest, type Document } from './document.ts';
import { uselessLive } from './health.ts';
import { interpolate, type Environment } from './interpolate.ts';
import { lockRules } from './lock.ts';
import { byPlace, type Loaded, type Schedule } from './loaded.ts';
import { kindOf, parseAt, unknownKey, wrongValue } from './problems.ts';
import { findPython } from './python.ts';
import { recycleRules, scheduleOf } from './recycle.ts';
import { secretRules } from './secrets.ts';
import {
  entrySchema,
  isName,
  NAME_RULE,
  supervisorSchema,
  type EntryInput,
  type SupervisorInput,
} from './schema.ts';

const FILES = ['prodserver.yaml', 'prodserver.yml', 'prodserver.json'];
/** uWSGI's brake sleeps 2 s after as many deaths as it has workers; ten a second is what a small machine bears. */
const START_RATE = 10;
const SECTIONS = ['PRODUCTION_PROCESSES', 'SUPERVISOR'];

/** The manifest to use: the one given, else PRODSERVER_MANIFEST, else the first of prodserver.{yaml,yml,json} here. */
export function findManifest(given: string | undefined, cwd: string, env: Environment): Result<string> {
  if (given === '-') return { ok: true, value: '-' };
  const named = given ?? env['PRODSERVER_MANIFEST'];
  const candidates = named === undefined || named === '' ? FILES : [named];
  const found = candidates.map((file) => resolve(cwd, file)).find(fileExists);
  if (found !== undefined) return { ok: true, value: found };
  return {
    ok: false,
    error: failure('manifest-missing', { searched: candidates.map((file) => resolve(cwd, file)) }),
  };
}

/** Reads and compiles the manifest at `path` (`-` is standard input). `shown` is its name in diagnostics. */
export function loadManifest(
  path: string,
  shown: string,
  env: Environment,
  cwd: string,
  machine?: Source['machine'],
): Loaded {
  const text = readManifestText(path);
  if (!text.ok) return { plan: null, findings: [text.error], schedules: [] };
  const parsed = parseManifest(shown, text.value);
  if (!parsed.ok) return { plan: null, findings: parsed.error, schedules: [] };
  const folder = path === '-' ? cwd : dirname(path);
  const source = { path: path === '-' ? '-' : realPath(path), folder, env, settings: null, machine };
  return compile(parsed.value, source);
}

/** Of what a Document is the text. */
export interface Source {
  /** By which the supervisors of it are found. */
  readonly path: string;
  /** Where relative paths start. */
  readonly folder: string;
  readonly env: Environment;
  /** The Django settings that it was read from; null: a file. */
  readonly settings: string | null;
  /** What there is for all processes together; that of this machine unless given. */
  readonly machine?: (() => AvailableMemory | null) | undefined;
}

/** From a text that is understood to what it comes to. */
export function compile(doc: Document, source: Source): Loaded {
  const findings: Failure[] = [];
  const schedules: Schedule[] = [];
  const done = (processes: readonly ProcessSpec[], input: SupervisorInput | null = null): Loaded => {
    const refused = findings.some(isError);
    findings.sort(byPlace);
    const onFatal = input?.['on-fatal'] ?? null;
    const startRate = input?.['start-rate'] ?? START_RATE;
    const plan = refused ? null : { manifest: source.path, processes, onFatal, startRate };
    return { plan, findings, schedules };
  };

  // Settings read the environment by themselves, and a dollar sign of theirs is one.
  const interpolated =
    source.settings === null ? interpolate(doc.value, source.env) : { value: doc.value, problems: [] };
  for (const problem of interpolated.problems) {
    findings.push({ ...problem.failure, place: doc.place(problem.path, 'value') });
  }
  const root = interpolated.value ?? {};
  if (!isMapping(root)) {
    findings.push(failure('manifest-shape', { got: kindOf(root) }, { place: doc.place([], 'value') }));
    return done([]);
  }
  for (const key of Object.keys(root)) {
    // `$schema` is how a JSON file names its schema to an editor.
    if (!SECTIONS.includes(key) && !key.startsWith('x-') && key !== '$schema')
      findings.push(unknownKey(doc, [key], key, SECTIONS));
  }
  const supervisor = parseAt(doc, supervisorSchema, root['SUPERVISOR'] ?? {}, ['SUPERVISOR']);
  findings.push(...supervisor.failures);
  const section = root['PRODUCTION_PROCESSES'] ?? {};
  if (!isMapping(section)) {
    const place = doc.place(['PRODUCTION_PROCESSES'], 'value');
    findings.push(failure('processes-shape', { got: kindOf(section) }, { place }));
    return done([]);
  }
  const python = findPython(supervisor.value?.python, source.folder, source.env);
  const context = {
    folder: source.folder,
    python,
    helpers: helpersFolder(),
    env: source.env,
    settings: source.settings,
    isOneshot: (name: string) => isTrue((section[name] as Record<string, unknown> | null)?.['ONESHOT']),
    installed: (name: string) =>
      installedVersion(python, name, { PATH: source.env['PATH'], HOME: source.env['HOME'] }),
  };
  const entries = Object.entries(section);
  if (entries.length === 0 && findings.length === 0)
    findings.push(failure('manifest-empty', { path: doc.file }));
  schedules.push(
    ...entries.flatMap(([name, value]) => scheduleOf(doc, value, ['PRODUCTION_PROCESSES', name])),
  );
  const compiled = entries.flatMap(([name, value]) => compileOne(doc, name, value, context, findings));
  const processes = compiled.map(({ spec }) => spec);
  const names = Object.keys(section);
  findings.push(...acrossRules(doc, compiled, names), ...secretRules(doc, source.settings !== null));
  if (!findings.some(isError)) findings.push(...sumRules(doc, processes, source.machine ?? availableMemory));
  return done(processes, supervisor.value);
}

function compileOne(
  doc: Document,
  name: string,
  value: unknown,
  context: EntryContext,
  findings: Failure[],
): CompiledInstance[] {
  const base = ['PRODUCTION_PROCESSES', name];
  if (!isName(name)) {
    const shown = name.length > 60 ? `${name.slice(0, 57)}...` : name;
    findings.push(
      failure('name-invalid', { name: shown, rule: NAME_RULE }, { place: doc.place(base, 'key') }),
    );
  }
  if (!isMapping(value)) {
    const facts = { key: name, expected: 'a mapping with BACKEND', got: kindOf(value), near: null };
    findings.push(failure('value-wrong', facts, { place: doc.place(base, 'value') }));
    return [];
  }
  const entry = parseAt(doc, entrySchema, value, base);
  findings.push(...entry.failures);
  const backend =
    typeof value['BACKEND'] === 'string' ? resolveBackend(doc, value['BACKEND'], base, findings) : null;
  if (backend === null) return [];
  findings.push(
    ...shapeRules(doc, backend, value, base),
    ...instanceRules(doc, backend, entry.value, base),
    ...recycleRules(doc, backend, value['RECYCLE'], isTrue(value['ONESHOT']), base),
    ...liveRules(doc, backend, entry.value, base),
  );
  const local = withEnvFiles(doc, entry.value, base, context, findings);
  const extraArgs = entry.value?.EXTRA_ARGS ?? [];
  const parsed = parseArgs(doc, backend, value['ARGS'] ?? undefined, [...base, 'ARGS'], {
    name,
    app: typeof value['APP'] === 'string' ? value['APP'] : null,
    extraArgs,
    instances: entry.value?.INSTANCES ?? 1,
    env: environmentOf(entry.value, local.env),
    graceMs: entry.value?.STOP?.timeout ?? null,
    installed: context.installed,
  });
  // What sends an application's periodic tasks takes that application's lock.
  const isBeat =
    backend.singleton || (backend.name === 'CeleryWorker' && hasBeat({ args: parsed.args, extraArgs }));
  findings.push(...parsed.failures, ...lockRules(doc, backend, value['LOCK'], isBeat, base));
  if (entry.value === null) return [];
  const instances = compileEntry(name, backend, entry.value, parsed.args, local);
  // Where it listens may be what it was told wrongly.
  return parsed.failures.some(isError) ? instances.map(notListening) : instances;
}

const notListening = (one: CompiledInstance): CompiledInstance => ({
  ...one,
  claims: one.claims.filter(({ kind }) => kind !== 'listen'),
});

/** With what its files say. One that is not here yet, or is another user's, may be there in time; what is wrong is told. */
function withEnvFiles(
  doc: Document,
  entry: EntryInput | null,
  base: string[],
  context: EntryContext,
  findings: Failure[],
): EntryContext {
  const env = { ...context.env };
  for (const [index, file] of envFilesOf(entry, context.folder).entries()) {
    const read = isReadable(file) ? readEnvFile(file) : null;
    if (read?.ok === true) Object.assign(env, read.value);
    else if (read !== null) {
      const place = doc.place([...base, 'ENV_FILE', index], 'value');
      findings.push({ ...read.error, place });
    }
  }
  return { ...context, env };
}

function resolveBackend(doc: Document, text: string, base: string[], findings: Failure[]): Backend | null {
  const backend = findBackend(text);
  if (backend !== null) return backend;
  const place = doc.place([...base, 'BACKEND'], 'value');
  const near = nearest(text, backendSpellings) ?? nearest(text.split('.').at(-1) ?? '', backendNames);
  findings.push(failure('backend-unknown', { backend: text, near, known: backendNames }, { place }));
  return null;
}

const APP_EXAMPLES = {
  wsgi: 'APP: myproject.wsgi',
  asgi: 'APP: myproject.asgi',
  celery: 'APP: myproject.celery.app',
} as const;
/** What people write before a management command. */
const LAUNCHER = /(^|\/)(python[\d.]*|manage\.py|django-admin)$/;
const ONLY_COMMANDS = 'only BACKEND: Command and DjangoCommand take it';

/** Which of APP, CMD and ARGS a backend wants. */
function shapeRules(
  doc: Document,
  backend: Backend,
  entry: Record<string, unknown>,
  base: string[],
): Failure[] {
  const found: Failure[] = [];
  const owner = base.at(-1) ?? '';
  const { name } = backend;
  const missing = (key: string, example: string): void => {
    found.push(failure('key-missing', { key, owner, example }, { place: doc.place(base, 'key') }));
  };
  const useless = (key: string, why: string): void => {
    const place = doc.place([...base, key], 'key');
    found.push(failure('key-useless', { key, backend: name, why }, { place }));
  };
  const command = backend.cmd === 'required';
  if (backend.app !== 'none' && entry['APP'] === undefined) missing('APP', APP_EXAMPLES[backend.app]);
  if (backend.app === 'none' && entry['APP'] !== undefined)
    useless('APP', command ? 'CMD says all' : "Django's settings name the application");
  if (command && entry['CMD'] === undefined)
    missing('CMD', name === 'Command' ? 'CMD: [python, manage.py, runjobs]' : 'CMD: [runjobs]');
  const [first] = Array.isArray(entry['CMD']) ? (entry['CMD'] as unknown[]) : [];
  if (name === 'DjangoCommand' && typeof first === 'string' && LAUNCHER.test(first)) {
    found.push(wrongValue(doc, [...base, 'CMD', 0], 'a management command: it is run by manage.py', first));
  }
  if (!command && entry['CMD'] !== undefined) useless('CMD', ONLY_COMMANDS);
  if (command && entry['ARGS'] !== undefined) useless('ARGS', 'CMD says all');
  if (!command && isTrue(entry['ONESHOT'])) useless('ONESHOT', ONLY_COMMANDS);
  return found;
}

function instanceRules(doc: Document, backend: Backend, entry: EntryInput | null, base: string[]): Failure[] {
  if (!backend.singleton || (entry?.INSTANCES ?? 1) === 1) return [];
  const facts = { backend: backend.name, why: 'only one may run, or every periodic task is sent twice' };
  return [failure('instances-conflict', facts, { place: doc.place([...base, 'INSTANCES'], 'value') })];
}

function liveRules(doc: Document, backend: Backend, entry: EntryInput | null, base: string[]): Failure[] {
  return uselessLive(entry?.LIVE?.celery, backend.name).map(({ key, why }) => {
    const path = [...base, 'LIVE', 'celery', ...(key === 'celery' ? [] : [key])];
    return failure('key-useless', { key, backend: backend.name, why }, { place: doc.place(path, 'key') });
  });
}

const isError = ({ code }: Failure): boolean => severityOf(code) === 'error';

const isTrue = (value: unknown): boolean => value === true || value === 'true';

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

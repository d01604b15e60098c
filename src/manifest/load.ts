/** From the manifest's text to a Plan, with everything that is wrong in between. */
import { dirname, resolve } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import { hasBeat } from '../backends/celery-worker-rules.ts';
import { OURS } from '../backends/registry.ts';
import { failure, FailureError, severityOf, type Failure, type Result } from '../model/failure.ts';
import { readEnvFile } from '../os/env-file.ts';
import { fileExists, helpersFolder, isReadable, lastingPath, readManifestText } from '../os/files.ts';
import { availableMemory, type AvailableMemory } from '../os/available-memory.ts';
import { installedVersion } from '../os/packages.ts';
import { parseArgs } from './args.ts';
import {
  compileEntry,
  notListening,
  environmentOf,
  envFilesOf,
  type CompiledInstance,
  type EntryContext,
} from './compile.ts';
import { acrossRules, sumRules } from './across.ts';
import { parseManifest, type Document } from './document.ts';
import { uselessLive } from './health.ts';
import { httpRules } from './http.ts';
import { interpolate, withoutBrought, type Environment } from './interpolate.ts';
import { lockRules } from './lock.ts';
import { byPlace, type Custom, type Loaded, type Scales, type Schedule } from './loaded.ts';
import { backendFiles, resolveBackend, type Known } from './named.ts';
import { kindOf, parseAt, unknownKey } from './problems.ts';
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
import { sectionOf } from './section.ts';
import { shapeRules } from './shape.ts';
import { newSocketTable } from './sockets.ts';
import { graceOf, stopRules } from './stop.ts';

const FILES = ['prodserver.yaml', 'prodserver.yml', 'prodserver.json'];
const SECTIONS = ['PRODUCTION_PROCESSES', 'SUPERVISOR', 'SOCKETS'];

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
  scales: Scales = new Map(),
  machine?: Source['machine'],
): Loaded {
  const text = readManifestText(path);
  if (!text.ok) return { plan: null, findings: [text.error], schedules: [] };
  const parsed = parseManifest(shown, text.value);
  if (!parsed.ok) return { plan: null, findings: parsed.error, schedules: [] };
  const folder = path === '-' ? cwd : dirname(path);
  const real = path === '-' ? '-' : lastingPath(path);
  return compile(parsed.value, { path: real, folder, env, settings: null, scales, machine });
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
  readonly scales?: Scales;
  /** What there is for all processes together; that of this machine unless given. */
  readonly machine?: (() => AvailableMemory | null) | undefined;
}

/** From a text that is understood to what it comes to; `custom`: the backends that it brings along. */
export function compile(doc: Document, source: Source, custom: Custom | null = null): Loaded {
  const findings: Failure[] = [];
  const schedules: Schedule[] = [];
  const done = (instances: readonly CompiledInstance[], input: SupervisorInput | null = null): Loaded => {
    const processes = instances.map(({ spec }) => spec);
    const refused = findings.some(isError);
    findings.sort(byPlace);
    const section = sectionOf(input, source.folder);
    const plan = refused ? null : { manifest: source.path, processes, ...section };
    return {
      plan,
      findings: findings.map((finding) => withoutBrought(finding, interpolated.brought)),
      schedules,
      origin: { doc, instances },
    };
  };

  // Settings read the environment by themselves, and a dollar sign of theirs is one.
  const sockets = newSocketTable(doc.value);
  const interpolated =
    source.settings === null
      ? interpolate(doc.value, source.env, (name, path) => sockets.read(name, path))
      : { value: doc.value, problems: [], brought: new Map<string, string>() };
  for (const problem of interpolated.problems) {
    findings.push({ ...problem.failure, place: doc.place(problem.path, 'value') });
  }
  const root = interpolated.value ?? {};
  if (!isMapping(root)) {
    findings.push(failure('manifest-shape', { got: kindOf(root) }, { place: doc.place([], 'value') }));
    return done([]);
  }
  const files = backendFiles(doc, root, source.folder);
  if (files !== null && files.length > 0 && custom === null) {
    const resume = (loaded: Custom): Loaded => compile(doc, source, loaded);
    return { plan: null, findings: [], schedules: [], pending: { files, resume } };
  }
  findings.push(...(custom?.findings ?? []));
  const whole = files !== null && (custom === null || custom.findings.length === 0);
  const known = { registry: custom?.registry ?? OURS, whole };
  for (const key of Object.keys(root)) {
    // `$schema` is how a JSON file names its schema to an editor.
    if (!SECTIONS.includes(key) && !key.startsWith('x-') && key !== '$schema')
      findings.push(unknownKey(doc, [key], key, SECTIONS));
  }
  const supervisor = parseAt(doc, supervisorSchema, root['SUPERVISOR'] ?? {}, ['SUPERVISOR']);
  findings.push(...supervisor.failures, ...sockets.compile(doc, root['SOCKETS'], source.folder));
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
    scales: source.scales ?? new Map(),
    socketsOf: (name: string) => sockets.of(name),
    isOneshot: (name: string) => isTrue((section[name] as Record<string, unknown> | null)?.['ONESHOT']),
    installed: (name: string) =>
      installedVersion(python, name, { PATH: source.env['PATH'], HOME: source.env['HOME'] }),
  };
  const entries = Object.entries(section);
  if (entries.length === 0 && findings.length === 0) {
    const place = doc.place(['PRODUCTION_PROCESSES'], 'key');
    findings.push(failure('manifest-empty', { path: doc.file }, { place }));
  }
  schedules.push(
    ...entries.flatMap(([name, value]) => scheduleOf(doc, value, ['PRODUCTION_PROCESSES', name])),
  );
  const compiled = entries.flatMap(([name, value]) => compileOne(doc, name, value, context, known, findings));
  const processes = compiled.map(({ spec }) => spec);
  const names = Object.keys(section);
  findings.push(...acrossRules(doc, compiled, names), ...secretRules(doc, source.settings !== null));
  findings.push(...httpRules(doc, supervisor.value, source, compiled));
  if (findings.some(isError)) return done(compiled, supervisor.value);
  findings.push(...sumRules(doc, processes, source.machine ?? availableMemory));
  if (entries.length > 0) findings.push(...sockets.unused(doc));
  return done(compiled, supervisor.value);
}

function compileOne(
  doc: Document,
  name: string,
  written: unknown,
  context: EntryContext,
  known: Known,
  findings: Failure[],
): CompiledInstance[] {
  const base = ['PRODUCTION_PROCESSES', name];
  const scale = context.scales.get(name);
  const value = scale !== undefined && isMapping(written) ? { ...written, INSTANCES: scale } : written;
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
    typeof value['BACKEND'] === 'string'
      ? resolveBackend(doc, value['BACKEND'], base, known, findings)
      : null;
  if (backend === null) return [];
  const before = findings.length;
  try {
    const given = isMapping(written) ? written['INSTANCES'] : undefined;
    const declared = entrySchema.shape.INSTANCES.safeParse(given).data ?? 1;
    return compileKnown(doc, name, value, backend, entry, { ...context, declared }, findings);
  } catch (error) {
    // Only code of the user's own gives such an answer.
    if (!(error instanceof FailureError)) throw error;
    // What it does with options that were refused says nothing.
    const refused = findings.slice(before).some(({ code }) => severityOf(code) === 'error');
    if (!refused) findings.push({ ...error.failure, place: doc.place([...base, 'BACKEND'], 'value') });
    return [];
  }
}

function compileKnown(
  doc: Document,
  name: string,
  value: Record<string, unknown>,
  backend: Backend,
  entry: { readonly value: EntryInput | null },
  context: EntryContext,
  findings: Failure[],
): CompiledInstance[] {
  const base = ['PRODUCTION_PROCESSES', name];
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
    sockets: context.socketsOf(name),
    graceMs: graceOf(value, entry.value),
    installed: context.installed,
  });
  // What sends an application's periodic tasks takes that application's lock.
  const isBeat =
    backend.singleton || (backend.name === 'CeleryWorker' && hasBeat({ args: parsed.args, extraArgs }));
  findings.push(...parsed.failures, ...lockRules(doc, backend, value['LOCK'], isBeat, base));
  if (entry.value === null) return [];
  const compiled = compileEntry(name, backend, entry.value, parsed.args, local);
  const [first] = compiled;
  if (first !== undefined)
    findings.push(...stopRules(doc, backend.name, first.compiled, entry.value.STOP, base));
  return parsed.failures.some(isError) ? compiled.map(notListening) : compiled;
}

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

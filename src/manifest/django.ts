/** The manifest of a project that has none: PRODUCTION_PROCESSES of its Django settings, read by its own interpreter. */
import { relative } from 'node:path';
import type * as z from 'zod';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { helpersFolder } from '../os/files.ts';
import { explain } from '../os/programs.ts';
import type { HelperOrder, HelperResult } from '../os/run.ts';
import { rewriteArgs } from './django-args.ts';
import {
  answerSchema,
  asInSettings,
  documentOf,
  isMapping,
  SECTION,
  type Answer,
} from './django-document.ts';
import type { Document, Path } from './document.ts';
import type { Environment } from './interpolate.ts';
import { compile } from './load.ts';
import { byPlace, type Loaded, type Scales } from './loaded.ts';
import { findPython } from './python.ts';
import { settingsId } from './source.ts';

/** How long settings may take to import. Milliseconds. */
const ASK_TIMEOUT_MS = 60_000;

export interface SettingsOrder {
  readonly module: string;
  /** The project's folder, where manage.py is. */
  readonly cwd: string;
  readonly env: Environment;
  readonly abort: AbortSignal;
  readonly scales?: Scales;
}

export type AskSettings = (order: HelperOrder) => Promise<HelperResult>;

/** Reads and compiles what the settings say. */
export async function loadSettings(order: SettingsOrder, ask: AskSettings): Promise<Loaded> {
  const read = await readSettings(order, ask);
  if (!read.ok) return { plan: null, findings: [read.error], schedules: [] };
  return compileSettings(order, read.value);
}

const readSettings = (order: SettingsOrder, ask: AskSettings): Promise<Result<Answer>> =>
  askProject(order, ask, { script: 'prodserver_settings', fd: 'PRODSERVER_SETTINGS_FD' }, answerSchema);

/** A helper that imports the settings, and what its answer looks like. */
export async function askProject<T>(
  order: SettingsOrder,
  ask: AskSettings,
  helper: { readonly script: string; readonly fd: string },
  schema: z.ZodType<T>,
): Promise<Result<T>> {
  const { module, cwd } = order;
  const python = findPython(undefined, cwd, order.env);
  const asked: HelperOrder = {
    argv: [python, `${helpersFolder()}/${helper.script}.py`, module],
    env: { [helper.fd]: '3' },
    cwd,
    timeoutMs: ASK_TIMEOUT_MS,
    abort: order.abort,
  };
  const result = await ask(asked);
  if (result.refused !== null) return { ok: false, error: result.refused.failure };
  if (result.errno !== null) return { ok: false, error: explain(asked, result.errno, null).failure };
  const facts = { module, python, output: result.said };
  if (result.timedOut)
    return { ok: false, error: failure('settings-silent', { ...facts, seconds: ASK_TIMEOUT_MS / 1000 }) };
  const answer = parse(result.answer, schema);
  if (result.exit.code === 0 && answer !== null) return { ok: true, value: answer };
  return { ok: false, error: failure('settings-broken', { ...facts, exit: result.exit }) };
}

function parse<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // no JSON: the exit code and what was said tell why
  }
}

/** What a mistake of the settings is called here, and where; what the same place means to a manifest is not told too. */
interface Own {
  readonly path: Path;
  readonly failure: Failure;
}

export function compileSettings(
  { module, cwd, env, scales = new Map() }: SettingsOrder,
  answer: Answer,
): Loaded {
  if (answer.setting === null)
    return { plan: null, findings: [failure('settings-unset', { module })], schedules: [] };
  const read = answer.files ?? [];
  const doc = documentOf(module, answer, (file) => shownFile(file, cwd));
  const source = { path: settingsId(module, cwd), folder: cwd, env, settings: module, scales };
  const compiled = compile(doc, source);
  const told = compiled.findings.map(inPython);
  const own = [...refusals(doc, answer), ...argsLists(doc)];
  // What has no place is that there are no processes, which may be since the whole of them was refused.
  const rest = told.filter(({ place }) =>
    place === undefined
      ? own.length === 0
      : !own.some(({ path }) => isBelow(place.path, asInSettings(path, answer))),
  );
  const findings = [...renamed(doc, answer), ...own.map((one) => one.failure), ...rest].toSorted(byPlace);
  return { ...compiled, read, plan: rest.length === findings.length ? compiled.plan : null, findings };
}

function refusals(doc: Document, { refused }: Answer): Own[] {
  return refused.map(({ path: told, kind, name }) => {
    const path = [SECTION, ...told.slice(1)];
    const setting = String(told.findLast((step) => typeof step === 'string'));
    const place = doc.place(path, kind === 'key' ? 'key' : 'value');
    return { path, failure: failure('settings-value', { setting, kind, name }, { place }) };
  });
}

/** django-prodserver 0.x had ARGS as a command line. */
function argsLists(doc: Document): Own[] {
  const section = (doc.value as Record<string, unknown>)[SECTION];
  return Object.entries(isMapping(section) ? section : {}).flatMap(([process, entry]) => {
    const args = isMapping(entry) ? entry['ARGS'] : null;
    if (!Array.isArray(args)) return [];
    const path = [SECTION, process, 'ARGS'];
    const facts = { process, instead: rewriteArgs(args) };
    return [{ path, failure: failure('settings-args-list', facts, { place: doc.place(path, 'value') }) }];
  });
}

function renamed(doc: Document, { setting }: Answer): Failure[] {
  if (setting === null || setting === SECTION) return [];
  const place = doc.place([SECTION], 'key');
  return [failure('settings-renamed', { old: setting, now: SECTION }, { place })];
}

/** Advice for manifests may have a variable in it, which settings write in their own way. */
function inPython(finding: Failure): Failure {
  const { facts } = finding;
  if (!('instead' in facts) || facts.instead === null) return finding;
  const instead = facts.instead.replaceAll(/"\$\{(\w+)\}"/g, 'os.environ["$1"]');
  // The same code with the same facts, one of their texts in other words.
  return { ...finding, facts: { ...facts, instead } } as Failure;
}

const isBelow = (path: Path, base: Path): boolean => base.every((step, index) => path[index] === step);

/** Short where it is near. */
export function shownFile(file: string, cwd: string): string {
  const near = relative(cwd, file);
  return near.startsWith('..') ? file : near;
}

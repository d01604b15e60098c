import { relative } from 'node:path';
import { checkSchedules, type Loaded, type Scales } from '../manifest/loaded.ts';
import { loadManifest } from '../manifest/load.ts';
import type { ManifestSource } from '../manifest/source.ts';
import { severityOf, type Result } from '../model/failure.ts';
import type { Plan } from '../model/spec.ts';
import { countText, diagnosticText } from '../render/diagnostics.ts';
import { exitCodeOf } from '../render/failures.ts';
import { EXIT } from '../render/words.ts';
import { sourceOf } from './source.ts';
import type { Flags } from './verb.ts';
import { complain, errorPaint } from './output.ts';

/** The manifest's path as people know it: short where it is near. */
export function shown(path: string): string {
  if (path === '-') return '<stdin>';
  const near = relative(process.cwd(), path);
  if (near === '') return '.';
  return near.startsWith('..') ? path : near;
}

/** What a source comes to, and the name by which people know it. */
export interface Source {
  readonly shown: string;
  /** Null: there is no file. */
  readonly file: string | null;
  readonly loaded: Loaded;
  /** Paths of all files that it came from, as far as it told. */
  readonly sources: readonly string[];
}

/** What the flags and the environment name, loaded; where there is none, that is the finding. */
export async function load(flags: Flags, scales: Scales = new Map()): Promise<Source> {
  return loadFound(sourceOf(flags), scales);
}

async function loadFound(found: Result<ManifestSource>, scales: Scales = new Map()): Promise<Source> {
  if (found.ok) return loadSource(found.value, scales);
  const loaded = { plan: null, findings: [found.error], schedules: [] };
  return { shown: 'prodserver', file: null, loaded, sources: [] };
}

export async function loadSource(source: ManifestSource, scales: Scales = new Map()): Promise<Source> {
  const name = source.kind === 'file' ? shown(source.path) : source.module;
  const file = source.kind === 'file' ? name : null;
  const first =
    source.kind === 'file'
      ? loadManifest(source.path, name, process.env, process.cwd(), scales)
      : await fromSettings(source.module, scales);
  const loaded = await withOwn(first);
  const sources = [
    ...(source.kind === 'file' ? [source.path] : (loaded.read ?? [])),
    ...(first.pending?.files ?? []).map(({ path }) => path),
    ...(loaded.origin?.instances ?? []).flatMap(({ spec }) => spec.envFiles),
  ];
  const answer = { shown: name, file, sources: [...new Set(sources)] };
  if (loaded.schedules.length === 0) return { ...answer, loaded };
  const { isCronPattern } = await import('../manifest/cron.ts');
  return { ...answer, loaded: checkSchedules(loaded, isCronPattern) };
}

/** With its own backends, where it brings some along. */
async function withOwn(loaded: Loaded): Promise<Loaded> {
  if (loaded.pending === undefined) return loaded;
  const { withBackends } = await import('../manifest/custom.ts');
  return withBackends(loaded);
}

/** Those who have a file do not load what asks an interpreter. */
async function fromSettings(module: string, scales: Scales): Promise<Loaded> {
  const [{ loadSettings }, { runHelper }] = await Promise.all([
    import('../manifest/django.ts'),
    import('../os/run.ts'),
  ]);
  const abort = new AbortController().signal;
  return loadSettings({ module, cwd: process.cwd(), env: process.env, abort, scales }, runHelper);
}

/** A plan, and where it is from. */
export interface Planned extends Pick<Source, 'shown' | 'sources'> {
  readonly plan: Plan;
  readonly from: ManifestSource;
}

/** The plan to act on; a number is the exit code when there is none, and the reasons were shown. */
export async function loadPlan(flags: Flags): Promise<Planned | number> {
  const from = sourceOf(flags);
  const source = await loadFound(from);
  const { plan, findings } = source.loaded;
  // An info is for those who ask what there is to say of a manifest: `check`.
  const told = findings.filter(({ code }) => severityOf(code) !== 'info');
  for (const finding of told) complain(diagnosticText(finding, errorPaint()));
  if (plan === null || !from.ok) {
    complain(`${source.shown}: ${countText(told)}`);
    const first = told.find((finding) => severityOf(finding.code) === 'error');
    return first === undefined ? EXIT.manifest : exitCodeOf(first);
  }
  return { plan, shown: source.shown, from: from.value, sources: source.sources };
}

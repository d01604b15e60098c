import { relative } from 'node:path';
import { checkSchedules, type Loaded } from '../manifest/loaded.ts';
import { loadManifest } from '../manifest/load.ts';
import { severityOf } from '../model/failure.ts';
import type { Plan } from '../model/spec.ts';
import { countText, diagnosticText } from '../render/diagnostics.ts';
import { exitCodeOf } from '../render/failures.ts';
import { EXIT } from '../render/words.ts';
import { sourceOf } from './source.ts';
import type { Flags } from './verb.ts';
import { complain, errorPaint } from './output.ts';

/** The manifest's path as people know it: short where it is near. */
function shown(path: string): string {
  if (path === '-') return '<stdin>';
  const near = relative(process.cwd(), path);
  if (near === '') return '.';
  return near.startsWith('..') ? path : near;
}

/** What the flags and the environment name, loaded; where there is none, that is the finding. */
export async function load(flags: Flags): Promise<{ shown: string; loaded: Loaded }> {
  const found = sourceOf(flags);
  if (!found.ok)
    return { shown: 'prodserver', loaded: { plan: null, findings: [found.error], schedules: [] } };
  const source = found.value;
  const name = source.kind === 'file' ? shown(source.path) : source.module;
  const loaded =
    source.kind === 'file'
      ? loadManifest(source.path, name, process.env, process.cwd())
      : await fromSettings(source.module);
  if (loaded.schedules.length === 0) return { shown: name, loaded };
  const { isCronPattern } = await import('../manifest/cron.ts');
  return { shown: name, loaded: checkSchedules(loaded, isCronPattern) };
}

/** Those who have a file do not load what asks an interpreter. */
async function fromSettings(module: string): Promise<Loaded> {
  const [{ loadSettings }, { runHelper }] = await Promise.all([
    import('../manifest/django.ts'),
    import('../os/run.ts'),
  ]);
  const abort = new AbortController().signal;
  return loadSettings({ module, cwd: process.cwd(), env: process.env, abort }, runHelper);
}

/** The plan to act on; a number is the exit code when there is none, and the reasons were shown. */
export async function loadPlan(flags: Flags): Promise<{ plan: Plan; shown: string } | number> {
  const source = await load(flags);
  const { plan, findings } = source.loaded;
  // An info is for those who ask what there is to say of a manifest: `check`.
  const told = findings.filter(({ code }) => severityOf(code) !== 'info');
  for (const finding of told) complain(diagnosticText(finding, errorPaint()));
  if (plan === null) {
    complain(`${source.shown}: ${countText(told)}`);
    const first = told.find((finding) => severityOf(finding.code) === 'error');
    return first === undefined ? EXIT.manifest : exitCodeOf(first);
  }
  return { plan, shown: source.shown };
}

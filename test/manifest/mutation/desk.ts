/** What is told of a manifest, as `check` would: without a process, and without a file, for each. */
import { OURS } from '../../../src/backends/registry.ts';
import { isCronPattern } from '../../../src/manifest/cron.ts';
import { parseManifest } from '../../../src/manifest/document.ts';
import type { Environment } from '../../../src/manifest/interpolate.ts';
import { compile } from '../../../src/manifest/load.ts';
import { checkSchedules, type Loaded } from '../../../src/manifest/loaded.ts';
import { severityOf } from '../../../src/model/failure.ts';

export type Desk = (text: string) => Loaded;

/** No environment but this, and a folder that has nothing, so that every machine says the same; `notes`: of severity info. */
export const newDesk =
  (env: Environment = {}, notes: 'with notes' | 'without notes' = 'without notes'): Desk =>
  (text) => {
    const parsed = parseManifest('prodserver.yaml', text);
    if (!parsed.ok) return { plan: null, findings: parsed.error, schedules: [] };
    const folder = '/nonexistent';
    const source = { path: `${folder}/prodserver.yaml`, folder, env, settings: null };
    const loaded = compile(parsed.value, source);
    // The files of SUPERVISOR.backends are never there: what is told of the rest is asked.
    const whole = loaded.pending?.resume({ registry: OURS, findings: [] }) ?? loaded;
    const checked = checkSchedules(whole, isCronPattern);
    if (notes === 'with notes') return checked;
    // What is good to know where nothing is wrong comes and goes with other things.
    return { ...checked, findings: checked.findings.filter(({ code }) => severityOf(code) !== 'info') };
  };

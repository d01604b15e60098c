import type { HttpDoor } from '../model/http-door.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { specsIn } from '../control/seal.ts';
import { planJson, planText } from '../render/plan.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { loadPlan } from './manifest.ts';
import { findRunning, unknownOf } from './names.ts';
import { fail, outputPaint, print } from './output.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  if (flags['diff'] === true) return (await import('./plan-diff.ts')).run(names, flags);
  const all = flags['running'] === true ? await runningSpecs(names, flags) : await manifestSpecs(flags);
  if (typeof all === 'number') return all;
  const known = [...new Set(all.specs.map((spec) => spec.name))];
  const unknown = unknownOf(names, known);
  if (unknown !== null) return fail(unknown);
  const chosen = all.specs.filter((spec) => names.length === 0 || names.includes(spec.name));
  if (flags['json'] === true) print(JSON.stringify(planJson(all.manifest, chosen, all.http), null, 2));
  else print(planText(all.manifest, chosen, outputPaint(), all.http));
  return EXIT.ok;
}

interface Specs {
  readonly manifest: string;
  readonly specs: readonly ProcessSpec[];
  readonly http: HttpDoor | null;
}

async function manifestSpecs(flags: Flags): Promise<Specs | number> {
  const source = await loadPlan(flags);
  return typeof source === 'number'
    ? source
    : { manifest: source.plan.manifest, specs: source.plan.processes, http: source.plan.http };
}

async function runningSpecs(names: readonly string[], flags: Flags): Promise<Specs | number> {
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const specs: ProcessSpec[] = [];
  let manifest = '';
  let http: HttpDoor | null = null;
  for (const { remote } of found.value) {
    const answer = await remote.plan();
    if (!answer.ok) return fail(answer.error);
    manifest = answer.value.plan.manifest;
    http ??= answer.value.plan.http;
    specs.push(...specsIn(answer.value));
  }
  return { manifest, specs, http };
}

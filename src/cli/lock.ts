/** What the commands about locks share. */
import type { ProcessSpec } from '../model/spec.ts';
import { systemClock } from '../os/clock.ts';
import { runHelper } from '../os/run.ts';
import { newKeys } from '../singleton/key.ts';
import { loadPlan } from './manifest.ts';
import { isNamed } from '../model/process.ts';
import { unknownOf } from './names.ts';
import { fail } from './output.ts';
import type { Flags } from './verb.ts';

export const clock = systemClock;
export const keys = newKeys(runHelper);

/** The processes of those names that take a lock, all without names; a number is the exit code of a complaint. */
export async function chooseLocked(names: readonly string[], flags: Flags): Promise<ProcessSpec[] | number> {
  const source = await loadPlan(flags);
  if (typeof source === 'number') return source;
  const specs = source.plan.processes;
  const known = [...new Set(specs.map((spec) => spec.name))];
  const spelled = [...known, ...specs.map((spec) => spec.instance)];
  const unknown = unknownOf(names, known, spelled);
  if (unknown !== null) return fail(unknown);
  return specs.filter((spec) => isNamed(spec, names.length === 0 ? null : names) && spec.singleton !== null);
}

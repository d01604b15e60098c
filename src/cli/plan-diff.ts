import { isDifferent, planDiff } from '../control/difference.ts';
import type { PlanAnswer } from '../control/protocol.ts';
import { specsIn } from '../control/seal.ts';
import { failure } from '../model/failure.ts';
import { planDiffJson, planDiffText } from '../render/plan-diff.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { loadPlan } from './manifest.ts';
import { findRunning, unknownOf } from './names.ts';
import { fail, outputPaint, print } from './output.ts';

/** As diff(1) does: 1 is a difference, so trouble is told by another number. */
export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const trouble = (code: number): number => (code === EXIT.failure ? EXIT.usage : code);
  if (flags['running'] === true)
    return fail(failure('usage', { detail: '--diff and --running exclude each other' }));
  const source = await loadPlan(flags);
  if (typeof source === 'number') return trouble(source);
  const found = await findRunning(flags, []);
  if (!found.ok) return trouble(fail(found.error));
  const answers: PlanAnswer[] = [];
  for (const { remote } of found.value) {
    const answer = await remote.plan();
    if (!answer.ok) return trouble(fail(answer.error));
    answers.push(answer.value);
  }
  const specs = [...source.plan.processes, ...answers.flatMap(specsIn)];
  const unknown = unknownOf(names, [...new Set(specs.map(({ name }) => name))]);
  if (unknown !== null) return trouble(fail(unknown));
  const diff = planDiff(answers, source.plan, names);
  if (flags['json'] === true) print(JSON.stringify(planDiffJson(diff), null, 2));
  else print(planDiffText(diff, outputPaint()));
  return isDifferent(diff) ? EXIT.failure : EXIT.ok;
}

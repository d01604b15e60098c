/** What would change if the running processes became those of the manifest. */
import { isDifferent, type PlanDiff } from '../control/difference.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { effectOf } from '../supervisor/changes.ts';
import { alike, differenceJson, differenceTexts, fieldJson, valueChangeText } from './difference.ts';
import type { Paint } from './paint.ts';
import { argvText } from './plan.ts';
import { andList } from './words.ts';

export function planDiffText(diff: PlanDiff, paint: Paint): string {
  const { manifest, added, removed, changed, supervisor, elsewhere } = diff;
  const blocks: string[] = [];
  const block = (title: string, lines: readonly string[]): string =>
    [paint.bold(title), ...lines.map((line) => `  ${line}`)].join('\n');
  if (supervisor.length > 0)
    blocks.push(
      block(
        'SUPERVISOR would change',
        supervisor.map((field) => valueChangeText(field, paint)),
      ),
    );
  // Instances of one entry mostly change alike.
  const groups = alike(changed, (one) =>
    [` would change (${effectOf(one)})`, ...differenceTexts(one, paint)].join('\n'),
  );
  for (const { who, text } of groups) {
    const [title = '', ...lines] = text.split('\n');
    blocks.push(block(`${who}${title}`, lines));
  }
  const whole = (specs: readonly ProcessSpec[], what: string): string[] =>
    specs.map((spec) => block(`${spec.instance} would be ${what}`, [`run   ${argvText(spec.argv)}`]));
  blocks.push(...whole(added, 'added'), ...whole(removed, 'removed'));
  if (blocks.length === 0) blocks.push('no difference');
  if (elsewhere.length > 0) blocks.push(`no supervisor was asked to run ${andList(elsewhere)}`);
  return [manifest, ...blocks].join('\n\n');
}

export function planDiffJson(diff: PlanDiff): object {
  const { manifest, added, removed, changed, supervisor, elsewhere } = diff;
  return {
    manifest,
    different: isDifferent(diff),
    added: added.map(({ instance }) => instance),
    removed: removed.map(({ instance }) => instance),
    changed: changed.map((one) => ({
      instance: one.instance,
      effect: effectOf(one),
      ...differenceJson(one),
    })),
    supervisor: supervisor.map(fieldJson),
    elsewhere,
  };
}

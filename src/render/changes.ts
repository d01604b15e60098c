/** What a new plan changes, in words. */
import { unreachable } from '../model/unreachable.ts';
import type { Change, Effect } from '../supervisor/changes.ts';
import type { Difference } from '../supervisor/difference.ts';
import { alike, differenceJson, differenceTexts } from './difference.ts';
import type { Paint } from './paint.ts';

/** What a change says of an instance; over the control socket it comes without the whole specs. */
export type ToldChange =
  | { readonly kind: 'added' | 'removed'; readonly instance: string }
  | {
      readonly kind: 'changed';
      readonly instance: string;
      readonly fields: readonly string[];
      readonly effect: Effect;
      readonly difference: Difference;
    };

export const toldChange = (change: Change): ToldChange => {
  const { instance } = change.spec;
  if (change.kind !== 'changed') return { kind: change.kind, instance };
  const { kind, fields, effect, difference } = change;
  return { kind, instance, fields, effect, difference };
};

/**
 * `worker.1 and worker.2: max-memory 1 GiB -> 2 GiB (live)`: a line for each thing that changes, once for all instances of
 * which the same is to be said.
 */
export const changesText = (changes: readonly ToldChange[], paint: Paint): string[] =>
  alike(changes, (change) => changeTexts(change, paint).join('\n')).flatMap(({ who, text }) =>
    text.split('\n').map((line) => `${who}: ${line}`),
  );

function changeTexts(change: ToldChange, paint: Paint): string[] {
  switch (change.kind) {
    case 'added':
      return ['added'];
    case 'removed':
      return ['removed (stop)'];
    case 'changed':
      return differenceTexts(change.difference, paint).map((text) => `${text} (${change.effect})`);
    default:
      return unreachable(change);
  }
}

/** For programs: without the specs. */
export const changesJson = (changes: readonly ToldChange[]): object[] =>
  changes.map((change) => {
    if (change.kind !== 'changed')
      return { instance: change.instance, kind: change.kind, fields: [], effect: null };
    const { instance, kind, fields, effect, difference } = change;
    return { instance, kind, fields, effect, difference: differenceJson(difference) };
  });

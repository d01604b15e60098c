/** What would change if the running processes became those of the manifest. */
import {
  isDifferent,
  isEmpty,
  type Change,
  type FieldChange,
  type ListChange,
  type PlanDiff,
} from '../control/difference.ts';
import { MASK } from '../model/mask.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Paint } from './paint.ts';
import { argvText, planRows, quote } from './plan.ts';
import { andList } from './words.ts';

export function planDiffText(diff: PlanDiff, paint: Paint): string {
  const { manifest, added, removed, changed, supervisor, elsewhere } = diff;
  const blocks: string[] = [];
  if (supervisor.length > 0) {
    const lines = supervisor.flatMap((field) => fieldLines(field, paint));
    blocks.push([paint.bold('SUPERVISOR would change'), ...lines].join('\n'));
  }
  // Instances of one entry mostly change alike.
  const alike = new Map<string, string[]>();
  for (const change of changed) {
    const lines = changeLines(change, paint).join('\n');
    alike.set(lines, [...(alike.get(lines) ?? []), change.instance]);
  }
  for (const [lines, who] of alike) blocks.push(`${paint.bold(`${andList(who)} would change`)}\n${lines}`);
  const whole = (specs: readonly ProcessSpec[], what: string): string[] =>
    specs.map((spec) => `${paint.bold(`${spec.instance} would be ${what}`)}\n  run   ${argvText(spec.argv)}`);
  blocks.push(...whole(added, 'added'), ...whole(removed, 'removed'));
  if (blocks.length === 0) blocks.push('no difference');
  if (elsewhere.length > 0) blocks.push(`no supervisor was asked to run ${andList(elsewhere)}`);
  return [manifest, ...blocks].join('\n\n');
}

function changeLines({ from, to, argv, env, fields }: Change, paint: Paint): string[] {
  const lines = [
    ...labelled(
      'run',
      listLines(argv, (tokens) => [tokens.map(shownToken).join(' ')], paint),
    ),
    ...labelled(
      'env',
      listLines(env, (names) => names, paint),
    ),
  ];
  const told = new Set<string>();
  const after = planRows(to);
  for (const [index, row] of planRows(from).entries()) {
    const now = after[index];
    const fits = fields.some(({ field }) => row.fields.some((one) => one === topOf(field)));
    if (!fits || now === undefined || now.text === row.text) continue;
    for (const field of row.fields) told.add(field);
    const sides = [
      ...(row.text === '' ? [] : [paint.red(`- ${row.text}`)]),
      ...(now.text === '' ? [] : [paint.green(`+ ${now.text}`)]),
    ];
    lines.push(...labelled(row.label, sides));
  }
  // A row shows both values masked where only a secret in it differs.
  const rest = fields.filter(
    ({ field, from: was, to: is }) => !told.has(topOf(field)) || valueText(was) === valueText(is),
  );
  return [...lines, ...rest.flatMap((field) => fieldLines(field, paint))];
}

/** `--password ***` is two. */
const shownToken = (token: string): string => (token.endsWith(` ${MASK}`) ? token : quote(token));

const topOf = (field: string): string => field.split('.')[0] ?? field;

const labelled = (label: string, lines: readonly string[]): string[] =>
  lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(6)}${line}`);

function listLines(
  list: ListChange,
  split: (texts: readonly string[]) => readonly string[],
  paint: Paint,
): string[] {
  if (isEmpty(list)) return [];
  const side = (sign: string, texts: readonly string[]): string[] =>
    texts.length === 0 ? [] : split(texts).map((text) => `${sign} ${text}`);
  return [
    ...side('-', list.removed).map((line) => paint.red(line)),
    ...side('+', list.added).map((line) => paint.green(line)),
    ...side('~', list.changed).map((line) => paint.yellow(`${line} (another value)`)),
  ];
}

/** What no row of the plan tells: as the supervisor has it. */
function fieldLines({ field, from, to }: FieldChange, paint: Paint): string[] {
  const [before, after] = [valueText(from), valueText(to)];
  if (before === after) return [`  ${field} ${paint.yellow(`~ ${after} (another value)`)}`];
  return [`  ${field} ${paint.red(`- ${before}`)} ${paint.green(`+ ${after}`)}`];
}

const valueText = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

export function planDiffJson(diff: PlanDiff): object {
  const { manifest, added, removed, changed, supervisor, elsewhere } = diff;
  const field = ({ field: path, from, to }: FieldChange): object => ({
    field: path,
    from: from ?? null,
    to: to ?? null,
  });
  return {
    manifest,
    different: isDifferent(diff),
    added: added.map(({ instance }) => instance),
    removed: removed.map(({ instance }) => instance),
    changed: changed.map(({ instance, argv, env, fields }) => ({
      instance,
      argv,
      env,
      fields: fields.map(field),
    })),
    supervisor: supervisor.map(field),
    elsewhere,
  };
}

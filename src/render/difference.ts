/** What is different between two specs, one line a key: `bind "0.0.0.0:8000" -> "0.0.0.0:9000"`. Secrets are masked. */
import { MASK } from '../model/mask.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { topOf, type Difference, type FieldChange, type ListChange } from '../supervisor/difference.ts';
import { keyOf, wordOf } from './difference-words.ts';
import type { Paint } from './paint.ts';
import { argvText, planRows, quote } from './plan.ts';
import { andList } from './words.ts';

/** Both null: another value, which is a secret. One null: it is not there. */
interface Line {
  readonly what: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** An instance of which more are told by their number alone. */
const NAMED = 3;

/** Whole instances, and what each of them has as a line: those that are alike are told of together. */
export function alike<T extends { readonly instance: string }>(
  all: readonly T[],
  text: (one: T) => string,
): { readonly who: string; readonly text: string }[] {
  const groups = new Map<string, string[]>();
  for (const one of all) {
    const told = text(one);
    groups.set(told, [...(groups.get(told) ?? []), one.instance]);
  }
  return [...groups].map(([told, who]) => ({ who: whoText(who), text: told }));
}

const whoText = (who: readonly string[]): string =>
  andList(who.length <= NAMED + 1 ? who : [...who.slice(0, NAMED), `${who.length - NAMED} more`]);

export const differenceTexts = (difference: Difference, paint: Paint): string[] =>
  linesOf(difference).map((line) => lineText(line, paint));

/** Of one value. */
export const valueChangeText = ({ field, from, to }: FieldChange, paint: Paint): string =>
  lineText({ what: field, from: valueText(from), to: valueText(to) }, paint);

const valueText = (value: unknown): string =>
  value === undefined || value === null ? 'nothing' : JSON.stringify(value);

function lineText({ what, from, to }: Line, paint: Paint): string {
  if (from === null && to === null) return `${what} ${paint.yellow('another value')} (${MASK})`;
  if (from === null) return paint.green(`${what} ${to === '' ? '' : `${to} `}added`);
  if (to === null) return paint.red(`${what} ${from === '' ? '' : `${from} `}removed`);
  return `${what} ${paint.red(from)} -> ${paint.green(to)}`;
}

const linesOf = ({ from, to, argv, env, fields }: Difference): Line[] => [
  ...argvLines(argv),
  ...listed(env, (name) => `ENV ${name}`),
  ...fieldLines(from, to, fields),
];

const listed = ({ removed, added, changed }: ListChange, what: (name: string) => string): Line[] => [
  ...removed.map((name): Line => ({ what: what(name), from: '', to: null })),
  ...added.map((name): Line => ({ what: what(name), from: null, to: '' })),
  ...changed.map((name): Line => ({ what: what(name), from: null, to: null })),
];

/** `--bind=x` by its option; what is none is of the command. Of a value in a token of its own the option is not known. */
const COMMAND = 'command';
const optionOf = (token: string): readonly [key: string, value: string] => {
  const [, key, value = ''] = /^--?([A-Za-z][\w-]*)(?:[= ](.*))?$/s.exec(token) ?? [];
  return key === undefined ? [COMMAND, token] : [key, value];
};

function argvLines({ removed, added, changed }: ListChange): Line[] {
  const isMoved = removed.length > 0 && removed.toSorted().join('\0') === added.toSorted().join('\0');
  if (isMoved) return [{ what: COMMAND, from: argvText(removed), to: argvText(added) }];
  const [before, after] = [byOption(removed), byOption(added)];
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((what): Line[] => {
    const [from, to] = [before.get(what) ?? null, after.get(what) ?? null];
    return from === to ? [] : [{ what, from, to }];
  });
  const hidden = changed.map((token): Line => ({ what: optionOf(token)[0], from: null, to: null }));
  return [...lines, ...hidden];
}

function byOption(tokens: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of tokens.map(optionOf)) {
    const before = values.get(key);
    const plain = value === '' || /^-?\d+(\.\d+)?$/.test(value);
    const text = key === COMMAND ? quote(value) : plain ? value : JSON.stringify(value);
    values.set(key, before === undefined ? text : `${before} ${text}`);
  }
  return values;
}

function fieldLines(from: ProcessSpec, to: ProcessSpec, fields: readonly FieldChange[]): Line[] {
  const whole = new Set(fields.map(({ field }) => field));
  /** A mapping that has come or gone is told as a whole. */
  const alone = fields.filter(({ field }) => keyOf(field) !== undefined && !isBelow(field, whole));
  const lines = alone.map((one) => keyLine(one));
  const told = new Set(alone.map(({ field }) => field));
  const rest = fields.filter(({ field }) => !told.has(field));
  const tops = new Set(rest.map(({ field }) => topOf(field)));
  const after = planRows(to);
  for (const [index, row] of planRows(from).entries()) {
    const mine = row.fields.filter((field) => tops.has(field));
    const now = after[index]?.text ?? '';
    const [first] = mine;
    if (first === undefined || row.text === now) continue;
    lines.push({ what: wordOf(first), from: row.text || 'nothing', to: now || 'nothing' });
    for (const field of mine) tops.delete(field);
  }
  return [...lines, ...rest.filter(({ field }) => tops.has(topOf(field))).map(otherLine)];
}

const isBelow = (field: string, all: ReadonlySet<string>): boolean =>
  field.includes('.') && all.has(topOf(field));

function keyLine(change: FieldChange): Line {
  const [what, format] = keyOf(change.field) ?? [change.field, valueText];
  const shown = (value: unknown): string =>
    value === undefined || value === null ? 'nothing' : format(value);
  const [from, to] = [shown(change.from), shown(change.to)];
  return from === to ? { ...otherLine(change), what } : { what, from, to };
}

/** As the supervisor has it. */
function otherLine({ field, from, to }: FieldChange): Line {
  const [before, after] = [valueText(from), valueText(to)];
  const what = wordOf(field);
  return before === after ? { what, from: null, to: null } : { what, from: before, to: after };
}

/** For programs. */
export const differenceJson = ({ argv, env, fields }: Pick<Difference, 'argv' | 'env' | 'fields'>) => ({
  argv,
  env,
  fields: fields.map(fieldJson),
});

export const fieldJson = ({ field, from, to }: FieldChange): FieldChange => ({
  field,
  from: from ?? null,
  to: to ?? null,
});

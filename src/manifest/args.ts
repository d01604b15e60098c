/** ARGS of one entry against its backend's table. */
import type { Backend, Subject } from '../backends/backend.ts';
import type { Option, Options } from '../backends/options.ts';
import { failure, type Failure } from '../model/failure.ts';
import { nearest } from '../model/units.ts';
import { isOlder } from '../model/version.ts';
import type { Document, Path } from './document.ts';
import { kindOf, wrongValue } from './problems.ts';

export interface ParsedArgs {
  /** Option name, as the program spells it, to its parsed value; in the manifest's order. */
  readonly args: ReadonlyMap<string, unknown>;
  readonly failures: readonly Failure[];
}

/** What the options of an entry are judged by, beside themselves. */
export interface ArgsContext extends Omit<Subject, 'args'> {
  /** The version of a Python package beside the project's interpreter; null where it cannot be seen. */
  installed(name: string): string | null;
}

export function parseArgs(
  doc: Document,
  backend: Backend,
  input: unknown,
  base: Path,
  context: ArgsContext,
): ParsedArgs {
  const failures: Failure[] = [];
  const args = new Map<string, unknown>();
  // A backend without options has been told that ARGS is useless.
  if (input === undefined || backend.cmd === 'required') return { args, failures };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const place = doc.place(base, 'value');
    const facts = { key: 'ARGS', expected: 'a mapping of options', got: kindOf(input), near: null };
    return { args, failures: [failure('value-wrong', facts, { place })] };
  }
  const options = backend.options();
  const places = new Map<string, Path>();
  const judged = new Map<string, unknown>();
  const wrong = new Map<string, unknown>();
  const meant = new Set<string>();
  for (const [key, value] of Object.entries(input)) {
    const path = [...base, key];
    const found = findOption(options, key);
    if (found === null) {
      const near = nearest(key, usable(options));
      const facts = { option: key, backend: backend.name, near };
      failures.push(failure('option-unknown', facts, { place: doc.place(path, 'key') }));
      // That another option lacks the one that is meant here would be the same mistake told twice.
      const parsed = near === null ? undefined : options[near]?.schema.safeParse(value);
      if (near !== null && parsed?.success === true && !Object.hasOwn(input, near)) {
        judged.set(near, parsed.data);
        meant.add(near);
      }
      continue;
    }
    const { name, option } = found;
    const atKey = { place: doc.place(path, 'key') };
    if (option.refused !== undefined) {
      failures.push(failure('option-refused', { option: key, ...option.refused }, atKey));
      continue;
    }
    if (places.has(name)) {
      const other = String(places.get(name)?.at(-1));
      failures.push(failure('option-conflict', { option: key, other, why: 'they are one option' }, atKey));
      continue;
    }
    if (name !== key) failures.push(failure('option-spelling', { option: key, spelling: name }, atKey));
    const parsed = option.schema.safeParse(value);
    if (parsed.success) {
      args.set(name, parsed.data);
      judged.set(name, parsed.data);
      failures.push(...tooNew(doc, path, backend, option, parsed.data, context));
    } else {
      failures.push(wrongOption(doc, path, option, value));
      wrong.set(name, standIn(option));
    }
    places.set(name, path);
  }
  const findings = backend.rules({ ...context, args: judged });
  // What hangs on a value that nobody understands is judged when it is mended: the rest is found whatever it is.
  const anyway =
    wrong.size === 0 ? findings : backend.rules({ ...context, args: new Map([...judged, ...wrong]) });
  for (const finding of findings) {
    if (finding.option !== null && meant.has(finding.option)) continue;
    if (
      !anyway.some((other) => other.option === finding.option && other.failure.code === finding.failure.code)
    )
      continue;
    const path = finding.option === null ? base.slice(0, -1) : (places.get(finding.option) ?? base);
    failures.push({ ...finding.failure, place: doc.place(path, 'key') });
  }
  return { args, failures };
}

/** Of which every kind of option takes one. */
const STAND_INS: readonly unknown[] = [1, true, 'x', 'a:1', '2,1'];

/** A value that the option would take; undefined where none of these is one. */
const standIn = ({ schema, words = [] }: Option): unknown =>
  [...words, ...STAND_INS].map((value) => schema.safeParse(value)).find(({ success }) => success)?.data;

/** An option or a value that the installed version does not have, as far as that can be seen. */
function tooNew(
  doc: Document,
  path: Path,
  { package: program }: Backend,
  option: Option,
  value: unknown,
  context: ArgsContext,
): Failure[] {
  const needs = option.since?.(value) ?? null;
  // `false` leaves the option out.
  if (needs === null || program === null || value === false || value === 'false') return [];
  const has = context.installed(program);
  if (has === null || !isOlder(has, needs)) return [];
  const always = option.since?.(null) === needs;
  const name = String(path.at(-1));
  const facts = { option: name, value: always ? null : String(value), package: program, needs, has };
  return [failure('option-too-new', facts, { place: doc.place(path, 'key') })];
}

/** In a list it is the item that is wrong, if one is. */
function wrongOption(doc: Document, path: Path, option: Option, value: unknown): Failure {
  const expected = option.schema.description ?? 'something else';
  const bad = Array.isArray(value) ? value.findIndex((item) => !option.schema.safeParse([item]).success) : -1;
  if (bad === -1 || !Array.isArray(value)) {
    return wrongValue(doc, path, expected, value, nearWord(option, value));
  }
  return wrongValue(doc, [...path, bad], expected, value[bad]);
}

/** "WARN" is far from "WARNING" by distance, and clearly meant. */
function nearWord({ words = [] }: Option, value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const begun = words.filter((word) => word.toLowerCase().startsWith(value.toLowerCase()));
  return begun.length === 1 ? (begun[0] ?? null) : nearest(value, words);
}

/** Django users write underscores; click knows hyphens only. */
function findOption(options: Options, key: string): { name: string; option: Option } | null {
  const plain = (name: string): string => name.replaceAll('_', '-');
  const name = Object.hasOwn(options, key)
    ? key
    : Object.keys(options).find((one) => plain(one) === plain(key));
  const option = name === undefined ? undefined : options[name];
  if (name === undefined || option === undefined) return null;
  const meant = option.alias === undefined ? undefined : options[option.alias];
  return meant === undefined || option.alias === undefined
    ? { name, option }
    : { name: option.alias, option: meant };
}

const usable = (options: Options): string[] =>
  Object.keys(options).filter((name) => options[name]?.refused === undefined);

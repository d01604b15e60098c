/** What must be told of a changed manifest: one finding, at the place of the change. And where that is not so, why. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { manifestSchema } from '../../../src/manifest/json-schema.ts';
import { isInText, type Failure } from '../../../src/model/failure.ts';
import { schemaWords } from '../../docs/option-words.ts';
import type { Desk } from './desk.ts';
import { mutations, UNHEARD, type Kind, type Mutation } from './mutate.ts';
import type { Subject } from './subjects.ts';

interface Exception {
  readonly why: string;
  readonly kinds: readonly Kind[];
  /** The path of the change, its steps joined by dots. */
  readonly at: RegExp;
  /** Of the findings that are told instead. */
  readonly codes: readonly string[];
  /** Each of them. */
  readonly where: RegExp;
}

const ENTRY = '^PRODUCTION_PROCESSES\\.[^.]+';
const NAMING = /\.DEPENDS_ON\.[^.]+$/;

/** Every one of these must be needed: the long tier, which makes all changes, says which of them is not. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    why: 'a name may be any; who depends on it by the old one is told where that stands, each of them',
    kinds: ['typo', 'rename', 'drop'],
    at: new RegExp(`${ENTRY}$`),
    codes: ['dependency-unknown'],
    where: NAMING,
  },
  {
    why: 'without ONESHOT it runs for ever, which is only wrong for who waits for its end',
    kinds: ['drop'],
    at: new RegExp(`${ENTRY}\\.ONESHOT$`),
    codes: ['dependency-endless'],
    where: NAMING,
  },
  {
    why: 'options that say how another one works: each of them is left without it',
    kinds: ['drop'],
    at: new RegExp(`${ENTRY}\\.ARGS\\.(reload|proxy-headers)$`),
    codes: ['option-ignored', 'option-refused'],
    where: /\.ARGS\.(reload|proxy-headers)-\w+$/,
  },
  {
    why: 'a name may be any; who uses a socket by the old one is told where that stands, each of them',
    kinds: ['typo', 'rename', 'drop', 'empty'],
    at: /^SOCKETS(\.[^.]+)?$/,
    codes: ['socket-unknown'],
    where: new RegExp(`${ENTRY}\\.ARGS\\.`),
  },
  {
    why: 'a socket that nobody uses any more is not wrong, and is told where it stands',
    kinds: ['drop', 'empty', 'text', 'number'],
    at: new RegExp(`${ENTRY}(\\.|$)`),
    codes: ['socket-unused'],
    where: /^SOCKETS\.[^.]+$/,
  },
  {
    why: 'as a mapping it has to have targets: the one key of this one is unknown, and that one is not there',
    kinds: ['mapping'],
    at: new RegExp(`${ENTRY}\\.WAIT_FOR$`),
    codes: ['key-missing', 'key-unknown'],
    where: new RegExp(`\\.WAIT_FOR(\\.${UNHEARD})?$`),
  },
  {
    why: 'as a mapping it has to have bind: the one key of this one is unknown, and that one is not there',
    kinds: ['mapping'],
    at: /^SOCKETS\.[^.]+$/,
    codes: ['key-missing', 'key-unknown'],
    where: new RegExp(`^SOCKETS\\.[^.]+(\\.${UNHEARD})?$`),
  },
];

export interface Judged {
  readonly changes: number;
  /** Of which nothing had to be told: the change was a valid one. */
  readonly legal: number;
  /** One line for each change of which something else was told. */
  readonly wrong: readonly string[];
  readonly used: ReadonlySet<Exception>;
}

export const pathOf = ({ place }: Failure): string => (place?.path ?? []).join('.');
const keyOf = (finding: Failure): string => `${finding.code} ${pathOf(finding)}`;

/** A schema that takes seconds to be compiled. */
export const judgeOfSchema = (): ((text: string) => boolean) => {
  const validate = new Ajv2020({ strictTypes: false }).compile(manifestSchema(schemaWords()));
  return (text) => validate(parse(text));
};

/** Names that are the writer's own, so that any other is as good. */
const FREE: Partial<Readonly<Record<Kind, RegExp>>> = {
  typo: new RegExp(`${ENTRY}(\\.ENV\\.[^.]+)?$|^x-`),
  rename: new RegExp(`${ENTRY}(\\.ENV\\.[^.]+)?$`),
  mapping: /^x-/,
  list: /^x-/,
};

/** Changes that `isValid` cannot tell of must be told unless the writer is free there. */
const mayBeSilent = ({ kind, path }: Mutation): boolean =>
  ['text', 'number', 'truth', 'empty', 'drop'].includes(kind) || FREE[kind]?.test(path.join('.')) === true;

/** All changes of the subjects that `chosen` wants. `isValid`: as the JSON Schema says; null: that is not asked. */
export function judge(
  desk: Desk,
  subjects: readonly Subject[],
  chosen: () => boolean,
  isValid: ((text: string) => boolean) | null,
): Judged {
  const used = new Set<Exception>();
  const wrong: string[] = [];
  let [changes, legal] = [0, 0];

  for (const { name, text, below } of subjects) {
    const before = new Set(desk(text).findings.map(keyOf));
    const told = (changed: string): Failure[] =>
      desk(changed).findings.filter((finding) => !before.has(keyOf(finding)));
    const all = mutations(text).filter(({ path }) => below.every((step, index) => path[index] === step));
    const dropped = new Map(
      all.filter(({ kind }) => kind === 'drop').map((change) => [change.path.join('.'), change.text]),
    );
    for (const change of all) {
      if (!chosen()) continue;
      changes++;
      const found = told(change.text);
      const spot = `${name}: ${change.kind} ${change.path.join('.')}, line ${change.line}`;
      if (found.length === 0) {
        legal++;
        if (!mayBeSilent(change) || isValid?.(change.text) === false) wrong.push(`${spot}: nothing is told`);
        continue;
      }
      // A key by another word is an unknown one, and what the manifest lacks without it.
      const without = change.kind === 'rename' ? dropped.get(change.path.join('.')) : undefined;
      const lacks = without === undefined ? [] : told(without).map(keyOf);
      const rest = found.filter((finding) => !lacks.includes(keyOf(finding)));
      if (lacks.length > 0 && rest.length === 0) continue;
      if (rest.length === 1 && rest[0] !== undefined && isAt(rest[0], change)) continue;
      const exception = EXCEPTIONS.find((one) => covers(one, change, rest));
      if (exception === undefined) wrong.push(`${spot}: ${rest.map(said).join('; ')}`);
      else used.add(exception);
    }
  }
  return { changes, legal, wrong, used };
}

const covers = (
  { kinds, at, codes, where }: Exception,
  { kind, path }: Mutation,
  found: readonly Failure[],
) =>
  kinds.includes(kind) &&
  at.test(path.join('.')) &&
  found.every((finding) => codes.includes(finding.code) && where.test(pathOf(finding)));

/** On the lines of the change, and on the way to it or inside of it. */
function isAt({ place }: Failure, { at, line, endLine }: Mutation): boolean {
  if (!isInText(place) || place.line < line || place.line > endLine) return false;
  return at.every((step, index) => place.path[index] === undefined || place.path[index] === step);
}

const said = (finding: Failure): string => {
  const line = isInText(finding.place) ? finding.place.line : 'nowhere';
  return `${finding.code} at ${pathOf(finding)}, line ${line}`;
};

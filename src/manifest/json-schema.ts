/** The manifest as a JSON Schema (draft 2020-12), for editors. What it refuses, `check` refuses; not the reverse. */
import * as z from 'zod';
import type { Backend } from '../backends/backend.ts';
import { OURS, spellingsOf } from '../backends/registry.ts';
import { isLimitText } from './limits.ts';
import { entrySchema, NAME_RULE, supervisorSchema } from './schema.ts';
import {
  annotated,
  newShared,
  type JsonSchema,
  type Properties,
  type SchemaWords,
  type Shared,
  type Words,
} from './json-schema-words.ts';
import { socketSchema } from './schema-sockets.ts';
import { isDurationText, isSizeText } from './schema-values.ts';

/** Interpolation comes before every check, so a variable may stand wherever a text is understood. */
const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };
const orVariable = (pattern: string): string => `(?:${pattern})|\\$\\{`;

export function manifestSchema(words: SchemaWords): JsonSchema {
  const backends = OURS.all;
  const shared = newShared();
  const args = new Map<string, JsonSchema>();
  for (const backend of backends) args.set(backend.name, argsOf(backend, words, shared, args));
  const section = (name: string, schema: z.ZodType): JsonSchema =>
    annotated(fromZod(schema), (path) => words.key(name, path), shared);
  const supervisor = section('SUPERVISOR', supervisorSchema);
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A manifest of prodserver',
    type: ['object', 'null'],
    properties: {
      $schema: { description: 'The schema of a JSON file, for editors', type: 'string' },
      PRODUCTION_PROCESSES: {
        description: 'The processes by name',
        type: ['object', 'null'],
        propertyNames: { description: NAME_RULE, pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' },
        additionalProperties: { $ref: '#/$defs/entry' },
      },
      SOCKETS: {
        description: 'Addresses by name, which the supervisor listens on for its processes',
        type: ['object', 'null'],
        propertyNames: { description: NAME_RULE, pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' },
        additionalProperties: section('SOCKETS', socketSchema),
      },
      SUPERVISOR: { description: 'The supervisor itself', anyOf: [supervisor, { type: 'null' }] },
    },
    patternProperties: { '^x-': { description: 'Yours: not read' } },
    additionalProperties: false,
    // With backends of its own a manifest may name those too.
    if: {
      properties: { SUPERVISOR: { type: 'object', required: ['backends'] } },
      required: ['SUPERVISOR'],
    },
    else: {
      properties: { PRODUCTION_PROCESSES: { additionalProperties: { $ref: '#/$defs/ourBackend' } } },
    },
    $defs: {
      ourBackend: { properties: { BACKEND: { anyOf: [{ enum: backends.flatMap(spellingsOf) }, VARIABLE] } } },
      entry: entry(backends, section('entry', entrySchema)),
      ...Object.fromEntries(backends.map(({ name }) => [argsName(name), args.get(name)])),
    },
  };
  return shared.resolve(schema);
}

const argsName = (backend: string): string => `${backend}.ARGS`;

function entry(backends: readonly Backend[], base: JsonSchema): JsonSchema {
  const known = base['properties'] as Record<string, JsonSchema>;
  return {
    ...base,
    properties: {
      ...known,
      // The list is for what an editor offers.
      BACKEND: { ...known['BACKEND'], anyOf: [{ enum: backends.flatMap(spellingsOf) }, { type: 'string' }] },
      ARGS: { ...known['ARGS'], type: ['object', 'null'] },
    },
    allOf: backends.map((backend) => ({
      if: { properties: { BACKEND: { enum: spellingsOf(backend) } }, required: ['BACKEND'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: ruleOf(backend),
    })),
  };
}

/** Which of APP, CMD, ARGS and INSTANCES a backend takes. */
function ruleOf(backend: Backend): JsonSchema {
  const command = backend.cmd === 'required';
  return {
    required: [...(backend.app === 'none' ? [] : ['APP']), ...(command ? ['CMD'] : [])],
    properties: {
      ...(backend.app === 'none' ? { APP: false } : {}),
      ...(command
        ? { ARGS: false }
        : {
            CMD: false,
            ONESHOT: { enum: [false, 'false'] },
            ARGS: { $ref: `#/$defs/${argsName(backend.name)}` },
          }),
      ...(backend.singleton ? { INSTANCES: { anyOf: [{ enum: [1, '1'] }, VARIABLE] } } : {}),
    },
  };
}

function argsOf(
  backend: Backend,
  words: SchemaWords,
  shared: Shared,
  earlier: ReadonlyMap<string, JsonSchema>,
): JsonSchema {
  const options = Object.entries(backend.options()).filter(([, option]) => option.refused === undefined);
  const named = new Map<string, JsonSchema>();
  for (const [name, option] of options) {
    const value = fromZod(option.schema);
    const meant = option.alias ?? twinOf(name, named);
    const told = meant === null ? wordsOf(backend, name, words) : { about: `The same as ${meant}` };
    named.set(name, shared.use(value, told, meant !== null));
  }
  // Underscores are understood, with a warning.
  for (const [name, option] of options) {
    const other = name.replaceAll('-', '_');
    if (!named.has(other) && !name.includes('_'))
      named.set(other, shared.use(fromZod(option.schema), { about: `Write ${name}` }, true));
  }
  const like = [...earlier].find(([, { properties }]) => covers(properties as Properties, named));
  const missing = like === undefined ? [] : Object.keys(like[1]['properties'] as Properties);
  const without = missing.filter((name) => !named.has(name)).map((name): [string, false] => [name, false]);
  return like === undefined
    ? { type: ['object', 'null'], properties: Object.fromEntries(named), additionalProperties: false }
    : {
        $ref: `#/$defs/${argsName(like[0])}`,
        ...(without.length === 0 ? {} : { properties: Object.fromEntries(without) }),
      };
}

/** Whether it has all of these and hardly more: the other one is then told by the difference. */
const covers = (properties: Properties | undefined, named: ReadonlyMap<string, JsonSchema>): boolean =>
  properties !== undefined &&
  Object.keys(properties).length - named.size < 3 &&
  [...named].every(([name, schema]) => JSON.stringify(properties[name]) === JSON.stringify(schema));

/** Of two spellings in one table, the one that came first. */
const twinOf = (name: string, named: ReadonlyMap<string, JsonSchema>): string | null =>
  [...named.keys()].find((one) => one !== name && one.replaceAll('_', '-') === name) ?? null;

/** `no-X` says of itself what it does. */
function wordsOf(backend: Backend, name: string, words: SchemaWords): Words {
  const found = words.option(backend.name, name);
  if (found !== null) return found;
  const opposite = name.startsWith('no-') ? name.slice(3) : '';
  if (words.option(backend.name, opposite) === null)
    throw new Error(`nothing is said of ${name} of ${backend.name}`);
  return { about: `The opposite of ${opposite}` };
}

function fromZod(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return restore(plain) as JsonSchema;
}

/** What zod cannot express (refinements) is read back from the description, and variables are let in. */
function restore(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(restore);
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as JsonSchema;
  const { description } = schema;
  const told = typeof description === 'string' ? refinement(description, schema) : null;
  if (told !== null) return { description, ...told };
  const needed = /^a mapping with at least one of ([^;]*?)(?:, and with|;)(.*)/.exec(String(description));
  if (needed !== null && schema['type'] === 'object') {
    const [, names = '', more = ''] = needed;
    const keys = [...names.split(', '), ...(more.endsWith('or with celery') ? ['celery'] : [])];
    const { type, properties, additionalProperties } = schema;
    const rest = { type, properties: restore(properties), additionalProperties };
    return { description, ...rest, anyOf: keys.map((key) => ({ required: [key] })) };
  }
  if (Array.isArray(schema['enum'])) return { description, anyOf: [{ enum: schema['enum'] }, VARIABLE] };
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'pattern' && typeof value === 'string' ? orVariable(value) : restore(value),
    ]),
  );
}

/** One side of a limit of LIMITS, as a pattern; null for what is none. */
function limitSide(description: string): string | null {
  if (!isLimitText(description)) return null;
  if (description.startsWith('a whole number')) return '\\d+';
  return description.startsWith('a size')
    ? '(0|\\d+(\\.\\d+)?(B|[KMGT]i?B))'
    : '(\\d+(\\.\\d+)?(ms|[smhd]))+';
}

/** The vocabulary of `options.ts` and `schema.ts`; the test compares each of its words with zod's own verdicts. */
function refinement(description: string, schema: JsonSchema): JsonSchema | null {
  if (isDurationText(description)) {
    return { type: 'string', pattern: orVariable('^(\\d+(\\.\\d+)?(ms|[smhd]))+$') };
  }
  if (isSizeText(description)) {
    return { type: 'string', pattern: orVariable('^\\d+(\\.\\d+)?(B|[KMGT]i?B)$') };
  }
  const side = limitSide(description);
  if (side !== null) {
    const pattern = orVariable(`^(${side}|unlimited)(:(${side}|unlimited))?$`);
    const bare = description.startsWith('a whole number') ? [{ type: 'integer', minimum: 0 }] : [];
    const zero = description.startsWith('a size') ? [{ const: 0 }] : [];
    return { anyOf: [{ type: 'string', pattern }, ...bare, ...zero] };
  }
  if (description.startsWith('a number from 0 to 0.1, or a percentage')) {
    const percent = { type: 'string', pattern: orVariable('^\\d+(\\.\\d+)?%$') };
    return { anyOf: [{ type: 'number', minimum: 0, maximum: 0.1 }, percent] };
  }
  if (description.startsWith('octal digits with a 0 in front'))
    // YAML reads 027 as a number and keeps no 0: an editor cannot know whether it was written.
    return {
      anyOf: [
        { type: 'string', pattern: orVariable('^0[0-7]{1,3}$') },
        { type: 'integer', minimum: 0 },
      ],
    };
  const whole = /^a whole number(?: from (-?\d+)(?: to (\d+))?)?$/.exec(description);
  if (whole !== null) {
    const [, from, to] = whole;
    const range = {
      ...(from === undefined ? {} : { minimum: Number(from) }),
      ...(to === undefined ? {} : { maximum: Number(to) }),
    };
    const digits = from === undefined ? '^-?\\d+$' : Number(from) > 0 ? '^0*[1-9]\\d*$' : '^\\d+$';
    return {
      anyOf: [
        { type: 'integer', ...range },
        { type: 'string', pattern: orVariable(digits) },
      ],
    };
  }
  const decimal = /^a number(?: (above|from) (-?[\d.]+))?$/.exec(description);
  if (decimal !== null) {
    const [, word, limit] = decimal;
    const range =
      limit === undefined ? {} : { [word === 'above' ? 'exclusiveMinimum' : 'minimum']: Number(limit) };
    const sign = word === undefined ? '-?' : word === 'above' ? '(?!0*(\\.0*)?$)' : '';
    const digits = orVariable(`^${sign}\\d+(\\.\\d+)?$`);
    return {
      anyOf: [
        { type: 'number', ...range },
        { type: 'string', pattern: digits },
      ],
    };
  }
  if (description.startsWith('a whole number of KiB')) {
    return {
      anyOf: [
        { type: 'integer', minimum: 0 },
        { type: 'string', pattern: orVariable('^(\\d+|\\d+(\\.\\d+)?(B|[KMGT]i?B))$') },
      ],
    };
  }
  const choice = /^one of (.+)$/.exec(description)?.[1]?.split(', ');
  if (choice === undefined || schema['type'] !== 'string' || 'enum' in schema) return null;
  return { anyOf: [{ enum: choice }, { type: 'string', pattern: orVariable(anyCase(choice)) }] };
}

/** JSON Schema's patterns know no flags. */
const anyCase = (words: readonly string[]): string => {
  const letter = (char: string): string =>
    /[a-z]/i.test(char) ? `[${char.toUpperCase()}${char.toLowerCase()}]` : char;
  return `^(${words.map((word) => Array.from(word, letter).join('')).join('|')})$`;
};

/** The manifest as a JSON Schema (draft 2020-12), for editors. What it refuses, `check` refuses; not the reverse. */
import * as z from 'zod';
import type { Backend } from '../backends/backend.ts';
import { OURS, spellingsOf } from '../backends/registry.ts';
import { entrySchema, NAME_RULE, supervisorSchema } from './schema.ts';
import { socketSchema } from './schema-sockets.ts';
import { isDurationText, isSizeText } from './schema-values.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Interpolation comes before every check, so a variable may stand wherever a text is understood. */
const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };
const orVariable = (pattern: string): string => `(?:${pattern})|\\$\\{`;

export function manifestSchema(): JsonSchema {
  const backends = OURS.all;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A manifest of prodserver',
    type: ['object', 'null'],
    properties: {
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
        additionalProperties: fromZod(socketSchema),
      },
      SUPERVISOR: { anyOf: [fromZod(supervisorSchema), { type: 'null' }] },
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
      entry: entry(backends),
      ourBackend: { properties: { BACKEND: { anyOf: [{ enum: backends.flatMap(spellingsOf) }, VARIABLE] } } },
      ...Object.fromEntries(backends.map((backend) => [argsName(backend), argsOf(backend)])),
    },
  };
}

const argsName = (backend: Backend): string => `${backend.name}.ARGS`;

function entry(backends: readonly Backend[]): JsonSchema {
  const base = fromZod(entrySchema);
  const known = base['properties'] as Record<string, JsonSchema>;
  return {
    ...base,
    properties: {
      ...known,
      // The list is for what an editor offers.
      BACKEND: { ...known['BACKEND'], anyOf: [{ enum: backends.flatMap(spellingsOf) }, { type: 'string' }] },
      ARGS: { description: 'Long options of the program', type: ['object', 'null'] },
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
      ...(command ? { ARGS: false } : { CMD: false, ARGS: { $ref: `#/$defs/${argsName(backend)}` } }),
      ...(backend.singleton ? { INSTANCES: { anyOf: [{ enum: [1, '1'] }, VARIABLE] } } : {}),
    },
  };
}

function argsOf(backend: Backend): JsonSchema {
  const options = Object.entries(backend.options()).filter(([, option]) => option.refused === undefined);
  const spelled = options.map(([name, option]): [string, JsonSchema] => [name, fromZod(option.schema)]);
  const names = new Set(spelled.map(([name]) => name));
  // Underscores are understood, with a warning.
  const others = spelled
    .filter(([name]) => name.includes('-') && !name.includes('_'))
    .map(([name]): [string, JsonSchema] => [
      name.replaceAll('-', '_'),
      { $ref: `#/$defs/${argsName(backend)}/properties/${name}`, deprecated: true },
    ])
    .filter(([name]) => !names.has(name));
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries([...spelled, ...others]),
    additionalProperties: false,
  };
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
  if (Array.isArray(schema['enum'])) return { description, anyOf: [{ enum: schema['enum'] }, VARIABLE] };
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'pattern' && typeof value === 'string' ? orVariable(value) : restore(value),
    ]),
  );
}

/** The vocabulary of `options.ts` and `schema.ts`; the test compares each of its words with zod's own verdicts. */
function refinement(description: string, schema: JsonSchema): JsonSchema | null {
  if (isDurationText(description)) {
    return { type: 'string', pattern: orVariable('^(\\d+(\\.\\d+)?(ms|[smhd]))+$') };
  }
  if (isSizeText(description)) {
    return { type: 'string', pattern: orVariable('^\\d+(\\.\\d+)?(B|[KMGT]i?B)$') };
  }
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

import * as z from 'zod';
import { parseSize } from '../model/units.ts';

/** One long option of a program: which values the manifest may give it, and the tokens they become. */
export interface Option {
  /** Its description is what an error says was expected. */
  readonly schema: z.ZodType;
  /** Takes a parsed value; gives the argv tokens. */
  emit(key: string, value: unknown): string[];
  /** Set for an option that exists but must not be used here. */
  readonly refused?: { readonly why: string; readonly instead: string };
  /** The first version of the program that takes this value, where older ones are supported too; null: all do. */
  since?(value: unknown): string | null;
  /** The words of a closed list, for a hint at the nearest. */
  readonly words?: readonly string[];
  /** Another name for this option of the table: it is read as that one, with a warning. */
  readonly alias?: string;
}

export type Options = Readonly<Record<string, Option>>;

/** Builds the schema when it is first asked for: a manifest uses few of a table's options, and zod's are not cheap. */
export function option(
  build: () => z.ZodType,
  emit: Option['emit'],
  rest: Pick<Option, 'refused' | 'since' | 'words' | 'alias'> = {},
): Option {
  let built: z.ZodType | null = null;
  return {
    ...rest,
    emit,
    get schema() {
      built ??= build();
      return built;
    },
  };
}

const assign = (key: string, value: unknown): string[] => [`--${key}=${String(value)}`];

/** Django users write numbers as strings ("4"), and interpolation makes strings: both are numbers here. */
const numeric = (pattern: RegExp, check: (value: number) => boolean, expects: string): z.ZodType =>
  z
    .union([z.number(), z.string().regex(pattern).transform(Number)])
    .refine((value) => check(value))
    .describe(expects);

export function integer(limits: { readonly min?: number; readonly max?: number } = {}): Option {
  const { min = -Infinity, max = Infinity } = limits;
  const range = min === -Infinity ? '' : max === Infinity ? ` from ${min}` : ` from ${min} to ${max}`;
  const valid = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max;
  return option(() => numeric(/^-?\d+$/, valid, `a whole number${range}`), assign);
}

/** Seconds or another quantity that the program reads as a float. */
export function decimal(limits: { readonly above?: number; readonly min?: number } = {}): Option {
  const { above = -Infinity, min = -Infinity } = limits;
  const range = above !== -Infinity ? ` above ${above}` : min !== -Infinity ? ` from ${min}` : '';
  const valid = (value: number): boolean => value > above && value >= min;
  return option(() => numeric(/^-?\d+(\.\d+)?$/, valid, `a number${range}`), assign);
}

export function text(expects = 'text'): Option {
  const build = () => z.union([z.string().min(1), z.number().transform(String)]).describe(expects);
  return option(build, assign);
}

/** What `base` takes, or one word more, which versions of the program before `version` do not know. */
export function orWord(base: Option, word: string, version: string): Option {
  const build = () =>
    z.union([base.schema, z.literal(word)]).describe(`${base.schema.description}, or "${word}"`);
  const emit: Option['emit'] = (key, value) => (value === word ? assign(key, value) : base.emit(key, value));
  return option(build, emit, { since: (value) => (value === word ? version : null) });
}

/** A flag that may also be given one of some words: `--key`, or `--key=word`. */
export function flagOr(words: readonly [string, ...string[]]): Option {
  const bare = flag();
  const build = () =>
    z.union([bare.schema, z.enum(words)]).describe(`true or false, or one of ${words.join(', ')}`);
  const isWord = (value: unknown): boolean => words.includes(value as string);
  return option(build, (key, value) => (isWord(value) ? assign(key, value) : bare.emit(key, value)));
}

/** An option without a value: `true` and null give it, `false` leaves it out. */
export function flag(): Option {
  // Interpolation makes strings, so "true" and "false" are understood as well.
  const build = () =>
    z.union([z.boolean(), z.null(), z.enum(['true', 'false'])]).describe('true or false (it takes no value)');
  return option(build, (key, value) => (value === false || value === 'false' ? [] : [`--${key}`]));
}

/** An option whose value is true or false. */
export function truth(): Option {
  const build = () =>
    z.union([z.boolean(), z.enum(['true', 'false', 'True', 'False'])]).describe('true or false');
  return option(build, (key, value) => assign(key, String(value).toLowerCase()));
}

/** An option and its opposite, `--key` and `--no-key`: true and false give one each. */
export function pair(key: string): Options {
  const on = flag();
  const both = option(
    () => on.schema,
    (_, value) => (value === false || value === 'false' ? [`--no-${key}`] : [`--${key}`]),
  );
  return { [key]: both, [`no-${key}`]: flag() };
}

/** What django-prodserver calls an option for which the program has another name. */
export const alias = (name: string, base: Option): Option =>
  option(
    () => base.schema,
    (_, value) => base.emit(name, value),
    { alias: name },
  );

/** One of a closed list, in any case; emitted as the program spells it. */
export function choice(values: readonly [string, ...string[]]): Option {
  const spelled = new Map(values.map((value) => [value.toLowerCase(), value]));
  const build = () =>
    z
      .string()
      .refine((value) => spelled.has(value.toLowerCase()))
      .transform((value) => spelled.get(value.toLowerCase()) ?? value)
      .describe(`one of ${values.join(', ')}`);
  return option(build, assign, { words: values });
}

const items = (expects: string): z.ZodType =>
  z
    .union([
      z.array(z.union([z.string().min(1), z.number().transform(String)])).min(1),
      z
        .string()
        .min(1)
        .transform((value) => [value]),
      z.number().transform((value) => [String(value)]),
    ])
    .describe(expects);

/** A list in one option, comma-joined (Celery's are not repeatable: the last one would win). */
export function list(expects: string): Option {
  return option(
    () => items(expects),
    (key, value) => assign(key, (value as string[]).join(',')),
  );
}

/** Names in one option, comma-joined; Celery would take the space in "a, b" for a part of the second name. */
export function names(expects: string): Option {
  const split = (value: unknown): string[] =>
    (value as string[]).flatMap((item) => item.split(',').map((name) => name.trim())).filter(Boolean);
  const build = () =>
    items(expects)
      .refine((value) => split(value).length > 0)
      .transform(split)
      .describe(expects);
  return option(build, (key, value) => assign(key, (value as string[]).join(',')));
}

/** A list as the option repeated. */
export function repeated(expects: string): Option {
  return option(
    () => items(expects),
    (key, value) => (value as string[]).flatMap((item) => assign(key, item)),
  );
}

/** The same option, which versions of the program before `version` do not have. */
export const since = (version: string, base: Option): Option =>
  option(
    () => base.schema,
    (key, value) => base.emit(key, value),
    { since: () => version, ...(base.words === undefined ? {} : { words: base.words }) },
  );

/** Memory that the program counts in KiB: so many, or a size with its unit. */
export function kibibytes(): Option {
  const size = z
    .string()
    .refine((value) => parseSize(value) !== null)
    .transform((value) => Math.floor((parseSize(value) ?? 0) / 1024));
  const build = () =>
    z
      .union([integer({ min: 0 }).schema, size])
      .describe('a whole number of KiB from 0, or a size such as 200MiB');
  return option(build, assign);
}

/** An option that the program has and that would work against supervision. */
export function refused(why: string, instead: string): Option {
  return option(
    () => z.never().describe('nothing: the option is refused'),
    () => [],
    { refused: { why, instead } },
  );
}

/** Of a program that ends where the file names a process that lives, which after a crash may be any. */
export const pidfile = (): Option =>
  refused(
    'one that a crash left behind may name another process by now, and then the next start ends of it',
    'leave it out: prodserver knows the pid, and "prodserver status --json" tells it',
  );

/** A table that is built once, when it is first asked for. */
export function table(build: () => Options): () => Options {
  let built: Options | null = null;
  return () => {
    built ??= build();
    return built;
  };
}

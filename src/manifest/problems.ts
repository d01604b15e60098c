/** zod's issues as located failures in our own codes. */
import type * as z from 'zod';
import { failure, type Failure } from '../model/failure.ts';
import { nearest } from '../model/units.ts';
import type { Document, Path } from './document.ts';
import { withUnit } from './limits.ts';
import { isDurationText, isSizeText } from './schema-values.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  BACKEND: 'BACKEND: CeleryWorker',
  file: 'file: logs/{instance}.log',
  APP: 'APP: myproject.celery.app',
};

/** What an error shows of a value: short, on one line. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

/** What kind of thing a value is, for "expected a mapping, got ...". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${show(value)}`;
}

/** Parses `value`, which stands at `base`; every issue becomes a failure at its place. */
export function parseAt<T>(
  doc: Document,
  schema: z.ZodType<T>,
  value: unknown,
  base: Path,
): { readonly value: T | null; readonly failures: Failure[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, failures: [] };
  const failures = result.error.issues.flatMap(innermost).flatMap((issue) => {
    const inner = issue.path as Path;
    const path = [...base, ...inner];
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(mappingOf(describedAt(schema, inner).schema));
      return issue.keys.map((key) => unknownKey(doc, [...path, key], key, known));
    }
    const got = inner.reduce<unknown>(
      (node, step) => (node as Record<string | number, unknown> | null)?.[step],
      value,
    );
    const key = String(path.at(-1));
    if (got === undefined) {
      const owner = String(path.at(-2));
      const facts = { key, owner, example: EXAMPLES[key] ?? `${key}: ...` };
      return [failure('key-missing', facts, { place: doc.place(path.slice(0, -1), 'key') })];
    }
    const { expected } = describedAt(schema, inner);
    return [wrongValue(doc, path, expected, got)];
  });
  return { value: null, failures };
}

/** Of several forms that a value may have, the one that it has: there the mistake lies deeper inside. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const form = issue.errors.find((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return form?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** The same where there is no document: of each issue the field, as `stop[0].signal`. */
export function mistakes(
  schema: z.ZodType,
  error: z.ZodError,
  value: unknown,
): { readonly field: string; readonly expected: string; readonly got: string }[] {
  return error.issues.flatMap(innermost).flatMap((issue) => {
    const path = issue.path as Path;
    const { schema: inner, expected } = describedAt(schema, path);
    if (issue.code === 'unrecognized_keys') {
      const known = `one of ${Object.keys(mappingOf(inner)).join(', ')}`;
      return issue.keys.map((key) => ({ field: fieldOf([...path, key]), expected: known, got: 'unknown' }));
    }
    const got = path.reduce<unknown>(
      (node, step) => (node as Record<string | number, unknown> | null | undefined)?.[step],
      value,
    );
    return [{ field: fieldOf(path), expected, got: kindOf(got) }];
  });
}

const fieldOf = (path: Path): string =>
  path.reduce<string>(
    (field, step) =>
      `${field}${typeof step === 'number' ? `[${step}]` : `${field === '' ? '' : '.'}${step}`}`,
    '',
  );

/** The value at `path` is not what `expected` says. */
export function wrongValue(
  doc: Document,
  path: Path,
  expected: string,
  got: unknown,
  near: string | null = null,
): Failure {
  const key = typeof path.at(-1) === 'number' ? String(path.at(-2)) : String(path.at(-1));
  const place = doc.place(path, 'value');
  if (typeof got === 'number' && isDurationText(expected)) {
    const facts = { key, got: String(got), example: `${got}s` };
    return failure('value-no-unit', facts, { place });
  }
  if (typeof got === 'number' && isSizeText(expected)) {
    const facts = { key, got: String(got), example: `${got}MiB` };
    return failure('value-no-unit', facts, { place });
  }
  const example = withUnit(expected, got);
  if (example !== null) return failure('value-no-unit', { key, got: String(got), example }, { place });
  // What a variable brought may be a secret, so the manifest's own text is shown.
  const written = path.reduce<unknown>(
    (node, step) => (node as Record<string | number, unknown> | null)?.[step],
    doc.value,
  );
  const told = typeof got === 'string' && typeof written === 'string' ? written : got;
  const shown = typeof told === 'object' && told !== null ? kindOf(told) : show(told);
  return failure('value-wrong', { key, expected, got: shown, near }, { place });
}

export function unknownKey(doc: Document, path: Path, key: string, known: readonly string[]): Failure {
  const place = doc.place(path, 'key');
  return failure('key-unknown', { key, near: nearest(key, known), known }, { place });
}

type Inner = z.ZodType & {
  readonly def: {
    readonly innerType?: z.ZodType;
    /** What a transformation begins with. */
    readonly in?: z.ZodType;
    readonly valueType?: z.ZodType;
    readonly element?: z.ZodType;
    readonly options?: readonly z.ZodType[];
  };
};

/** The deepest schema on the way of `path`, and the last description met on that way. */
function describedAt(schema: z.ZodType, path: Path): { schema: z.ZodType; expected: string } {
  let here = schema;
  let expected = 'something else';
  for (const step of [null, ...path]) {
    const next = step === null ? here : inside(here, step);
    if (next === undefined) break;
    here = unwrap(next);
    expected = here.description ?? next.description ?? expected;
  }
  return { schema: here, expected };
}

function inside(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  const { valueType, element, options, in: before } = (schema as Inner).def;
  if (before !== undefined) return inside(unwrap(before), step);
  const known = typeof step === 'number' ? element : (shapeOf(schema)[step] ?? valueType);
  if (known !== undefined || options === undefined) return known;
  for (const option of options) {
    const found = inside(unwrap(option), step);
    if (found !== undefined) return found;
  }
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType } = (schema as Inner).def;
  return innerType === undefined ? schema : unwrap(innerType);
}

/** Of several forms that a value may have, the keys of the one that is a mapping. */
function mappingOf(schema: z.ZodType): Record<string, z.ZodType> {
  const forms = (schema as Inner).def.options?.map(unwrap) ?? [schema];
  return shapeOf(forms.find((form) => 'shape' in form) ?? schema);
}

const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> =>
  'shape' in schema ? (schema.shape as Record<string, z.ZodType>) : {};

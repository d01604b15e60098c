/** What the JSON Schema tells people beside what it checks, and how it says a thing only once. */

export type JsonSchema = Readonly<Record<string, unknown>>;
export type Properties = Readonly<Record<string, JsonSchema>>;

/** What people are told of a key or an option: what it does, its default, and an example. */
export interface Words {
  readonly about: string;
  readonly standard?: unknown;
  readonly example?: unknown;
}

/** They are no part of the program, which has no use for them. */
export interface SchemaWords {
  option(backend: string, name: string): Words | null;
  /** `section` is `entry` or `SUPERVISOR`, `path` dotted: `STOP.timeout`. */
  key(section: string, path: string): Words | null;
}

/** Each key of a section with what is said of it; a key of which nothing is said is a mistake. */
export function annotated(
  schema: JsonSchema,
  find: (path: string) => Words | null,
  shared: Shared,
): JsonSchema {
  const walk = (node: JsonSchema, above: string): JsonSchema => {
    const forms = node['anyOf'] as readonly JsonSchema[] | undefined;
    if (node['properties'] === undefined)
      return forms === undefined ? node : { ...node, anyOf: forms.map((form) => walk(form, above)) };
    const properties = Object.entries(node['properties'] as Properties).map(
      ([key, value]): [string, JsonSchema] => {
        const path = `${above}${key}`;
        const told = find(path);
        if (told === null) throw new Error(`nothing is said of ${path}`);
        return [key, shared.use(walk(value, `${path}.`), told)];
      },
    );
    return { ...node, properties: Object.fromEntries(properties) };
  };
  return walk(schema, '');
}

export interface Shared {
  /** A schema with these words, which may become a reference to one of its kind. */
  use(value: JsonSchema, words: Words, deprecated?: boolean): JsonSchema;
  /** The whole, with what is used more than once among its definitions. */
  resolve(schema: JsonSchema): JsonSchema;
}

/** Shorter ones are not worth a name of their own. Characters. */
const WORTH = 60;

export function newShared(): Shared {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();
  return {
    use(value, { about, standard, example }, deprecated = false) {
      const text = JSON.stringify(value);
      uses.set(text, (uses.get(text) ?? 0) + 1);
      return {
        description: about,
        ...(standard === undefined ? {} : { default: standard }),
        ...(example === undefined ? {} : { examples: [example] }),
        ...(deprecated ? { deprecated } : {}),
        $use: text,
      };
    },
    resolve(schema) {
      const inner = (node: unknown): unknown => {
        if (Array.isArray(node)) return node.map(inner);
        if (typeof node !== 'object' || node === null) return node;
        const { $use: text, ...rest } = node as JsonSchema;
        const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inner(value)]));
        if (typeof text !== 'string') return kept;
        const value = JSON.parse(text) as JsonSchema;
        if ((uses.get(text) ?? 0) < 2 || text.length < WORTH) return { ...(inner(value) as object), ...kept };
        if (!names.has(text)) names.set(text, nameOf(value, [...names.values()]));
        return { ...kept, $ref: `#/$defs/${names.get(text)}` };
      };
      const whole = inner(schema) as JsonSchema;
      const kinds: Record<string, unknown> = {};
      // A kind may name another one, which is met at the end of this same turn.
      for (const [text, name] of names) kinds[name] = inner(JSON.parse(text));
      return { ...whole, $defs: { ...(whole['$defs'] as object), ...kinds } };
    },
  };
}

/** `a whole number from 1` is `whole-number-from-1`. */
function nameOf({ description }: JsonSchema, taken: readonly string[]): string {
  const words = typeof description === 'string' ? description.toLowerCase().match(/[a-z0-9.]+/g) : null;
  const short = (words ?? ['value']).filter((word) => word !== 'a' && word !== 'an').slice(0, 6);
  const name = short.join('-');
  const same = taken.filter((one) => one.replace(/--\d+$/, '') === name).length;
  return same === 0 ? name : `${name}--${same + 1}`;
}

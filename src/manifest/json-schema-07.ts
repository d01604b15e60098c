/** The schema of the manifest for tools that know no newer draft than 07. */
import type { JsonSchema } from './json-schema-words.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const OLD = '#/$defs/';

/** `$defs` were `definitions`, nothing was deprecated, and beside a `$ref` nothing counted. */
export function draft07(schema: JsonSchema): JsonSchema {
  const { $defs, ...rest } = schema;
  return { ...(convert(rest) as object), $schema: DRAFT, definitions: convert($defs) };
}

function convert(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(convert);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, deprecated: _, ...rest } = node as JsonSchema;
  const kept = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      key === 'default' || key === 'examples' ? value : convert(value),
    ]),
  );
  if (typeof $ref !== 'string') return kept;
  const reference = { $ref: $ref.replace(OLD, '#/definitions/') };
  return Object.keys(kept).length === 0 ? reference : { ...kept, allOf: [reference] };
}

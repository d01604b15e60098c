/**
 * Texts on their way into a manifest. A variable in one is held between two characters that no file has, so that a dollar
 * sign stays one until the end.
 */
const OPEN = '\uE000';
const CLOSE = '\uE001';
const VARIABLE = /\uE000([^\uE001]*)\uE001/g;

/** `body` is what stands in the braces of a manifest: `NAME`, or `NAME:-default`. */
export const variable = (body: string): string => OPEN + body + CLOSE;

export const hasVariable = (text: string): boolean => text.includes(OPEN);

/** The body, where the text is one variable and nothing else. */
export const onlyVariable = (text: string): string | null =>
  /^\uE000([^\uE001]*)\uE001$/.exec(text)?.[1] ?? null;

/** Names without a default, in the order of the text. */
export const variablesIn = (text: string): string[] =>
  [...text.matchAll(VARIABLE)].flatMap(([, body = '']) => (/^\w+$/.test(body) ? [body] : []));

/** As a manifest writes it. */
export const inManifest = (text: string): string =>
  text.replaceAll('$', '$$$$').replaceAll(VARIABLE, (_, body: string) => `\${${body}}`);

/** The texts of plain data, each through `change`; `path` leads to it. */
export function mapTexts(
  value: unknown,
  change: (text: string, path: readonly (string | number)[]) => string,
  path: readonly (string | number)[] = [],
): unknown {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, change, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, [...path, key])]),
  );
}

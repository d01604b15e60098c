/** ARGS as django-prodserver 0.x had them, a list of tokens, in the form that it has had since. */

/** The mapping as Python writes it; null where a token is no long option, for that has no place in it. */
export function rewriteArgs(tokens: readonly unknown[]): string | null {
  const options = new Map<string, string[]>();
  for (let index = 0; index < tokens.length; index += 1) {
    const option = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(text(tokens[index]));
    const name = option?.[1];
    if (name === undefined) return null;
    let value = option?.[2];
    const next = tokens[index + 1];
    if (value === undefined && next !== undefined && !text(next).startsWith('-')) {
      value = text(next);
      index += 1;
    }
    options.set(name, [...(options.get(name) ?? []), ...(value === undefined ? [] : [value])]);
  }
  const pairs = [...options].map(([name, values]) => `${literal(name)}: ${valueOf(values)}`);
  return `{${pairs.join(', ')}}`;
}

const text = (token: unknown): string =>
  typeof token === 'string' || typeof token === 'number' ? String(token) : '';

/** No value is a flag; several are an option that was given several times. */
function valueOf(values: readonly string[]): string {
  const [only] = values;
  if (only === undefined) return 'None';
  return values.length === 1 ? literal(only) : `[${values.map(literal).join(', ')}]`;
}

/** JSON's texts are Python's too. */
const literal = (value: string): string => JSON.stringify(value);

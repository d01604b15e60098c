/** supervisord's own small languages: `%(name)s` in values, and the pairs of `environment`. */

/** What stands for a name; null: it means nothing here. */
export type Lookup = (name: string) => string | number | null;

const FORMAT = /%(?:%|\((\w+)\)(0?)(\d*)([sd])|.?)/gs;

/** As Python's % operator does it; null with the name of what is unknown, or the part that is badly formed. */
export function expand(text: string, lookup: Lookup): { readonly text: string } | { readonly bad: string } {
  let bad: string | null = null;
  const expanded = text.replaceAll(
    FORMAT,
    (whole: string, name?: string, zero = '', width = '', kind = 's') => {
      if (whole === '%%') return '%';
      const value = name === undefined ? null : lookup(name);
      if (value === null || (kind === 'd' && typeof value !== 'number')) {
        bad ??= whole;
        return whole;
      }
      return String(value).padStart(
        Number(width || '0'),
        zero === '0' && typeof value === 'number' ? '0' : ' ',
      );
    },
  );
  return bad === null ? { text: expanded } : { bad };
}

/** A variable is one letter of a word, whatever its value will be. */
const WORD = /[\w/.+\-():\uE000-\uE001]/;

/** Python's shlex in its old mode: words, texts in quotes (which keep them), and single characters. Null: never closed. */
function tokens(source: string): string[] | null {
  const found: string[] = [];
  let index = 0;
  while (index < source.length) {
    const char = source[index] ?? '';
    if (/\s/.test(char)) index += 1;
    else if (char === '#') {
      const end = source.indexOf('\n', index);
      index = end === -1 ? source.length : end + 1;
    } else if (char === '"' || char === "'") {
      const close = source.indexOf(char, index + 1);
      if (close === -1) return null;
      found.push(source.slice(index, close + 1));
      index = close + 1;
    } else if (WORD.test(char)) {
      const start = index;
      while (index < source.length && /["']|[\w/.+\-():\uE000-\uE001]/.test(source[index] ?? '')) {
        // The name of a variable is no more than its name.
        if (source[index] === '\uE000') index = Math.max(index, source.indexOf('\uE001', index));
        index += 1;
      }
      found.push(source.slice(start, index));
    } else {
      found.push(char);
      index += 1;
    }
  }
  return found;
}

/** `KEY="val",KEY2=val2`; null where supervisord would refuse it. */
export function readEnvironment(source: string): Record<string, string> | null {
  const all = tokens(source);
  if (all === null) return null;
  const pairs: Record<string, string> = {};
  for (let index = 0; index < all.length; index += 4) {
    const [key, equals, value] = all.slice(index, index + 3);
    if (key === undefined || equals !== '=' || value === undefined) return null;
    pairs[key] = value.replaceAll(/^['"]+|['"]+$/g, '');
  }
  return pairs;
}

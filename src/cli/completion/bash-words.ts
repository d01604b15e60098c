/** A line as bash's completion has it: taken apart at equals signs, quotes and all. Pure. */

/** Puts `--format`, `=`, `json` together again. */
export function mended(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const [index, word] of words.entries()) {
    if (index > 0 && (word === '=' || words[index - 1] === '=')) whole.push(`${whole.pop() ?? ''}${word}`);
    else whole.push(word);
  }
  return whole;
}

/** The last word is the value behind an equals sign. */
export const isBroken = (words: readonly string[]): boolean => words.at(-1) === '=' || words.at(-2) === '=';

/** As the program would be given it; a quote that is still open counts. */
export const unquoted = (word: string): string =>
  word.replaceAll(
    /\\(.)|'([^']*)'?|"((?:[^"\\]|\\.)*)"?/g,
    (_, bare?: string, single?: string, double?: string) =>
      bare ?? single ?? (double ?? '').replaceAll(/\\(["\\$`])/g, '$1'),
  );

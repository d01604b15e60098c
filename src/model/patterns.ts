/** What people call processes by: names, instances, and patterns of both. */

export const isPattern = (name: string): boolean => /[*?]/.test(name);

/**
 * `work*` stands for any text, `worker.?` for any one character. Takes no more steps than the product of the lengths,
 * whatever the pattern is: the supervisor matches too.
 */
export function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  for (let index = 0; index < text.length;) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at;
      afterStar = index;
      at += 1;
    } else if (sign !== undefined && (sign === '?' || sign === text[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      afterStar += 1;
      index = afterStar;
      at = star + 1;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** Whether one of `names` means this instance: its own name, that of its process, or a pattern of either; null: all. */
export const isMeant = (
  one: { readonly name: string; readonly instance: string },
  names: readonly string[] | null,
): boolean => names === null || names.some((name) => matches(name, one.name) || matches(name, one.instance));

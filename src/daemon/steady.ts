/** When files that somebody writes have become what they are to be. Pure: time is handed in. */

/** What each file holds, as a text that can be compared: see `printOf`. */
export type Prints = ReadonlyMap<string, string>;

export type Verdict =
  | { readonly kind: 'same' }
  /** It may not be the last word: look again after so many milliseconds. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'changed'; readonly files: readonly string[] };

export interface Steady {
  /** What is seen now, at a time of the clock. One that is `changed` is so once: what was seen is known from then on. */
  look(prints: Prints, at: number): Verdict;
  /** That much is known: what these files held when they were read last. */
  settle(prints: Prints): void;
}

/** Half of a file parses as well as the whole often does, so both looks must show the same. Milliseconds. */
const STEADY_MS = 300;
/** Some editors remove a file, or empty it, before they write it anew. Milliseconds. */
const VOID_MS = 2000;

export function newSteady(): Steady {
  let known: Prints = new Map();
  let pending: { readonly prints: Prints; readonly since: number } | null = null;
  return {
    look(prints, at) {
      const files = [...prints].filter(([file, print]) => known.get(file) !== print).map(([file]) => file);
      if (files.length === 0) {
        pending = null;
        return { kind: 'same' };
      }
      if (pending === null || !isSame(pending.prints, prints)) pending = { prints, since: at };
      const patience = files.some((file) => isVoid(prints.get(file))) ? VOID_MS : STEADY_MS;
      const left = pending.since + patience - at;
      if (left > 0) return { kind: 'wait', ms: left };
      known = prints;
      pending = null;
      return { kind: 'changed', files };
    },
    settle(prints) {
      known = prints;
      pending = null;
    },
  };
}

const isSame = (a: Prints, b: Prints): boolean =>
  a.size === b.size && [...a].every(([file, print]) => b.get(file) === print);

/** There is nothing in it to be read: see `printOf`. */
const isVoid = (print: string | undefined): boolean =>
  print === 'missing' || print === 'empty' || /^E[A-Z]+$/.test(print ?? '');

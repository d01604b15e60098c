/** How fast the tasks of one run go: between the first and the last word of its worker within a window. */

/** A worker tells every two seconds: some fifteen words. Milliseconds. */
const WINDOW_MS = 30_000;
/** Between two words that are nearer to each other chance counts for more than pace. Milliseconds. */
const SHORTEST_MS = 1000;

export interface Rate {
  /** `at`: the clock's milliseconds; `done`: all since the start of the run. */
  add(at: number, done: number): void;
  /** A second, of the window before `now`; null: two words are needed, and the last one within the window. */
  perSecond(now: number): number | null;
}

export function newRate(): Rate {
  let kept: readonly { readonly at: number; readonly done: number }[] = [];
  const since = (at: number): typeof kept => kept.filter((one) => one.at >= at - WINDOW_MS);
  return {
    add(at, done) {
      kept = [...since(at), { at, done }];
    },
    perSecond(now) {
      const [first, last] = [since(now)[0], kept.at(-1)];
      if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS) return null;
      return Math.round(((last.done - first.done) / (last.at - first.at)) * 100_000) / 100;
    },
  };
}

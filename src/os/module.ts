/** Modules of the user's own, which are run in this process. */
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export type Imported =
  | { readonly ok: true; readonly value: unknown }
  /** `error`: what it threw; null where it did not end in time. */
  | { readonly ok: false; readonly kind: 'missing' | 'broken'; readonly error: unknown };

/**
 * The default export of a JavaScript file. A file that has changed since it was last asked for is run again; what it
 * imports itself is not.
 */
export async function importFile(path: string, timeoutMs: number): Promise<Imported> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return { ok: false, kind: 'missing', error: null };
  const url = `${pathToFileURL(path).href}?changed=${found.mtimeMs}`;
  let timer: NodeJS.Timeout | undefined;
  // An await at its top may never end; without the timer Node itself would, without a word.
  const late = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), timeoutMs);
  });
  try {
    const module = (await Promise.race([import(url), late])) as { readonly default?: unknown } | null;
    if (module === null) return { ok: false, kind: 'broken', error: null };
    return { ok: true, value: module.default };
  } catch (error) {
    return { ok: false, kind: 'broken', error };
  } finally {
    clearTimeout(timer);
  }
}

/** What an error says, on one line, and where in the file it was thrown, as far as its stack tells. */
export function tellThrown(error: unknown, path: string): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const first = said.split('\n', 1)[0] ?? '';
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  // An ES module is known by its URL there, CommonJS by its path.
  const name = [pathToFileURL(path).href, path].find((one) => stack.includes(one)) ?? '';
  const rest = stack.slice(stack.indexOf(name) + name.length);
  const line = name === '' ? undefined : /^(?:\?[^:]*)?:(\d+)/.exec(rest)?.[1];
  return line === undefined ? first : `${first} (line ${line})`;
}

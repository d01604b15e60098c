/** What looks like a secret is not copied: a variable takes its place. */
import { isSecretName, URL_PASSWORD } from '../../model/secrets.ts';
import type { Draft, Note } from './note.ts';
import { hasVariable, mapTexts, variable } from './text.ts';

/** Also names that end like the keys of an interface. */
const isSecret = (name: string): boolean => isSecretName(name) || /(^|[_-])key$/i.test(name);

const upper = (text: string): string =>
  text
    .replaceAll(/\W+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toUpperCase();

/** Variable -> its value: two secrets never share a name. */
export type Secrets = Map<string, string>;

export function hideSecrets(
  draft: Draft,
  known: Secrets,
): { readonly draft: Draft; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  const owner = upper(draft.name);
  const hidden = (place: string, asked: string, value: string): string => {
    const own = asked.startsWith(`${owner}_`) ? asked : `${owner}_${asked}`;
    const name = freeName([asked, own], value, known);
    known.set(name, value);
    const fact = { kind: 'secret', place, variable: name } as const;
    if (!notes.some((note) => JSON.stringify(note.fact) === JSON.stringify(fact)))
      notes.push({ where: draft.where, process: draft.name, fact });
    return variable(name);
  };
  /** The password of a URL, which stays readable otherwise. */
  const inUrls = (text: string, place: string, name: string): string =>
    text.replaceAll(URL_PASSWORD, (whole: string, before: string, password: string) =>
      hasVariable(password) || password === '' ? whole : `${before}${hidden(place, name, password)}@`,
    );
  /** `NAME=value`, in a value or a script; `--name value` is looked at before. */
  const inPairs = (text: string, place: string): string =>
    text.replaceAll(
      /((?:^|(?<=[\s;&|=(]))(?:--?)?([A-Za-z][\w-]*)=)(\uE000[^\uE001]*\uE001|'[^']*'|"[^"$`\\]*"|[^\s'";&|$`\\\uE000]+)/g,
      (whole: string, before: string, name: string, value: string) => {
        if (!isSecret(name) || value === '' || hasVariable(value)) return whole;
        const quote = /^['"]/.exec(value)?.[0] ?? '';
        const bare = quote === '' ? value : value.slice(1, -1);
        return `${before}${quote}${hidden(place, pairName(owner, before, name), bare)}${quote}`;
      },
    );
  const entry = mapTexts(draft.entry, (text, path) => {
    const [section, key] = path;
    const place = path
      .map((step) => (typeof step === 'number' ? `[${step}]` : step))
      .join('.')
      .replaceAll('.[', '[');
    if (text === '' || section === 'BACKEND' || section === 'APP') return text;
    if (section === 'ENV' && typeof key === 'string') {
      const whole = isSecret(key) || text.search(URL_PASSWORD) !== -1;
      return whole && !hasVariable(text)
        ? hidden(place, key, text)
        : inUrls(text, place, `${upper(key)}_PASSWORD`);
    }
    if (section === 'ARGS' && typeof key === 'string' && isSecret(key) && !hasVariable(text))
      return hidden(place, `${owner}_${upper(key)}`, text);
    const option = optionBefore(draft.entry, path);
    if (option !== null && isSecret(option) && !hasVariable(text))
      return hidden(place, `${owner}_${upper(option)}`, text);
    const base = section === 'ARGS' && typeof key === 'string' ? `${owner}_${upper(key)}` : owner;
    return inUrls(inPairs(text, place), place, `${base}_PASSWORD`);
  });
  return { draft: { ...draft, entry: entry as Draft['entry'] }, notes };
}

/** The first of `names` that is free, or has this value; else the last of them with a number. */
function freeName(names: readonly string[], value: string, known: Secrets): string {
  const last = names.at(-1) ?? '';
  const numbered = Array.from({ length: known.size + 1 }, (_, index) => `${last}_${index + 2}`);
  return [...names, ...numbered].find((name) => (known.get(name) ?? value) === value) ?? last;
}

/** An option's variable has the process in its name; that of the environment is its own. */
const pairName = (owner: string, before: string, name: string): string =>
  before.startsWith('-') ? `${owner}_${upper(name)}` : upper(name);

/** `--password` before the token at `path`, in a list of tokens. */
function optionBefore(entry: Draft['entry'], path: readonly (string | number)[]): string | null {
  const [section, index] = path;
  if ((section !== 'CMD' && section !== 'EXTRA_ARGS') || typeof index !== 'number') return null;
  const tokens = entry[section] as readonly string[];
  const before = /^--?([A-Za-z][\w-]*)$/.exec(tokens[index - 1] ?? '');
  return before === null || tokens[index]?.startsWith('-') === true ? null : (before[1] ?? null);
}

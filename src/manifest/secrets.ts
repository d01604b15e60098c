/** Secrets that stand in the manifest itself, which is read by many and kept in a repository. They are never repeated. */
import { failure, isInText, type Failure, type Place } from '../model/failure.ts';
import type { Document, Path } from './document.ts';

/** What a name says that is no secret by its end: `PASSWORD_RESET_TIMEOUT`, `SECRET_KEY_FILE`, `TOKEN_TTL` are none. */
const NAMES =
  /(^|[_-])(password|passwd|pass|pwd|secret|secret[_-]?key|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?|basic[_-]?auth)$/i;

/** `--password=...` and `PASSWORD=...` as one word of a command line. */
const ASSIGNED = /^-{0,2}([A-Za-z][\w-]*)=(.+)$/s;

/** `--password`, whose value is the next word. */
const OPTION = /^--?([A-Za-z][\w-]*)$/;

/** What stands in the place of a secret: nothing, a file, a word that switches. */
const NO_SECRET = /^(|[./~].*|true|false|yes|no|on|off|none|null)$/is;

/** `scheme://user:PASSWORD@`. To begin only where a word does keeps a text of a megabyte cheap. */
const WITH_PASSWORD = /(?<!\w)(\w+):\/\/([^\s'";/@]*):([^\s'"]+)@/;

/** Options that have a rule of their own: whatever their value, the list of processes shows it. */
const TOLD = /^(basic[_-]auth|cookie[_-]secret|oauth2[_-]secret|broker[_-]api|(ssl-)?keyfile-password)$/;

interface Named {
  readonly key: string;
  /** What stays as it is before the variable: `--token=`. */
  readonly option: string;
  readonly variable: string;
}

interface Found extends Named {
  readonly path: Path;
  readonly value: string;
}

/** `computed`: the values are those of settings, where the text tells what was written. */
export function secretRules(doc: Document, computed: boolean): Failure[] {
  const told = new Set<string>();
  return literals(doc.value, []).flatMap(({ path, key, value, option, variable }): Failure[] => {
    const place = doc.place(path, 'value');
    const at = isInText(place) ? `${place.file}:${place.line}:${place.column}` : path.join('.');
    if (told.has(at) || (computed && !isWritten(place, value))) return [];
    told.add(at);
    const elsewhere = path[2] === 'ENV' ? ', or leave it out here and put it into an ENV_FILE' : '';
    const instead = `write "${option}\${${variable}}" and set ${variable} where prodserver starts${elsewhere}`;
    // Without its line: no mask knows every form that a secret may have.
    return [failure('secret-plain', { key, instead }, { place: unseen(place) })];
  });
}

const unseen = (place: Place): Place => (isInText(place) ? { ...place, excerpt: '' } : place);

/** A text of its own on its line, not a part of what computes it. */
const isWritten = (place: Place, value: string): boolean =>
  isInText(place) && [`"${value}"`, `'${value}'`].some((text) => place.excerpt.includes(text));

/** Every text below PRODUCTION_PROCESSES that has a secret, whatever the key's place. */
function literals(node: unknown, path: Path, before: unknown = null): Found[] {
  if (typeof node === 'string') {
    const named = nameOf(path, node, before);
    return named === null ? [] : [{ ...named, path, value: node }];
  }
  if (typeof node !== 'object' || node === null) return [];
  const inside = path.length === 0 ? ['PRODUCTION_PROCESSES'] : Object.keys(node);
  const items = node as Record<string, unknown>;
  return inside.flatMap((step, index) => {
    if (!Array.isArray(node)) return literals(items[step], [...path, step]);
    return literals(node[index], [...path, index], node[index - 1] ?? null);
  });
}

/** What to call the secret that stands at `path`, after the item `before` of its list; null: there is none. */
function nameOf(path: Path, text: string, before: unknown): Named | null {
  const keys = path.slice(2).filter((step) => typeof step === 'string');
  const [section, key = section] = [keys[0], keys.at(-1)];
  if (section === undefined || key === undefined || (section === 'ARGS' && TOLD.test(key))) return null;
  // That it is no text is told already.
  if (section === 'ENV' && path.length > 4) return null;
  // What a variable brings is none of the text's.
  const own = text.replaceAll(/\$\{[^}]*\}/g, '');
  const isCommand = section === 'CMD' || section === 'EXTRA_ARGS';
  const said = isCommand && typeof before === 'string' ? OPTION.exec(before)?.[1] : undefined;
  if (said !== undefined && NAMES.test(said) && !text.startsWith('-') && !NO_SECRET.test(own) && own === text)
    return { key: said, option: '', variable: upper(said) };
  const assigned = isCommand ? ASSIGNED.exec(own) : null;
  const [whole = '', name = key, value = own] = assigned ?? [];
  const option = whole.slice(0, whole.length - value.length);
  const told: Named = { key: name, option: assigned === null ? '' : option, variable: upper(name) };
  const named = (section === 'ENV' || section === 'ARGS' || assigned !== null) && NAMES.test(name);
  if (named && !NO_SECRET.test(value) && !/\$\{/.test(text)) return told;
  const url = WITH_PASSWORD.exec(own);
  if (url === null) return null;
  const [, scheme = '', user = '', password = ''] = url;
  // RabbitMQ's own, which it takes from its own machine only.
  if (user === 'guest' && password === 'guest') return null;
  return key === section && assigned === null ? { ...told, variable: `${upper(scheme)}_URL` } : told;
}

const upper = (name: string): string => name.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase();

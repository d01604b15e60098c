/** A command line against a backend's own table: what ARGS hold, and what they cannot. */
import type { Option, Options } from '../../backends/options.ts';
import type { NoteFact, Unfit } from './note.ts';
import type { Word } from './shell.ts';
import { hasVariable } from './text.ts';

/** Letter -> long option. */
export type Shorts = Readonly<Record<string, string>>;

export interface Parsed {
  readonly args: Readonly<Record<string, unknown>>;
  readonly positionals: readonly Word[];
  readonly extra: readonly string[];
  readonly facts: readonly NoteFact[];
}

/** Refused options that take a value: their tables do not say. */
const VALUED = new Set(
  'fd sockets interface queue processes threads loglevel accesslog errorlog keepalive cluster-name'.split(
    ' ',
  ),
);

interface Grammar {
  readonly backend: string;
  readonly options: Options;
  readonly shorts: Shorts;
}

/** Options and positional words may stand in any order, as all of these programs let them. */
export function parseOptions(words: readonly Word[], grammar: Grammar): Parsed | Unfit {
  const { options, shorts, backend } = grammar;
  const args: Record<string, unknown> = {};
  const positionals: Word[] = [];
  const extra: string[] = [];
  const facts: NoteFact[] = [];
  let index = 0;
  let unfit: Unfit | null = null;
  /** The next word, as the value of an option; null where there is none. */
  const next = (): string | null => words[++index]?.text ?? null;
  const isNextPlain = (): boolean =>
    words[index + 1] !== undefined && !words[index + 1]?.text.startsWith('-');

  const take = (spelled: string, name: string, option: Option, inline: string | null): void => {
    if (option.refused !== undefined) {
      facts.push({ kind: 'option-left', option: spelled, ...option.refused });
      if (inline === null && VALUED.has(name) && isNextPlain()) index += 1;
      return;
    }
    const key = option.alias ?? name;
    if (isFlag(option) && inline === null) {
      put(spelled, key, option, true);
      return;
    }
    const text = inline ?? next();
    const value = text === null ? undefined : valueOf(option, text);
    if (text === null) unfit ??= { kind: 'option', option: spelled, backend };
    else if (value === undefined) extra.push(`--${name}=${text}`);
    else put(spelled, key, option, value);
  };
  const put = (spelled: string, key: string, option: Option, value: unknown): void => {
    const before = args[key];
    if (before === undefined) args[key] = value;
    else if (isRepeated(option)) args[key] = [before, value].flat();
    else {
      args[key] = value;
      facts.push({ kind: 'option-twice', option: spelled });
    }
  };

  for (; index < words.length && unfit === null; index += 1) {
    const word = words[index];
    const text = word?.text ?? '';
    if (word === undefined) break;
    if (text === '--') {
      positionals.push(...words.slice(index + 1));
      break;
    }
    const long = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(text);
    if (long !== null) {
      const name = long[1] ?? '';
      const option = options[name];
      if (option !== undefined) take(`--${name}`, name, option, long[2] ?? null);
      else if (long[2] === undefined && isNextPlain())
        unfit = { kind: 'option', option: `--${name}`, backend };
      else extra.push(text);
    } else if (/^-./.test(text)) unfit ??= cluster(text.slice(1));
    else positionals.push(word);
  }

  /** `-EB`, `-c4`, `-l info`: letters of flags, then one that takes the rest, or the next word. */
  function cluster(letters: string): Unfit | null {
    for (let at = 0; at < letters.length; at += 1) {
      const letter = letters[at] ?? '';
      const name = shorts[letter];
      const option = name === undefined ? undefined : options[name];
      if (name === undefined || option === undefined)
        return { kind: 'option', option: `-${letters}`, backend };
      const rest = letters.slice(at + 1);
      const flag = isFlag(option) || (option.refused !== undefined && !VALUED.has(name));
      take(`-${letter}`, name, option, flag || rest === '' ? null : rest);
      if (!flag) return null;
    }
    return null;
  }

  if (extra.length > 0) facts.push({ kind: 'extra', tokens: extra, backend });
  return unfit ?? { args, positionals, extra, facts };
}

const isFlag = (option: Option): boolean =>
  option.refused === undefined && option.schema.safeParse(null).success;

function isRepeated(option: Option): boolean {
  const two = option.schema.safeParse(['a', 'b']);
  return two.success && option.emit('x', two.data).length === 2;
}

/** A number where the option has one; undefined where the table refuses it. */
function valueOf(option: Option, text: string): unknown {
  // What it will be is known when it is started.
  if (hasVariable(text)) return text;
  const number = Number(text);
  if (/^-?\d/.test(text) && String(number) === text && option.schema.safeParse(number).success) return number;
  return option.schema.safeParse(text).success ? text : undefined;
}

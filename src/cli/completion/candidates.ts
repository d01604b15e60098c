/** What may stand at the end of an unfinished command line, by the definition of the verbs. Pure. */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  /** One line; empty where the value says it all. */
  readonly about: string;
}

/** What the word is, where only the machine and what runs can tell its values. */
export type Kind = 'files' | 'names' | 'counts' | 'signals';

export type Completion =
  /** `before`: of the word, what stands in front of each value: `--format=`. */
  | { readonly kind: 'words'; readonly words: readonly Candidate[]; readonly before: string }
  /** `given` are those on the line already. */
  | { readonly kind: Kind; readonly before: string; readonly given: readonly string[] };

/** Where the manifest is, as the line before the word says: for those that have names to tell. */
export interface Line {
  readonly completion: Completion;
  readonly flags: Readonly<Record<string, string>>;
}

/** The last of `words` is the unfinished one, and may be empty. The program's own name is none of them. */
export function complete(root: Command, words: readonly string[]): Line {
  const flags: Record<string, string> = {};
  const given: string[] = [];
  let command = root;
  let pending: Option | null = null;
  let onlyWords = false;
  for (const word of words.slice(0, -1)) {
    if (pending !== null) {
      flags[pending.attributeName()] = word;
      pending = null;
    } else if (onlyWords || !word.startsWith('-')) {
      const below = command.commands.find((one) => one.name() === word);
      if (below !== undefined && given.length === 0) command = below;
      else given.push(word);
    } else if (word === '--') onlyWords = true;
    else {
      const [option, value] = readOption(command, word);
      if (option === null || !takesValue(option)) continue;
      if (value === null) pending = option;
      else flags[option.attributeName()] = value;
    }
  }
  const word = words.at(-1) ?? '';
  return { completion: completionOf(command, pending, given, onlyWords ? ' ' : word), flags };
}

function completionOf(
  command: Command,
  pending: Option | null,
  given: readonly string[],
  word: string,
): Completion {
  if (pending !== null) return ofOption(pending, '');
  if (word.startsWith('-')) {
    const [name = '', value] = word.split('=', 2);
    const option = command.options.find(({ long }) => long === name);
    if (value !== undefined)
      return option === undefined || !takesValue(option) ? NONE : ofOption(option, `${name}=`);
    return { kind: 'words', words: optionsOf(command), before: '' };
  }
  const [first] = given;
  if (command.commands.length > 0 && (first === undefined || (first === 'help' && given.length === 1)))
    return { kind: 'words', words: verbsOf(command), before: '' };
  const { registeredArguments: places } = command;
  const last = places.at(-1);
  const place = places[given.length] ?? (last?.variadic === true ? last : undefined);
  return place === undefined ? NONE : ofPlace(place, given);
}

const NONE: Completion = { kind: 'words', words: [], before: '' };

const takesValue = (option: Option): boolean => option.required || option.optional;

/** The option of a word such as `--format=json`, `-f` or `-fFILE`, with the value in it. */
function readOption(command: Command, word: string): [Option | null, string | null] {
  const [name = '', ...rest] = word.split('=');
  const long = command.options.find((one) => one.long === name);
  if (long !== undefined) return [long, rest.length === 0 ? null : rest.join('=')];
  const short = command.options.find((one) => one.short === word.slice(0, 2));
  return [short ?? null, short === undefined || word.length === 2 ? null : word.slice(2)];
}

/** `text, json or github`, as the help has it: what a value may be, where it is one of few. */
const CHOICE = /^([\w-]+(?:, [\w-]+)*) or ([\w-]+)(?=$|[ ,;(])/;

function ofOption({ flags, description }: Option, before: string): Completion {
  if (/<file>/.test(flags)) return { kind: 'files', before, given: [] };
  const [, some = '', last = ''] = CHOICE.exec(description) ?? [];
  const words = some === '' ? [] : [...some.split(', '), last];
  return { kind: 'words', words: words.map((value) => ({ value, about: '' })), before };
}

function ofPlace(place: Argument, given: readonly string[]): Completion {
  const name = place.name();
  const kinds: Readonly<Record<string, Kind>> = {
    names: 'names',
    name: 'names',
    'name=count': 'counts',
    signal: 'signals',
    file: 'files',
    files: 'files',
  };
  const kind = kinds[name];
  if (kind !== undefined) return { kind, before: '', given };
  const words = name.includes('|') ? name.split('|') : [];
  return { kind: 'words', words: words.map((value) => ({ value, about: '' })), before: '' };
}

const verbsOf = (command: Command): Candidate[] => [
  ...command.commands.map((one) => ({ value: one.name(), about: one.description() })),
  { value: 'help', about: 'display help for command' },
];

const optionsOf = (command: Command): Candidate[] => [
  ...command.options
    .filter((one) => !one.hidden)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', about: description })),
  { value: '--help', about: 'display help for command' },
];

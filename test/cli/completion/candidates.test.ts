/** What a line may go on with, by the verbs' own definition. */
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { complete, type Completion } from '../../../src/cli/completion/candidates.ts';
import { isBroken, mended, unquoted } from '../../../src/cli/completion/bash-words.ts';
import { program } from '../../../src/cli/verbs.ts';
import { namesIn } from '../../../src/manifest/names.ts';

const root = program(() => undefined);
const completion = (...words: string[]): Completion => complete(root, words).completion;
/** Values, or of what kind they are. */
const told = (...words: string[]): readonly string[] | string => {
  const found = completion(...words);
  return found.kind === 'words' ? found.words.map(({ value }) => `${found.before}${value}`) : found.kind;
};

test('every verb of the help, with what it says of it', () => {
  const found = completion('');
  const verbs = root.commands.map((one) => ({ value: one.name(), about: one.description() }));
  expect(found).toEqual({
    kind: 'words',
    words: [...verbs, { value: 'help', about: 'display help for command' }],
    before: '',
  });
  expect(told('help', '')).toEqual(told(''));
  expect(told('lock', '')).toEqual(['status', 'release', 'help']);
});

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const pathOf = (command: Command): string[] =>
  command.parent === null ? [] : [...pathOf(command.parent), command.name()];

test.each(all(root).map((command) => [pathOf(command).join(' '), command] as const))(
  'every option of "%s"',
  (_, command) => {
    const options = command.options.map(({ long }) => long);
    expect(told(...pathOf(command), '-')).toEqual([...options, '--help']);
  },
);

test('the values of every option that has few', () => {
  const found = new Map<string, readonly string[] | string>();
  for (const command of all(root)) {
    for (const option of command.options) {
      if (!option.required || option.long === undefined || option.long === null) continue;
      found.set(`${pathOf(command).join(' ')} ${option.long}`, told(...pathOf(command), option.long, ''));
    }
  }
  const few = [...found].filter(([, values]) => values.length > 0 && values !== 'files');
  expect(Object.fromEntries(few)).toEqual({
    'start --log-format': ['text', 'json'],
    'check --format': ['text', 'json', 'github'],
    'init --from': ['django', 'procfile', 'supervisord'],
    'schema --draft': ['2020-12', '07'],
  });
  expect(found.get('start --manifest')).toBe('files');
  expect(found.get('init --output')).toBe('files');
});

test.each<[string, readonly string[] | string]>([
  ['start ', 'names'],
  ['start web ', 'names'],
  ['signal ', 'signals'],
  ['signal HUP ', 'names'],
  ['signal HUP --all ', 'names'],
  ['scale web=2 ', 'counts'],
  ['check ', 'files'],
  ['check -f ', 'files'],
  ['init ', 'files'],
  ['init one ', []],
  ['logs -f ', 'names'],
  ['logs --manifest x -f ', 'names'],
  ['lock release ', 'names'],
  ['lock release beat ', []],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['completion bash ', []],
  ['check --format=', ['--format=text', '--format=json', '--format=github']],
  ['check --manifest=', 'files'],
  ['check --strict=', []],
  ['check --nonsense ', 'files'],
  ['start -- ', 'names'],
  ['version ', []],
  ['nonsense ', []],
])('%s', (line, expected) => {
  expect(told(...line.split(' '))).toEqual(expected);
});

test('the manifest that stands on the line before the word, in each of its forms', () => {
  for (const words of [['-f', 'm.yaml'], ['-fm.yaml'], ['--manifest', 'm.yaml'], ['--manifest=m.yaml']])
    expect(complete(root, ['start', ...words, '']).flags).toEqual({ manifest: 'm.yaml' });
  expect(complete(root, ['start', '--settings', 'a.b', 'we']).flags).toEqual({ settings: 'a.b' });
  expect(completion('start', 'web', 'beat', '')).toEqual({
    kind: 'names',
    before: '',
    given: ['web', 'beat'],
  });
});

describe('a line as bash has it', () => {
  test('is put together again at its equals signs', () => {
    expect(mended(['check', '--format', '=', 'js'])).toEqual(['check', '--format=js']);
    expect(mended(['check', '--format', '='])).toEqual(['check', '--format=']);
    expect(mended(['start', ''])).toEqual(['start', '']);
    expect([isBroken(['a', '=']), isBroken(['a', '=', 'b']), isBroken(['a', 'b'])]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test.each([
    [`'a b'`, 'a b'],
    [`"a \\"b\\""`, 'a "b"'],
    ['a\\ b', 'a b'],
    [`"half`, 'half'],
    [`'half`, 'half'],
    ['plain', 'plain'],
    ['', ''],
  ])('%s is %s', (word, value) => expect(unquoted(word)).toBe(value));
});

describe('the names of a manifest', () => {
  test('with the class of the backend and the number of instances', () => {
    expect(
      namesIn(
        'PRODUCTION_PROCESSES: {web: {BACKEND: a.b.GunicornServer}, w: {INSTANCES: 3}, x: 4, y: {INSTANCES: "2"}}',
      ),
    ).toEqual([
      { name: 'web', backend: 'GunicornServer', instances: 1 },
      { name: 'w', backend: '', instances: 3 },
      { name: 'x', backend: '', instances: 1 },
      { name: 'y', backend: '', instances: 1 },
    ]);
  });

  test.each(['', 'PRODUCTION_PROCESSES: [', '- a', 'PRODUCTION_PROCESSES: 4', 'x: {y: 1}', '{"a": }'])(
    'none of %s',
    (text) => expect(namesIn(text)).toEqual([]),
  );
});

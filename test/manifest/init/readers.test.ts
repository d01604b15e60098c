/** The small languages of Procfiles and supervisord, held against the programs that they belong to. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { expand, readEnvironment } from '../../../src/manifest/init/expand.ts';
import { readIni } from '../../../src/manifest/init/ini.ts';
import { splitPlain, splitShell } from '../../../src/manifest/init/shell.ts';
import { variable } from '../../../src/manifest/init/text.ts';

const texts = (alphabet: string, count = 400): string[] =>
  fc.sample(fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), maxLength: 24 }), {
    numRuns: count,
    seed: 7,
  });

type Answer = { readonly value?: unknown; readonly error?: string };

function ask(questions: readonly (readonly [kind: string, text: string])[]): Answer[] {
  const { stdout } = spawnSync(inject('python'), [join(import.meta.dirname, 'oracle.py')], {
    input: JSON.stringify(questions),
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as Answer[];
}

test('quotes, pairs and sections are read as Python reads them', () => {
  const commands = texts(`ab "'\\$#`);
  const environments = [
    ...texts(`AB=,"' .-`),
    'A="x,y",B=1',
    `A='"',B="it's"`,
    'A=/usr/bin:/bin,B=%',
    'A="x" # no more',
  ];
  const files = [
    ...texts('a[]= ;#\n\t').map((text) => `[x]\n${text}`),
    '[a]\nk = v ; no\n  more\n; no\n\n  still\n[b]\nK: w\n[a]\nk2=x;y',
    'k=v',
    '[a]\nnothing',
    '[a]\n = v',
  ];
  const answers = ask([
    ...commands.map((text) => ['split', text] as const),
    ...environments.map((text) => ['pairs', text] as const),
    ...files.map((text) => ['ini', text] as const),
  ]);
  const read = (text: string): unknown => {
    const parsed = readIni('x', text, new Map());
    if (!parsed.ok) return undefined;
    const pairs = (values: Map<string, { value: string }>) =>
      Object.fromEntries([...values].map(([key, { value }]) => [key, value.replaceAll(/\n+/g, '\n')]));
    return Object.fromEntries([...parsed.value].map(([name, { values }]) => [name, pairs(values)]));
  };
  const ours = [
    ...commands.map((text) => splitPlain(text)?.map((word) => word.text)),
    ...environments.map((text) => readEnvironment(text) ?? undefined),
    ...files.map(read),
  ];
  // An empty line within a value is of no use to anybody here.
  const theirs = answers.map(
    ({ value }) => JSON.parse((JSON.stringify(value) ?? 'null').replaceAll(/(\\n)+/g, '\\n')) as unknown,
  );
  const all = [...commands, ...environments, ...files];
  const different = all.flatMap((text, index) =>
    JSON.stringify(ours[index] ?? null) === JSON.stringify(theirs[index])
      ? []
      : [[text, ours[index], theirs[index]]],
  );
  expect(different).toEqual([]);
  expect(theirs.filter((one) => one !== null).length).toBeGreaterThan(300);
});

test('what is taken for plain words is what a shell makes of it', () => {
  const lines = texts(`ab "'\\$\`|&;<>()*?[]{}~#=!-`, 1500).filter(
    (line) => splitShell(`x ${line}`).kind === 'words',
  );
  const script = lines.map((line) => `show ${line}`).join('\n');
  const { stdout } = spawnSync(
    'sh',
    ['-c', `a=A b=B; show() { printf '%s\\0' "$@"; printf '\\1'; }\n${script}`],
    {
      encoding: 'utf8',
    },
  );
  const ours = lines.map((line) => {
    const split = splitShell(`x ${line}`);
    if (split.kind !== 'words') throw new Error(line);
    const values: Record<string, string> = { a: 'A', b: 'B' };
    const words = split.words.slice(1).map(({ text, splits }) => {
      const value = text.replaceAll(/\uE000(\w+)\uE001/g, (_, name: string) => values[name] ?? '');
      return splits && value === '' ? [] : [value];
    });
    return words.flat();
  });
  const theirs = stdout
    .split('\u0001')
    .slice(0, -1)
    .map((one) => one.split('\0').slice(0, -1));
  // printf without an argument writes one empty text.
  const shown = ours.map((words) => (words.length === 0 ? [''] : words));
  expect(lines.length).toBeGreaterThan(100);
  expect(shown.map((words, index) => [lines[index], words])).toEqual(
    theirs.map((words, index) => [lines[index], words]),
  );
});

test.each([
  ['a && b', 'operator'],
  ['a > b', 'operator'],
  ['a $(b)', 'substitution'],
  ['a `b`', 'substitution'],
  ['a "`b`"', 'substitution'],
  ['a *.py', 'pattern'],
  ['a {b,c}', 'pattern'],
  ['a ~/b', 'pattern'],
  ['a $1', 'variable'],
  ['a ${B%c}', 'variable'],
  ['a ${B:-$C}', 'variable'],
  ["a $'b'", 'variable'],
  ['a # b', 'comment'],
  ['source venv', 'keyword'],
  ['a "b', 'unclosed'],
  ['a \\', 'unclosed'],
])('%s needs a shell: %s', (line, reason) => {
  expect(splitShell(line)).toEqual({ kind: 'shell', reason });
});

test('what an expansion stands for', () => {
  const lookup = (name: string) => ({ n: 7, s: 'x' })[name] ?? null;
  expect(expand('%(s)s-%(n)02d-%(n)d-%%h-%(n)s', lookup)).toEqual({ text: 'x-07-7-%h-7' });
  for (const [text, bad] of [
    ['%(what)s', '%(what)s'],
    ['%h', '%h'],
    ['%(s)d', '%(s)d'],
    ['100%', '%'],
  ] as const)
    expect(expand(text, lookup)).toEqual({ bad });
  expect(readEnvironment(`PATH=/x:${variable('PATH')},B=1`)).toEqual({
    PATH: `/x:${variable('PATH')}`,
    B: '1',
  });
});

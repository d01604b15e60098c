/** What a file of variables means, and what it is told where it means nothing for sure. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEnv, readEnvFile, readEnvFiles } from '../../src/os/env-file.ts';
import { Rig } from '../support/rig.ts';

const values = (text: string): unknown => {
  const parsed = parseEnv(text);
  return parsed.ok ? parsed.value : parsed.error;
};

describe('a value', () => {
  test.each([
    ['bare', 'A=b', 'b'],
    ['with spaces inside, and none at its end', 'A=b c  ', 'b c'],
    ['with signs of other values', 'A=postgres://u:p@h/db?a=b&c=$d', 'postgres://u:p@h/db?a=b&c=$d'],
    ['with a "#" that begins no word', 'A=b#c', 'b#c'],
    ['empty', 'A=', ''],
    ['empty in quotes', `A=''`, ''],
    ['literal', `A='a "b" \\n $c # d'`, 'a "b" \\n $c # d'],
    ['of several literal lines', `A='one\n two'`, 'one\n two'],
    ['with escapes', 'A="a\\n\\t\\r\\"\\\\\\$\\`b"', 'a\n\t\r"\\$`b'],
    ['of several lines', 'A="one\ntwo"', 'one\ntwo'],
    ['with a comment behind it', 'A="b" # c', 'b'],
    ['of a shell', 'export A=b', 'b'],
    ['indented', '  A=b', 'b'],
    ['of Windows', 'A=b\r\n', 'b'],
    ['in any script', 'A=größe 大', 'größe 大'],
  ])('%s', (_, text, value) => {
    expect(values(text)).toEqual({ A: value });
  });
});

test('comments and blank lines say nothing, and the last of two values counts', () => {
  expect(values('# one\n\n \t\n  # two\nA=1\nB=2\nA=3\n')).toEqual({ A: '3', B: '2' });
  expect(values('')).toEqual({});
});

test.each([
  ['A', 'there is no "=": write NAME=value'],
  ['A = b', 'a space stands before "="'],
  ['export A =b', 'a space stands before "="'],
  ['A= b', 'A has a space behind "=": remove it, or put the value in quotes'],
  ['1A=b', 'what stands before "=" is no name of a variable'],
  ['A-B=c', 'what stands before "=" is no name of a variable'],
  ['=b', 'what stands before "=" is no name of a variable'],
  ['A=b #c', 'A holds a "#": put the value in quotes, and a comment behind them'],
  ['A=#c', 'A holds a "#": put the value in quotes, and a comment behind them'],
  ['A=b"c"', 'A holds a quote or a backslash: put it in single quotes'],
  ['A=b\\nc', 'A holds a quote or a backslash: put it in single quotes'],
  [`A='b`, 'the quote of A is never closed'],
  ['A="b\\"', 'the quote of A is never closed'],
  [`A='b'c`, 'something stands behind the closing quote of A'],
  ['A="b" c', 'something stands behind the closing quote of A'],
  ['A="b"#c', 'something stands behind the closing quote of A'],
  ['A="\\d"', 'A has an unknown escape: in double quotes a backslash is \\\\'],
  ['A=b\0', 'A holds a NUL'],
])('%j is refused', (text, detail) => {
  expect(values(`# first\nB="1\n2"\n${text}\n`)).toEqual({ line: 4, detail });
});

describe('a file', () => {
  const problem = (path: string): unknown => {
    const read = readEnvFile(path);
    return read.ok ? read.value : read.error.facts;
  };

  test('that cannot be one is told of as a whole', () => {
    const rig = new Rig();
    const gone = join(rig.folder, 'gone');
    expect(problem(gone)).toEqual({ path: gone, line: null, detail: 'does not exist' });
    const folder = join(rig.folder, 'folder');
    mkdirSync(folder);
    expect(problem(folder)).toEqual({ path: folder, line: null, detail: 'is not a file' });
    // Would be waited for.
    expect(problem('/dev/zero')).toEqual({ path: '/dev/zero', line: null, detail: 'is not a file' });
    const large = rig.write('large', '#'.repeat(1024 * 1024 + 1));
    expect(problem(large)).toEqual({ path: large, line: null, detail: 'is larger than 1 MiB' });
    const latin = join(rig.folder, 'latin');
    writeFileSync(latin, Buffer.from('A=gr\xf6\xdfe', 'latin1'));
    expect(problem(latin)).toEqual({ path: latin, line: null, detail: 'is not UTF-8' });
  });

  test('is below a later one, and the first that is wrong is told', () => {
    const rig = new Rig();
    const one = rig.write('one', '\uFEFFA=1\nB=1\n');
    const two = rig.write('two', 'B=2\n');
    expect(readEnvFiles([one, two])).toEqual({ ok: true, value: { A: '1', B: '2' } });
    const wrong = rig.write('wrong', 'hunter2\n');
    const read = readEnvFiles([one, wrong, two]);
    expect(read).toMatchObject({
      ok: false,
      error: {
        code: 'env-file',
        facts: { path: wrong, line: 1, detail: 'there is no "=": write NAME=value' },
      },
    });
    // It may be a secret.
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });
});

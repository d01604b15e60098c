/** What is kept of the last lines, and who reads them. */
import { describe, expect, test } from 'vitest';
import { newHistory, type History } from '../../src/logs/history.ts';
import type { Asked } from '../../src/logs/history-block.ts';
import type { Piece } from '../../src/model/line.ts';

const ALL: Asked = { wants: () => true, count: null, since: null };
const pieces = (...lines: string[]): Piece[] =>
  lines.map((text) => ({ bytes: Buffer.from(text), cut: false }));
const say = (history: History, instance: string, at: number, ...lines: string[]): void =>
  history.add(instance, 'stdout', pieces(...lines), at);

/** All that there is now: `worker.1 text`, or `worker.1 lost 3`. */
function drain(read: ReturnType<History['read']>): string[] {
  const told: string[] = [];
  for (let found = read(); found !== null; found = read()) {
    const { instance } = found;
    if (found.kind === 'lost') told.push(`${instance} lost ${found.count}`);
    else told.push(...found.texts.map((text) => `${instance} ${text}`));
  }
  return told;
}
const told = (history: History, asked: Partial<Asked> = {}): string[] =>
  drain(history.read({ ...ALL, ...asked }));

describe('what is read', () => {
  const history = newHistory();
  say(history, 'a.1', 10, 'one', 'two');
  say(history, 'b.1', 20, 'three');
  say(history, 'a.1', 30, 'four');
  say(history, 'b.1', 40, 'five', 'six', 'seven');

  test('all, in the order in which it came', () => {
    expect(told(history)).toEqual([
      'a.1 one',
      'a.1 two',
      'b.1 three',
      'a.1 four',
      'b.1 five',
      'b.1 six',
      'b.1 seven',
    ]);
  });

  test.each<[Partial<Asked>, string[]]>([
    [{ count: 2 }, ['b.1 six', 'b.1 seven']],
    [{ count: 5 }, ['b.1 three', 'a.1 four', 'b.1 five', 'b.1 six', 'b.1 seven']],
    [{ count: 0 }, []],
    [{ since: 30 }, ['a.1 four', 'b.1 five', 'b.1 six', 'b.1 seven']],
    [{ since: 20, count: 4 }, ['a.1 four', 'b.1 five', 'b.1 six', 'b.1 seven']],
    [{ since: 41 }, []],
    [{ wants: (instance) => instance === 'a.1', count: 2 }, ['a.1 two', 'a.1 four']],
  ])('%j', (asked, lines) => {
    expect(told(history, asked)).toEqual(lines);
  });

  test('a reader goes on where it was, and sees who comes later from the first line', () => {
    const history = newHistory();
    say(history, 'a.1', 10, 'old');
    const read = history.read({ ...ALL, count: 0 });
    expect(drain(read)).toEqual([]);
    say(history, 'b.1', 20, 'young');
    say(history, 'a.1', 30, 'new');
    expect(drain(read)).toEqual(['b.1 young', 'a.1 new']);
    expect(drain(read)).toEqual([]);
  });
});

test('a line is what it was: empty, of several bytes a character, cut, with a carriage return, on either stream', () => {
  const history = newHistory();
  const cut = { bytes: Buffer.from('long\r'), cut: true };
  history.add('a.1', 'stderr', [...pieces('', 'Grüße 🎉\r', ''), cut, ...pieces('er', '')], 5);
  const read = history.read(ALL);
  expect([read(), read(), read()]).toEqual([
    {
      kind: 'lines',
      instance: 'a.1',
      stream: 'stderr',
      at: 5,
      order: 1,
      texts: ['', 'Grüße 🎉', '', 'long\r'],
      cut: true,
    },
    { kind: 'lines', instance: 'a.1', stream: 'stderr', at: 5, order: 2, texts: ['er', ''], cut: false },
    null,
  ]);
});

test('what is kept shares no memory with what was read', () => {
  const history = newHistory();
  const chunk = Buffer.from('mine');
  history.add('a.1', 'stdout', [{ bytes: chunk, cut: false }], 0);
  chunk.fill('x');
  expect(told(history)).toEqual(['a.1 mine']);
});

describe('bounds', () => {
  const KIB = 1024;
  const line = 'x'.repeat(990);

  test('an instance keeps its newest lines, and a reader is told what it missed', () => {
    const history = newHistory(32 * KIB, 1024 * KIB);
    const read = history.read(ALL);
    say(history, 'a.1', 0, 'first');
    expect(drain(read)).toEqual(['a.1 first']);
    for (let index = 0; index < 100; index += 1) say(history, 'a.1', index, `${index} ${line}`);
    expect(history.size()).toBe(32 * KIB);
    const kept = told(history).map((text) => Number(text.split(' ')[1]));
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 100 - kept.length + index));
    expect(kept.length).toBeGreaterThan(24);
    const [lost, ...rest] = drain(read);
    expect(lost).toBe(`a.1 lost ${100 - kept.length}`);
    expect(rest).toHaveLength(kept.length);
    expect(told(history, { count: 3 }).map((text) => text.split(' ')[1])).toEqual(['97', '98', '99']);
  });

  test('a line that is longer than a block, and one that is longer than all', () => {
    const history = newHistory(32 * KIB, 1024 * KIB);
    say(history, 'a.1', 0, 'y'.repeat(20 * KIB));
    say(history, 'a.1', 1, 'after');
    expect(told(history)).toEqual([`a.1 ${'y'.repeat(20 * KIB)}`, 'a.1 after']);
    say(history, 'a.1', 2, 'z'.repeat(64 * KIB));
    expect(told(history)).toEqual([`a.1 ${'z'.repeat(64 * KIB)}`]);
    say(history, 'a.1', 3, 'small');
    expect(told(history)).toEqual(['a.1 small']);
    expect(history.size()).toBe(8 * KIB);
  });

  test('of all together the largest gives first: the last words of a quiet one stay', () => {
    const history = newHistory(32 * KIB, 40 * KIB);
    say(history, 'quiet.1', 0, 'last words');
    for (const instance of ['a.1', 'b.1', 'c.1'])
      for (let index = 0; index < 100; index += 1) say(history, instance, index + 1, line);
    expect(history.size()).toBeLessThanOrEqual(40 * KIB);
    expect(told(history)[0]).toBe('quiet.1 last words');
    const some = new Set(told(history).map((text) => text.split(' ')[0]));
    expect([...some]).toEqual(['quiet.1', 'a.1', 'b.1', 'c.1']);
  });

  test('more instances than there are blocks: the oldest words go', () => {
    const history = newHistory(32 * KIB, 40 * KIB);
    for (let index = 0; index < 8; index += 1) say(history, `a.${index}`, index, 'word');
    expect(told(history)).toEqual([3, 4, 5, 6, 7].map((index) => `a.${index} word`));
  });

  test('a block of the shortest lines costs what it costs: nothing is kept outside of the blocks', () => {
    const history = newHistory();
    const many = Array.from({ length: 4096 }, () => '');
    for (let index = 0; index < 100; index += 1) say(history, 'a.1', index, ...many);
    expect(history.size()).toBe(256 * KIB);
    expect(told(history).length).toBeGreaterThan(200_000);
    expect(told(history, { count: 300 })).toHaveLength(300);
  });
});

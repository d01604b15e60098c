/** Bytes to lines: whatever the chunks, the lines are the same and nothing is lost. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_LIMIT, newFramer, textOf } from '../../src/logs/framer.ts';
import type { Piece as Bytes } from '../../src/model/line.ts';

interface Piece {
  readonly text: string;
  readonly cut: boolean;
}

const told = (found: readonly Bytes[]): Piece[] =>
  found.map((piece) => ({ text: textOf(piece), cut: piece.cut }));

/** The pieces of a stream that comes in these chunks. */
function pieces(chunks: readonly Buffer[], limit?: number): Piece[] {
  const framer = newFramer(limit);
  return told([...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()]);
}
/** The lines, with those joined that were cut. */
function lines(found: readonly Piece[]): string[] {
  const whole: string[] = [];
  let begun = '';
  for (const { text, cut } of found) {
    begun += text;
    if (cut) continue;
    whole.push(begun);
    begun = '';
  }
  return begun === '' ? whole : [...whole, begun];
}
function split(bytes: Buffer, borders: readonly number[]): Buffer[] {
  const sorted = [...new Set([0, ...borders.map((one) => one % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

const TEXT = 'plain\nGrüße\n表計算 🐍\n\n  e\u0301 \u{1F469}\u200D\u{1F4BB}\nno end';

describe('chunks', () => {
  const bytes = Buffer.from(TEXT);
  test.each(Array.from({ length: bytes.length + 1 }, (_, border) => border))(
    'a border at byte %i',
    (border) => {
      const found = pieces([bytes.subarray(0, border), bytes.subarray(border)]);
      expect(found.map((piece) => piece.text)).toEqual(TEXT.split('\n'));
      expect(found.some((piece) => piece.cut)).toBe(false);
    },
  );

  test('one byte at a time', () => {
    expect(lines(pieces(split(bytes, [...bytes.keys()])))).toEqual(TEXT.split('\n'));
  });

  test('a line is told as soon as it ends', () => {
    const framer = newFramer();
    expect(told(framer.push(Buffer.from('one\ntw')))).toEqual([{ text: 'one', cut: false }]);
    expect(told(framer.push(Buffer.from('o')))).toEqual([]);
    expect(told(framer.push(Buffer.from('\n')))).toEqual([{ text: 'two', cut: false }]);
    expect(told(framer.end())).toEqual([]);
  });

  test('the end tells what was begun, once', () => {
    const framer = newFramer();
    framer.push(Buffer.from('half'));
    expect(told(framer.end())).toEqual([{ text: 'half', cut: false }]);
    expect(told(framer.end())).toEqual([]);
  });

  test('a chunk that is used again by its owner changes nothing', () => {
    const framer = newFramer();
    const chunk = Buffer.from('half');
    framer.push(chunk);
    chunk.fill('x');
    expect(told(framer.end())).toEqual([{ text: 'half', cut: false }]);
  });
});

describe('line ends', () => {
  test.each([
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r\n\r\nb', ['a', '', 'b']],
    ['a\rb\n', ['a\rb']],
    ['progress 1\rprogress 2\r\n', ['progress 1\rprogress 2']],
    ['\n\n', ['', '']],
    ['\r\n', ['']],
    ['a\r', ['a']],
    ['', []],
  ])('%j', (text, expected) => {
    for (const border of text.split('').keys()) {
      const bytes = Buffer.from(text);
      expect(lines(pieces([bytes.subarray(0, border), bytes.subarray(border)]))).toEqual(expected);
    }
    expect(lines(pieces([Buffer.from(text)]))).toEqual(expected);
  });
});

describe('a line that is too long', () => {
  test('is cut at 64 KiB, and nothing of it is lost', () => {
    const long = 'x'.repeat(200_000);
    const found = pieces([Buffer.from(`${long}\nnext\n`)]);
    expect(found.map(({ text, cut }) => [text.length, cut])).toEqual([
      [LINE_LIMIT, true],
      [LINE_LIMIT, true],
      [LINE_LIMIT, true],
      [200_000 - 3 * LINE_LIMIT, false],
      [4, false],
    ]);
    expect(lines(found)).toEqual([long, 'next']);
  });

  test('of exactly the limit is whole, of one more is cut', () => {
    expect(pieces([Buffer.from(`${'x'.repeat(LINE_LIMIT)}\n`)])).toHaveLength(1);
    expect(pieces([Buffer.from(`${'x'.repeat(LINE_LIMIT + 1)}\n`)])).toHaveLength(2);
  });

  test('is told before its end comes, so that no more than the limit is held', () => {
    const framer = newFramer(10);
    expect(told(framer.push(Buffer.from('0123456789')))).toEqual([]);
    expect(told(framer.push(Buffer.from('a')))).toEqual([{ text: '0123456789', cut: true }]);
    expect(told(framer.end())).toEqual([{ text: 'a', cut: false }]);
  });

  test.each([0, 1, 2, 3, 4])('never inside a character, %i bytes before the limit', (before) => {
    for (const char of ['é', '表', '🐍']) {
      const text = `${'x'.repeat(before)}${char.repeat(40)}`;
      const found = pieces([Buffer.from(text)], 16);
      expect(found.length).toBeGreaterThan(2);
      expect(found.map((piece) => piece.text).join('')).toBe(text);
      expect(found.every((piece) => !piece.text.includes('\uFFFD'))).toBe(true);
      expect(found.every((piece) => Buffer.byteLength(piece.text) <= 16)).toBe(true);
    }
  });

  test('a carriage return at the cut stays part of the line', () => {
    const found = pieces([Buffer.from('0123456789\rabc\n')], 11);
    expect(found.map((piece) => piece.text).join('')).toBe('0123456789\rabc');
  });
});

describe('what is no UTF-8', () => {
  test.each([
    ['a lone byte', [0x61, 0xff, 0x62], 'a\uFFFDb'],
    ['half a character', [0x61, 0xe8, 0xa1], 'a\uFFFD'],
    ['half a character and an end', [0xe8, 0xa1, 0x0a, 0x62], '\uFFFD\nb'],
    ['Latin-1', [0x47, 0x72, 0xfc, 0xdf, 0x65], 'Gr\uFFFD\uFFFDe'],
  ])('%s becomes the replacement character', (_, bytes, text) => {
    expect(lines(pieces([Buffer.from(bytes)])).join('\n')).toBe(text);
  });

  test('continuation bytes without an end are cut all the same', () => {
    const found = pieces([Buffer.alloc(100, 0x80)], 16);
    expect(found.map((piece) => piece.text.length)).toEqual([16, 16, 16, 16, 16, 16, 4]);
  });
});

describe('whatever comes', () => {
  const text = fc
    .array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 20 })
    .map((parts) => parts.map((part) => part.replaceAll(/[\r\n]/g, '')).join('\n'));
  const borders = fc.array(fc.nat(), { maxLength: 30 });

  test('the lines are those of the text', () => {
    fc.assert(
      fc.property(text, borders, fc.integer({ min: 4, max: 100 }), (whole, cuts, limit) => {
        const found = lines(pieces(split(Buffer.from(whole), cuts), limit));
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(found).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  // From 5 on: a limit must leave more than the four bytes that it may go back.
  test('no piece is over the limit, and only cut ones have a successor on their line', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        borders,
        fc.integer({ min: 5, max: 60 }),
        (raw, cuts, limit) => {
          const bytes = Buffer.from(raw);
          const found = pieces(split(bytes, cuts), limit);
          const ended = found.filter((piece) => !piece.cut).length;
          const newlines = bytes.filter((byte) => byte === 0x0a).length;
          expect(ended).toBe(newlines + (bytes.length > 0 && bytes.at(-1) !== 0x0a ? 1 : 0));
          for (const piece of found) expect(piece.text.length).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

import { expect, test } from 'vitest';
import { clipped, fitted, widthOf } from '../../src/render/width.ts';

test.each([
  ['', 0],
  ['plain', 5],
  ['工人', 4],
  ['e\u0301', 1],
  ['😀', 2],
  ['ﾊﾝｶｸ', 4],
  ['한국어', 6],
  ['naïve – “so”', 12],
])('%j takes %i cells', (text, cells) => {
  expect(widthOf(text)).toBe(cells);
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['工人工', 5, '工人…'],
  ['工人工', 4, '工…'],
  ['ae\u0301bc', 3, 'ae\u0301…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j in %i cells', (text, width, expected) => {
  expect(clipped(text, width)).toBe(expected);
});

test('columns are as wide as they are to be, whatever stands in them', () => {
  expect(['ab', '工', 'abcdef', '工人工'].map((text) => fitted(text, 4))).toEqual([
    'ab  ',
    '工  ',
    'abc…',
    '工… ',
  ]);
  expect(fitted('工', 4, 'right')).toBe('  工');
});

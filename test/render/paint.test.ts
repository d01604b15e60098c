import { expect, test } from 'vitest';
import { newPaint, wantsColour } from '../../src/render/paint.ts';

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [true, { TERM: 'xterm' }, true],
])('terminal %s with %j: colours %s', (terminal, env, colours) => {
  expect(wantsColour(terminal, env)).toBe(colours);
});

test('without colours a text stays as it is', () => {
  const paint = newPaint(false);
  expect([paint.red('a'), paint.bold('b'), paint.nth(5)('c')]).toEqual(['a', 'b', 'c']);
});

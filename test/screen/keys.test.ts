import { expect, test } from 'vitest';
import { keysOf } from '../../src/screen/keys.ts';

test.each([
  ['signs', 'rsS?', ['r', 's', 'S', '?']],
  ['arrows, in both of their forms', '\u001b[A\u001bOB\u001b[D', ['up', 'down', 'left']],
  ['pages and ends', '\u001b[5~\u001b[6~\u001b[H\u001b[4~', ['page-up', 'page-down', 'home', 'end']],
  ['Escape by itself', '\u001b', ['escape']],
  ['Escape and then a sign', '\u001bq', ['escape', 'q']],
  ['controls', '\u0003\u001a\u000c\r', ['ctrl-c', 'ctrl-z', 'ctrl-l', 'enter']],
  ['letters of any script', 'é工', ['é', '工']],
  ['what nobody knows', '\u001b[200~\u001b[1;5C\u0001\u0000 ', []],
  ['nothing', '', []],
])('%s', (_, text, keys) => {
  expect(keysOf(text)).toEqual(keys);
});

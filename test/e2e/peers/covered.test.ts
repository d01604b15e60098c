import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../support/rig.ts';
import { COVERED } from './covered.ts';

test.each(COVERED)('%s: test/%s has "%s"', (_, file, name) => {
  const text = readFileSync(join(ROOT, 'test', file), 'utf8');
  const quoted = [`'${name}'`, `"${name}"`].flatMap((title) => [`test(${title},`, `])(${title},`]);
  expect(quoted.some((opening) => text.includes(opening))).toBe(true);
});

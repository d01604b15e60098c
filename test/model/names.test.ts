import { expect, test } from 'vitest';
import { isNamed } from '../../src/model/process.ts';

test.each([
  ['its own name', ['web', 'worker.2'], true],
  ['that of all its instances', ['worker'], true],
  ['another instance', ['worker.1'], false],
  ['the beginning of a name', ['work'], false],
  ['no name at all', [], false],
  ['whatever there is', null, true],
])('%s', (_, names, meant) => {
  expect(isNamed({ name: 'worker', instance: 'worker.2' }, names)).toBe(meant);
});

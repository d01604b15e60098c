/** What the names on a command line mean. */
import { expect, test } from 'vitest';
import { instancesOf } from '../../src/cli/names.ts';

const rowsOf = (...instances: readonly string[]) =>
  instances.map((instance) => ({ instance, name: instance.replace(/\.\d+$/, '') }));

test('names, instances and patterns', () => {
  const rows = rowsOf('web.1', 'worker.1', 'worker.2');
  expect(instancesOf(rows, null)).toEqual(['web.1', 'worker.1', 'worker.2']);
  expect(instancesOf(rows, ['worker', 'w*.1'])).toEqual(['web.1', 'worker.1', 'worker.2']);
  expect(instancesOf(rows, ['worker.2'])).toEqual(['worker.2']);
});

test('all is every one, unless a process is called so', () => {
  expect(instancesOf(rowsOf('web.1', 'worker.1'), ['all'])).toEqual(['web.1', 'worker.1']);
  expect(instancesOf(rowsOf('web.1', 'all.1', 'all.2'), ['all'])).toEqual(['all.1', 'all.2']);
});

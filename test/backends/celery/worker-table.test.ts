/** No option without a proof. */
import { expect, test } from 'vitest';
import { celeryWorker } from '../../../src/backends/celery-worker.ts';
import { nameOf } from './proof.ts';
import { workerProofs } from './proofs.ts';

test('every option that a worker may be given is proven to work, or to be ignored', () => {
  const seen = workerProofs.filter(({ verdict }) => verdict !== 'rejected').map(({ option }) => option);
  const usable = Object.entries(celeryWorker.options()).filter(([, { refused }]) => refused === undefined);
  expect(usable.map(([option]) => option).filter((option) => !seen.includes(option))).toEqual([]);
});

test('no two proofs have one name', () => {
  const names = workerProofs.map(nameOf);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

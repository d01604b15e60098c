import { inject, test, expect } from 'vitest';
import { naive } from './lease-faults.ts';

test('the naive lease lets two beats send, and the harness sees it', async () => {
  const verdict = await naive(inject('python'));
  process.stderr.write(`naive lease: ${JSON.stringify(verdict)}\n`);
  expect(verdict.overlaps.length).toBeGreaterThanOrEqual(2);
});

/** A worker is replaced again and again while it works: every task runs, and runs once. */
import { expect, inject, test } from 'vitest';
import { runNumbered } from '../support/numbered.ts';

/** As Celery does unless told; the other way is in the long tier. */
const ACKS = 'early';

test(`500 tasks, acknowledged ${ACKS}`, async () => {
  const result = await runNumbered({
    python: inject('python'),
    pool: 'prefork',
    acks: ACKS,
    tasks: 500,
    maxTasks: 50,
  });
  expect(result.lost, result.story).toEqual([]);
  expect(result.doubled, result.story).toEqual([]);
  expect(result.replacements, result.story).toBeGreaterThanOrEqual(2);
  const figures = `${result.replacements} replacements, throughput x ${result.ratio.toFixed(2)}`;
  process.stderr.write(`500 tasks, ${ACKS}: ${figures}\n`);
});

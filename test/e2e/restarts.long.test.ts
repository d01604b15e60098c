/** Ten thousand restarts leave nothing behind in the supervisor. */
import { expect, test } from 'vitest';
import { growth, manyRestarts, report } from '../support/restarting.ts';
import { Rig } from '../support/rig.ts';

test('10,000 restarts: no descriptor, no zombie, no growth', async () => {
  const rig = new Rig();
  const { start, samples } = await manyRestarts(rig, { width: 100, rounds: 100, every: 10 });
  process.stderr.write(report(samples));
  expect(samples.at(-1)?.restarts).toBe(10000);
  expect(samples.map(({ descriptors }) => descriptors)).toEqual(samples.map(() => samples[0]?.descriptors));
  expect(samples.map(({ zombies }) => zombies)).toEqual(samples.map(() => 0));
  expect(growth(samples, 'heapMiB')).toBeLessThan(1);
  expect(growth(samples, 'rssMiB')).toBeLessThan(8);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});

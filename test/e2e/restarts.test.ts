/** A thousand restarts leave nothing behind in the supervisor. */
import { expect, test } from 'vitest';
import { manyRestarts, report } from '../support/restarting.ts';
import { Rig } from '../support/rig.ts';

test('1,000 restarts: no descriptor, no zombie, no growth', async () => {
  const rig = new Rig();
  const { start, samples } = await manyRestarts(rig, { width: 100, rounds: 10, every: 5 });
  process.stderr.write(report(samples));
  const [first, half, end] = samples;
  expect(samples.map(({ restarts }) => restarts)).toEqual([0, 500, 1000]);
  expect(samples.map(({ descriptors }) => descriptors)).toEqual(samples.map(() => first?.descriptors));
  expect(samples.map(({ zombies }) => zombies)).toEqual([0, 0, 0]);
  expect((end?.rssMiB ?? Infinity) - (half?.rssMiB ?? 0)).toBeLessThan(8);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});

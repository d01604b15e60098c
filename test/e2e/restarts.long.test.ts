/** Ten thousand restarts leave nothing behind in the supervisor. */
import { test } from 'vitest';
import { expectNoGrowth } from '../support/restarting.ts';
import { Rig } from '../support/rig.ts';

test('10,000 restarts: no descriptor, no zombie, no growth', async () => {
  await expectNoGrowth(new Rig(), { width: 100, rounds: 100, every: 10, rssMiB: 8 });
});

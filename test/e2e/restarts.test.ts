/** Many restarts leave nothing behind in the supervisor; more of them are in the long tier. */
import { test } from 'vitest';
import { expectNoGrowth } from '../support/restarting.ts';
import { Rig } from '../support/rig.ts';

test('300 restarts: no descriptor, no zombie, no growth', async () => {
  await expectNoGrowth(new Rig(), { width: 50, rounds: 6, every: 1, rssMiB: 16 });
});

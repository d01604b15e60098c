/** A thousand restarts leave nothing behind in the supervisor. */
import { test } from 'vitest';
import { expectNoGrowth } from '../support/restarting.ts';
import { Rig } from '../support/rig.ts';

test('1,000 restarts: no descriptor, no zombie, no growth', async () => {
  await expectNoGrowth(new Rig(), { width: 100, rounds: 10, every: 1 });
});

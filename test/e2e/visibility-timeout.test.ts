/** Redis gives a message that is not acknowledged in time to a worker again, though nobody died. */
import { expect, test } from 'vitest';
import { until } from '../support/rig.ts';
import { shop } from './killed-work.ts';

test('what waits longer, or runs longer and is acknowledged late, is delivered again', async () => {
  const { rig, marks, client, over } = await shop({ acks: ['early', 'late'], slots: 4, visibility: 2 });
  await client(`
for kind in ("early", "late"):
    rest.apply_async((f"{kind}-long", "twice"), queue=kind)
    rest.apply_async((f"{kind}-eta",), queue=kind, countdown=6)
`);
  await until(() => marks('late-long').length >= 2, 'a task that runs to be begun again');
  expect(marks('early-long')).toEqual(['begun']);
  rig.write('twice', '');
  await until(
    () => ['early-eta', 'late-eta'].every((name) => marks(name).length >= 4),
    'what waited to run twice',
  );
  await until(() => ['early-long', 'late-long'].every((name) => marks(name).includes('done')), 'the end');
  expect((await rig.status()).map((row) => [row.restarts, row.exits])).toEqual([
    [0, []],
    [0, []],
  ]);
  await over();
});

/** A worker that is replaced while its task takes longer than STOP.timeout, and while it holds tasks for later. */
import { expect } from 'vitest';
import { until } from '../support/rig.ts';
import { ACKS, shop } from './killed-work.ts';

export async function stopInWork(broker: 'redis' | 'rabbitmq'): Promise<void> {
  const { rig, start, marks, client, over } = await shop({
    acks: ACKS,
    broker,
    args: ', prefetch-multiplier: 4',
    keys: ', STOP: {timeout: 1s}',
  });
  await client(`
for kind in ("early", "late", "reject"):
    rest.apply_async((f"{kind}-eta",), queue=kind, countdown=15)
    rest.apply_async((f"{kind}-long", "over"), queue=kind)
    for number in range(3):
        rest.apply_async((f"{kind}-{number}",), queue=kind)
`);
  await until(() => ACKS.every((kind) => marks(`${kind}-long`).length === 1), 'both to be in a task');
  expect(await rig.run(['restart'])).toMatchObject({ code: 0 });
  rig.write('over', '');
  const names = ACKS.flatMap((kind) => [0, 1, 2, 'eta'].map((name) => `${kind}-${name}`));
  const ends = [...names, 'late-long', 'reject-long'];
  await until(() => ends.every((name) => marks(name).includes('done')), 'all else to be done');
  expect(marks('early-long')).toEqual(['begun']);
  for (const name of ['late-long', 'reject-long']) expect(marks(name)).toEqual(['begun', 'begun', 'done']);
  for (const name of names) expect([name, ...marks(name)]).toEqual([name, 'begun', 'done']);
  for (const kind of ACKS) expect(start.stdout).toMatch(new RegExp(`${kind}\\.1 .*SIGQUIT`));
  await over();
}

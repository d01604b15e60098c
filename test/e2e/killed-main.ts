/** SIGKILL of a real Celery worker's main process, on both brokers. */
import { expect } from 'vitest';
import { alive, until } from '../support/rig.ts';
import { ACKS, shop } from './killed-work.ts';

export async function killMain(broker: 'redis' | 'rabbitmq'): Promise<void> {
  const { rig, start, marks, client, over } = await shop({
    acks: ACKS,
    broker,
    // A worker looks for such messages when it begins, which is some two seconds after the kill, and not soon again.
    visibility: 1,
  });
  await client(`
for kind in ("early", "late", "reject"):
    rest.apply_async((f"{kind}-long", "killed"), queue=kind)
    for number in range(3):
        rest.apply_async((f"{kind}-{number}",), queue=kind)
`);
  await until(() => ACKS.every((kind) => marks(`${kind}-long`).length === 1), 'both to be in a task');
  const before = await rig.status();
  for (const row of before) process.kill(row.pid ?? 0, 'SIGKILL');
  const members = before.flatMap((row) => row.members);
  await until(() => !members.some((pid) => alive(pid)), 'the children to go with it');
  rig.write('killed', '');
  const rest = [0, 1, 2];
  await until(
    () =>
      ACKS.every((kind) => rest.every((number) => marks(`${kind}-${number}`).includes('done'))) &&
      ['late-long', 'reject-long'].every((name) => marks(name).includes('done')),
    'all else to be done',
  );
  expect(marks('early-long')).toEqual(['begun']);
  for (const name of ['late-long', 'reject-long']) expect(marks(name)).toEqual(['begun', 'begun', 'done']);
  for (const kind of ACKS) {
    for (const number of rest) expect(marks(`${kind}-${number}`)).toEqual(['begun', 'done']);
    expect(start.stdout).toMatch(
      new RegExp(`${kind}\\.1 RUNNING -> STARTING \\(ended by SIGKILL; started again: pid \\d+\\)`),
    );
  }
  for (const row of await rig.status()) {
    expect(row.exits).toEqual([expect.objectContaining({ signal: 'SIGKILL', reason: 'crash' })]);
  }
  await over();
}

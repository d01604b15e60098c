/** RECYCLE of a real Celery worker on a real Redis: a successor takes over, and no task is lost or runs twice. */
import { expect, test } from 'vitest';
import { leakyShop, upTo } from './leaking.ts';

test('prefork: tasks that leak in its children', async () => {
  const {
    rig,
    start,
    send,
    notes,
    noted,
    recycled: told,
    over,
  } = await leakyShop('concurrency: 2', 'max-memory: 250MiB, min-uptime: 1s');
  // The two children hold 400 MiB more, of which the main process knows nothing.
  await send(0, 40, 10);
  await noted(40);
  await start.says(/worker\.1 recycled: .*\n/);
  await send(40, 60, 0);
  await noted(60);
  expect(notes().toSorted((a, b) => a - b)).toEqual(upTo(60));
  expect(told()[0]).toMatch(
    /^worker\.1 recycled: \d{3}(\.\d)? MiB PSS > 250 MiB( after \d+ tasks)?; successor ready in \S+ m?s; drained in \S+ m?s$/,
  );
  const [row] = await rig.status();
  expect(row?.exits[0]).toMatchObject({ reason: 'memory', code: 0 });
  expect(row?.state).toBe('RUNNING');
  await over();
});

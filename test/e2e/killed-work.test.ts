/** SIGKILL of a child and want of memory under a real Celery: what is lost, and what comes again, is what Celery promises, no more. */
import { expect, test } from 'vitest';
import { type MemoryGroup, memoryGroup } from '../support/memory-group.ts';
import { until } from '../support/rig.ts';
import { ACKS, shop } from './killed-work.ts';

test('a child of prefork: its task fails once, or runs again where Celery was told to reject it', async () => {
  const { rig, start, marks, client, over } = await shop({ acks: ACKS });
  const outcomes = await client(`
sent = {kind: die.apply_async((kind,), queue=kind) for kind in ("early", "late", "reject")}
def end(one):
    try:
        return one.get(timeout=40)
    except Exception as error:
        return type(error).__name__
print(json.dumps({kind: end(one) for kind, one in sent.items()}))
`);
  expect(outcomes).toEqual({ early: 'WorkerLostError', late: 'WorkerLostError', reject: null });
  expect(ACKS.map(marks)).toEqual([['begun'], ['begun'], ['begun', 'begun', 'done']]);
  for (const kind of ACKS) {
    expect(start.stdout).toMatch(new RegExp(`${kind}\\.1 .*exited with 'signal 9 \\(SIGKILL\\)'`));
  }
  expect((await rig.status()).map((row) => [row.restarts, row.exits])).toEqual(ACKS.map(() => [0, []]));
  await over();
});

test('want of memory: of a child it is Celery that tells, of the main process it is an `oom`', async ({
  skip,
}) => {
  const group = (bytes: number): MemoryGroup =>
    memoryGroup(bytes) ??
    skip('no memory cgroup can be made here: it needs root and a writable /sys/fs/cgroup');
  const first = group(400 * 1024 ** 2);
  const prefork = await shop({ acks: ['early'], group: first });
  await prefork.client('eat.apply_async(("child", 600), queue="early")');
  await prefork.start.says(/early\.1 .*exited with 'signal 9 \(SIGKILL\)'/);
  await prefork.client('rest.apply_async(("after",), queue="early")');
  await until(() => prefork.marks('after').includes('done'), 'the worker to go on');
  expect((await prefork.rig.status()).map((row) => row.exits)).toEqual([[]]);
  await prefork.over();
  await first.empty();

  const second = group(400 * 1024 ** 2);
  const solo = await shop({ pool: 'solo', acks: ['early'], group: second });
  await solo.client('eat.apply_async(("main", 600), queue="early")');
  await solo.start.says(
    /early\.1 RUNNING -> STARTING \(ended by SIGKILL: out of memory; started again: pid \d+\)/,
  );
  expect((await solo.rig.status())[0]?.exits).toEqual([
    expect.objectContaining({ signal: 'SIGKILL', reason: 'oom' }),
  ]);
  expect([prefork.marks('child'), solo.marks('main')]).toEqual([['begun'], ['begun']]);
  await solo.over();
  await second.empty();
});

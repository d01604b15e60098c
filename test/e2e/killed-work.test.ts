/** SIGKILL and want of memory under a real Celery: what is lost, and what comes again, is what Celery promises, no more. */
import { expect, test } from 'vitest';
import { type MemoryGroup, memoryGroup } from '../support/memory-group.ts';
import { alive, until } from '../support/rig.ts';
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

test.each(['redis', 'rabbitmq'] as const)(
  'the main process, on %s: what ran is lost or runs again, what waited runs once',
  async (broker) => {
    const { rig, start, marks, client, over } = await shop({
      acks: ['early', 'late'],
      broker,
      visibility: 4,
    });
    const kinds = ['early', 'late'] as const;
    await client(`
for kind in ("early", "late"):
    rest.apply_async((f"{kind}-long", "killed"), queue=kind)
    for number in range(3):
        rest.apply_async((f"{kind}-{number}",), queue=kind)
`);
    await until(() => kinds.every((kind) => marks(`${kind}-long`).length === 1), 'both to be in a task');
    const before = await rig.status();
    for (const row of before) process.kill(row.pid ?? 0, 'SIGKILL');
    const members = before.flatMap((row) => row.members);
    await until(() => !members.some((pid) => alive(pid)), 'the children to go with it');
    rig.write('killed', '');
    const rest = [0, 1, 2];
    await until(
      () =>
        kinds.every((kind) => rest.every((number) => marks(`${kind}-${number}`).includes('done'))) &&
        marks('late-long').includes('done'),
      'all else to be done',
    );
    expect(marks('early-long')).toEqual(['begun']);
    expect(marks('late-long')).toEqual(['begun', 'begun', 'done']);
    for (const kind of kinds) {
      for (const number of rest) expect(marks(`${kind}-${number}`)).toEqual(['begun', 'done']);
      expect(start.stdout).toMatch(
        new RegExp(`${kind}\\.1 RUNNING -> STARTING \\(ended by SIGKILL; started again: pid \\d+\\)`),
      );
    }
    for (const row of await rig.status()) {
      expect(row.exits).toEqual([expect.objectContaining({ signal: 'SIGKILL', reason: 'crash' })]);
    }
    await over();
  },
);

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

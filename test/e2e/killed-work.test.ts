/** SIGKILL of a child and want of memory under a real Celery: what is lost, and what comes again, is what Celery promises, no more. */
import { expect, test, type TestContext } from 'vitest';
import { type MemoryGroup, memoryGroup } from '../support/memory-group.ts';
import { until } from '../support/rig.ts';
import { ACKS, shop } from './killed-work.ts';

/** Less than `eat` takes, and enough for three workers. */
const limited = (skip: TestContext['skip']): MemoryGroup =>
  memoryGroup(600 * 1024 ** 2) ??
  skip('no memory cgroup can be made here: it needs root and a writable /sys/fs/cgroup');

/** A task in each worker that is killed with its child, and one that waits behind it. */
async function loseChildren(task: string, group?: MemoryGroup): Promise<void> {
  const { rig, start, marks, client, over } = await shop({ acks: ACKS, ...(group && { group }) });
  const outcomes = await client(`
kinds = ("early", "late", "reject")
sent = {kind: ${task}.apply_async((kind,), queue=kind) for kind in kinds}
after = [rest.apply_async((f"{kind}-after",), queue=kind) for kind in kinds]
def end(one):
    try:
        return one.get(timeout=40)
    except Exception as error:
        return type(error).__name__
print(json.dumps([{kind: end(one) for kind, one in sent.items()}, [end(one) for one in after]]))
`);
  const ends = { early: 'WorkerLostError', late: 'WorkerLostError', reject: null };
  expect(outcomes).toEqual([ends, [null, null, null]]);
  expect(ACKS.map(marks)).toEqual([['begun'], ['begun'], ['begun', 'begun', 'done']]);
  for (const kind of ACKS) {
    expect(marks(`${kind}-after`)).toEqual(['begun', 'done']);
    expect(start.stdout).toMatch(new RegExp(`${kind}\\.1 .*exited with 'signal 9 \\(SIGKILL\\)'`));
  }
  expect((await rig.status()).map((row) => [row.restarts, row.exits])).toEqual(ACKS.map(() => [0, []]));
  await over();
}

test('a child of prefork: its task fails once, or runs again where Celery was told to reject it', () =>
  loseChildren('die'));

test('want of memory in a child: the same', async ({ skip }) => {
  const group = limited(skip);
  await loseChildren('eat', group);
  await group.empty();
});

/** Celery acknowledges from its loop, and that of solo turns after the task only: there early is as late. */
test('want of memory in the main process: it is an `oom`, and on solo what ran runs again', async ({
  skip,
}) => {
  const group = limited(skip);
  const kinds = ['early', 'late'] as const;
  const { rig, start, marks, client, over } = await shop({ pool: 'solo', acks: kinds, visibility: 1, group });
  await client('for kind in ("early", "late"): eat.apply_async((kind,), queue=kind)');
  await until(() => kinds.every((kind) => marks(kind).includes('done')), 'both to run again');
  for (const kind of kinds) {
    expect(start.stdout).toMatch(
      new RegExp(
        `${kind}\\.1 RUNNING -> STARTING \\(ended by SIGKILL: out of memory; started again: pid \\d+\\)`,
      ),
    );
  }
  for (const row of await rig.status()) {
    expect(row.exits).toEqual([expect.objectContaining({ signal: 'SIGKILL', reason: 'oom' })]);
  }
  for (const kind of kinds) expect(marks(kind)).toEqual(['begun', 'begun', 'done']);
  await over();
  await group.empty();
});

import { statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { manifestId } from '../../src/control/protocol.ts';
import { claimNames, type Claim } from '../../src/daemon/claim.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { Result } from '../../src/model/failure.ts';
import { FakeClock } from '../logs/support.ts';
import { Rig } from '../support/rig.ts';

const MANIFEST = '/srv/shop/prodserver.yaml';
const SINCE = '2023-11-14T22:13:20.000Z';

/** Lets every retry come at once, and says that there was one. */
const patient = (onWait: () => void): Clock => ({
  now: () => 0,
  wall: () => Date.parse(SINCE),
  after(_, fire) {
    onWait();
    setImmediate(fire);
    return () => undefined;
  },
});

/** Each claim opens files of its own, as another process would. */
async function claim(
  folder: string,
  names: string[],
  clock: Clock = new FakeClock(),
): Promise<Result<Claim>> {
  const result = await claimNames(folder, MANIFEST, names, clock);
  if (result.ok) {
    let held = true;
    const release = (): void => {
      if (held) result.value.release();
      held = false;
    };
    onTestFinished(release);
    return { ok: true, value: { ...result.value, release } };
  }
  return result;
}

const running = (name: string, change: object = {}) => ({
  ok: false,
  error: {
    code: 'already-running',
    facts: { names: [name], pid: process.pid, since: SINCE, manifest: MANIFEST, ...change },
  },
});

const release = (result: Result<Claim>): void => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  result.value.release();
};

const lockOf = (folder: string, name: string): string => join(folder, `${manifestId(MANIFEST)}.${name}.lock`);

describe('two sets of one manifest', () => {
  test('that share no name stand side by side', async () => {
    const { folder } = new Rig();
    expect(await claim(folder, ['worker'])).toMatchObject({ ok: true });
    expect(await claim(folder, ['beat', 'web'])).toMatchObject({ ok: true });
  });

  test('that share a name: the second is told which, and who has it since when', async () => {
    const { folder } = new Rig();
    await claim(folder, ['worker', 'beat']);
    expect(await claim(folder, ['web', 'worker'])).toEqual(running('worker'));
  });

  test('the refused one keeps nothing', async () => {
    const { folder } = new Rig();
    await claim(folder, ['worker']);
    expect(await claim(folder, ['beat', 'worker', 'admin'])).toEqual(running('worker'));
    expect(await claim(folder, ['admin', 'beat'])).toMatchObject({ ok: true });
  });

  test('a name that is given twice is one', async () => {
    const { folder } = new Rig();
    expect(await claim(folder, ['worker', 'worker'])).toMatchObject({ ok: true });
  });

  test('what was released is free', async () => {
    const { folder } = new Rig();
    release(await claim(folder, ['worker', 'beat']));
    expect(await claim(folder, ['beat', 'worker'])).toMatchObject({ ok: true });
  });

  test('another manifest has names of its own', async () => {
    const { folder } = new Rig();
    await claim(folder, ['worker']);
    const other = await claimNames(folder, '/srv/other.yaml', ['worker'], new FakeClock());
    expect(other).toMatchObject({ ok: true });
    release(other);
  });
});

test.each([
  [
    ['a', 'b', 'c'],
    ['c', 'b', 'a'],
  ],
  [
    ['a', 'c'],
    ['b', 'c'],
  ],
  [['a'], ['a']],
])('a race of %j and %j has one winner', async (one, two) => {
  const { folder } = new Rig();
  const clock = patient(() => undefined);
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.all([claim(folder, one, clock), claim(folder, two, clock)]);
    const winners = results.filter((result) => result.ok);
    expect(winners).toHaveLength(1);
    expect(results.find((result) => !result.ok)).toMatchObject({ error: { code: 'already-running' } });
    for (const winner of winners) release(winner);
  }
});

describe('a holder that has not yet written who it is', () => {
  test('is asked again until it has', async () => {
    const { folder } = new Rig();
    await claim(folder, ['worker']);
    const path = lockOf(folder, 'worker');
    writeFileSync(path, '');
    let waits = 0;
    const clock = patient(() => {
      waits += 1;
      if (waits === 3) writeFileSync(path, JSON.stringify({ pid: 7, since: SINCE }));
    });
    expect(await claim(folder, ['worker'], clock)).toEqual(running('worker', { pid: 7 }));
    expect(waits).toBe(3);
  });

  test('is refused without a name where it never does', async () => {
    const { folder } = new Rig();
    await claim(folder, ['worker']);
    writeFileSync(lockOf(folder, 'worker'), '{"pid": "none"}');
    let waits = 0;
    const clock = patient(() => (waits += 1));
    expect(await claim(folder, ['worker'], clock)).toEqual(running('worker', { pid: null, since: null }));
    expect(waits).toBe(25);
  });

  test('leaves the lock where it is gone by then', async () => {
    const { folder } = new Rig();
    const first = await claim(folder, ['worker']);
    writeFileSync(lockOf(folder, 'worker'), '');
    expect(
      await claim(
        folder,
        ['worker'],
        patient(() => release(first)),
      ),
    ).toMatchObject({ ok: true });
  });
});

test('the lock files are for this user alone, and a removed one keeps nobody out', async () => {
  const { folder } = new Rig();
  await claim(folder, ['worker']);
  expect(statSync(lockOf(folder, 'worker')).mode & 0o777).toBe(0o600);
  unlinkSync(lockOf(folder, 'worker'));
  expect(await claim(folder, ['worker'])).toMatchObject({ ok: true });
});

test('a folder that is missing is a failure', async () => {
  expect(await claim('/nonexistent', ['worker'])).toMatchObject({
    ok: false,
    error: { code: 'lock-folder' },
  });
});

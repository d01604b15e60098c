/** Real locks in the host's real folder, under names that nobody else has. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newFileLocker, readNote } from '../../src/singleton/file.ts';
import type { Grip, LockAnswer, Locker } from '../../src/singleton/holder.ts';
import { newKeys } from '../../src/singleton/key.ts';
import { NO_LEASE } from '../support/spec.ts';
import { application, beat, never } from './support.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

const locker = (manifest: string, ask = application().ask): Locker =>
  newFileLocker(manifest, newKeys(ask), () => NOON);

const spec = () => beat({ kind: 'name', name: `test-${randomBytes(8).toString('hex')}` });

function acquired(answer: LockAnswer): { grip: Grip; close: () => void } {
  const grip = answer.kind === 'acquired' ? answer.grip : null;
  if (grip === null) throw new Error(JSON.stringify(answer));
  const path = `/proc/self/fd/${grip.fd}`;
  const { ino } = statSync(path);
  const file = readlinkSync(path);
  const isOpen = (): boolean => statSync(path, { throwIfNoEntry: false })?.ino === ino;
  const close = (): void => void (isOpen() && grip.ended());
  onTestFinished(() => {
    rmSync(file, { force: true });
    close();
  });
  return { grip, close };
}

function heldFile(answer: LockAnswer): string {
  if (answer.kind !== 'held') throw new Error(JSON.stringify(answer));
  if (answer.hindrance.kind !== 'lock') throw new Error(JSON.stringify(answer));
  return answer.hindrance.holder.file;
}

test('one has it; another is told who: the supervisor first, its process once there is one', async () => {
  const [one, two] = [locker('/srv/one.yaml'), locker('/srv/two.yaml')];
  const lock = spec();
  const { grip } = acquired(await one.take(lock, never(), 0));
  const holder = (pid: number | null) => ({
    kind: 'held',
    hindrance: {
      kind: 'lock',
      holder: {
        ...NO_LEASE,
        pid,
        supervisorPid: process.pid,
        since: '2026-11-21T12:00:00.000Z',
        manifest: '/srv/one.yaml',
        file: expect.stringMatching(
          /^\/(run\/lock\/prodserver|tmp\/prodserver-lock)\/[0-9a-f]{24}\.lock$/,
        ) as string,
      },
    },
  });
  expect(await two.take(lock, never(), 0)).toEqual(holder(null));
  // The child has it as well, as its copy of the descriptor.
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', grip.fd] });
  onTestFinished(() => void child.kill());
  grip.spawned(4711, null, () => undefined);
  expect(await two.take(lock, never(), 0)).toEqual(holder(4711));
});

test('whoever has a lock of another name does not matter', async () => {
  const one = locker('/srv/one.yaml');
  acquired(await one.take(spec(), never(), 0));
  acquired(await one.take({ ...spec(), name: 'other' }, never(), 0));
});

test('closing frees it, and every user may take it then', async () => {
  const [one, two] = [locker('/srv/one.yaml'), locker('/srv/two.yaml')];
  const lock = spec();
  const first = acquired(await one.take(lock, never(), 0));
  const path = heldFile(await two.take(lock, never(), 0));
  first.close();
  acquired(await two.take(lock, never(), 0));
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ manifest: '/srv/two.yaml', pid: null });
  expect(statSync(path).mode & 0o777).toBe(0o666);
});

test.each(['', '{"pid": ', 'kilroy was here\n', '{"pid":"4711"}\n', 'null'])(
  'a garbled note tells nothing, and the lock counts: %j',
  async (note) => {
    const lock = spec();
    acquired(await locker('/srv/one.yaml').take(lock, never(), 0));
    const other = locker('/srv/two.yaml');
    const file = heldFile(await other.take(lock, never(), 0));
    writeFileSync(file, note);
    expect(await other.take(lock, never(), 0)).toEqual({
      kind: 'held',
      hindrance: {
        kind: 'lock',
        holder: { ...NO_LEASE, pid: null, supervisorPid: null, since: null, manifest: null, file },
      },
    });
  },
);

test('a note may have more than is understood', () => {
  const note = { pid: 1, supervisor_pid: 2, since: null, manifest: '/srv/x.yaml', fence: 7 };
  expect(readNote(JSON.stringify(note), '/l')).toEqual({
    ...NO_LEASE,
    pid: 1,
    supervisorPid: 2,
    since: null,
    manifest: '/srv/x.yaml',
    file: '/l',
  });
});

test('an application is asked again when its files of variables have changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, '.env');
  writeFileSync(file, 'BROKER=one\n');
  const main = randomBytes(8).toString('hex');
  const { ask, orders } = application({
    answer: JSON.stringify({ v: 1, main, broker: 'memory://', scope: {} }),
  });
  const one = locker('/srv/one.yaml', ask);
  const take = async (): Promise<void> =>
    acquired(await one.take({ ...beat(), envFiles: [file] }, never(), 0)).close();
  await take();
  await take();
  expect(orders).toHaveLength(1);
  writeFileSync(file, 'BROKER=two\n');
  await take();
  expect(orders).toHaveLength(2);
});

test('an application is asked once, and again where it could not tell', async () => {
  const answer = JSON.stringify({
    v: 1,
    main: randomBytes(8).toString('hex'),
    broker: 'memory://',
    scope: {},
  });
  const { ask, orders } = application({ answer });
  const one = locker('/srv/one.yaml', ask);
  const { close } = acquired(await one.take(beat(), never(), 0));
  close();
  acquired(await one.take(beat(), never(), 0));
  expect(orders).toHaveLength(1);
  const broken = application({ exit: { code: 1, signal: null } });
  const two = locker('/srv/two.yaml', broken.ask);
  for (const times of [1, 2]) {
    expect(await two.take(beat(), never(), 0)).toMatchObject({
      kind: 'failed',
      permanent: false,
      failure: { code: 'application-broken' },
    });
    expect(broken.orders).toHaveLength(times);
  }
});

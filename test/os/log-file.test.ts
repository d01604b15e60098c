/** A log file on a real disk: what is in it and beside it, whatever happens to it meanwhile. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogFile } from '../../src/model/spec.ts';
import { systemClock } from '../../src/os/clock.ts';
import { openLogFile, type LogFileOutlet } from '../../src/os/log-file.ts';
import { Rig, until } from '../support/rig.ts';

interface World {
  readonly rig: Rig;
  readonly outlet: LogFileOutlet;
  /** What was told of it. */
  readonly told: string[];
  /** Writes all of a text, however often that takes. */
  readonly write: (text: string) => Promise<void>;
  /** The log files and what is in them. */
  readonly files: () => Record<string, string>;
}

function open(change: Partial<LogFile> = {}, prepare: (rig: Rig) => void = () => undefined): World {
  const rig = new Rig();
  prepare(rig);
  const told: string[] = [];
  const log: LogFile = {
    file: join(rig.folder, 'logs', 'job.log'),
    maxBytes: 1000,
    maxAgeMs: null,
    keep: 3,
    whenFull: 'drop',
    ...change,
  };
  const outlet = openLogFile(log, systemClock, {
    opened: () => void told.push('opened'),
    refused: (errno) => void told.push(`refused ${errno}`),
    notRotated: (errno) => void told.push(`not rotated ${errno}`),
  });
  onTestFinished(() => outlet.close());
  return {
    rig,
    outlet,
    told,
    async write(text) {
      let rest = Buffer.from(text);
      while (rest.length > 0 || outlet.pending()) {
        rest = rest.subarray(rest.length === 0 ? 0 : (outlet.write(rest) ?? rest.length));
        await new Promise<void>((done) => outlet.whenWritable(done));
      }
    },
    files() {
      const folder = join(rig.folder, 'logs');
      const names = readdirSync(folder).toSorted();
      return Object.fromEntries(names.map((name) => [name, rig.read(join('logs', name))]));
    },
  };
}

/** So many numbered lines of ten bytes each. */
const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `${String(from + index).padStart(9, '0')}\n`).join('');

test('is made with its folders, for its user and group only, and written on', async () => {
  const { rig, write, files, told } = open({}, (one) => void one.write('logs/job.log', 'before\n'));
  await write('after\n');
  expect(files()).toEqual({ 'job.log': 'before\nafter\n' });
  expect(told).toEqual(['opened']);
  const other = open();
  await other.write('x\n');
  expect(statSync(join(other.rig.folder, 'logs', 'job.log')).mode & 0o777).toBe(0o640);
  expect(existsSync(rig.folder)).toBe(true);
});

describe('rotation by size', () => {
  test('keeps the newest, each of whole lines, and loses and doubles nothing', async () => {
    const { write, files } = open();
    for (let from = 0; from < 350; from += 7) await write(numbered(from, from + 7));
    expect(files()).toEqual({
      'job.log': numbered(300, 350),
      'job.log.1': numbered(200, 300),
      'job.log.2': numbered(100, 200),
      'job.log.3': numbered(0, 100),
    });
    await write(numbered(350, 450));
    expect(files()).toEqual({
      'job.log': numbered(400, 450),
      'job.log.1': numbered(300, 400),
      'job.log.2': numbered(200, 300),
      'job.log.3': numbered(100, 200),
    });
  });

  test('with keep 0 empties the file', async () => {
    const { write, files } = open({ keep: 0 });
    await write(numbered(0, 250));
    expect(files()).toEqual({ 'job.log': numbered(200, 250) });
  });

  test('a line that is longer than a file may be has one of its own', async () => {
    const { write, files } = open();
    const long = `${'x'.repeat(5000)}\n`;
    await write(`short\n${long}next\n`);
    expect(files()).toEqual({ 'job.log': 'next\n', 'job.log.1': long, 'job.log.2': 'short\n' });
  });

  test('a line without an end is torn 1 MiB past the size', async () => {
    const { write, files } = open();
    for (let part = 0; part < 24; part += 1) await write('x'.repeat(64 * 1024));
    const sizes = Object.values(files()).map((text) => text.length);
    expect(sizes).toEqual([24 * 64 * 1024 - 16 * 64 * 1024, 16 * 64 * 1024]);
  });

  test('a file that somebody emptied has room again', async () => {
    const { rig, write, files } = open();
    await write(numbered(0, 90));
    truncateSync(join(rig.folder, 'logs', 'job.log'));
    await write(numbered(90, 150));
    expect(files()).toEqual({ 'job.log': numbered(90, 150) });
  });

  test('one that was moved away is not rotated: a new one is made', async () => {
    const { rig, write, files } = open();
    await write(numbered(0, 90));
    renameSync(join(rig.folder, 'logs', 'job.log'), join(rig.folder, 'logs', 'moved'));
    await write(numbered(90, 150));
    expect(files()).toEqual({ moved: numbered(0, 100), 'job.log': numbered(100, 150) });
  });

  test('that cannot be done is told once; the file grows, and the older ones stay', async () => {
    const { rig, write, files, told } = open({ keep: 1 });
    await write(numbered(0, 50));
    mkdirSync(join(rig.folder, 'logs', 'job.log.1', 'in-the-way'), { recursive: true });
    await write(numbered(50, 350));
    expect(told).toEqual(['opened', 'not rotated EISDIR']);
    rmSync(join(rig.folder, 'logs', 'job.log.1'), { recursive: true });
    expect(files()).toEqual({ 'job.log': numbered(0, 350) });
  });
});

test('rotation by age: with the first line after it', async () => {
  const { rig, write, files } = open({ maxAgeMs: 300 });
  await write('one\n');
  await write('two\n');
  const made = statSync(join(rig.folder, 'logs', 'job.log')).birthtimeMs;
  await until(() => Date.now() - made > 400, 'the age');
  await write('three\n');
  expect(files()).toEqual({ 'job.log': 'three\n', 'job.log.1': 'one\ntwo\n' });
});

describe('opening anew', () => {
  test('after it was moved away', async () => {
    const { rig, outlet, write, files } = open();
    await write('one\n');
    renameSync(join(rig.folder, 'logs', 'job.log'), join(rig.folder, 'logs', 'moved'));
    await write('two\n');
    await outlet.reopen();
    await write('three\n');
    expect(files()).toEqual({ moved: 'one\ntwo\n', 'job.log': 'three\n' });
  });

  test('of what cannot be opened tells why, once; then it can', async () => {
    const { rig, outlet, write, files, told } = open({}, (one) => void one.write('logs', 'no folder'));
    await outlet.reopen();
    await outlet.reopen();
    expect(told).toEqual(['refused ENOTDIR']);
    rmSync(join(rig.folder, 'logs'));
    await outlet.reopen();
    await write('one\n');
    expect(told).toEqual(['refused ENOTDIR', 'opened']);
    expect(files()).toEqual({ 'job.log': 'one\n' });
  });

  test('a pipe without a reader is refused at once, and holds up nothing', async () => {
    const { outlet, told } = open({}, (one) => {
      mkdirSync(join(one.folder, 'logs'));
      expect(spawnSync('mkfifo', [join(one.folder, 'logs', 'job.log')]).status).toBe(0);
    });
    await outlet.reopen();
    expect(told).toEqual(['refused ENXIO']);
  });
});

test('a full disk: nothing is lost or doubled when there is room again', async () => {
  const { rig, outlet, write, files } = open({ maxBytes: 10_000_000 }, (one) => {
    const folder = join(one.folder, 'logs');
    mkdirSync(folder);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status).toBe(0);
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    one.write('logs/ballast', 'x'.repeat(600_000));
  });
  const text = numbered(0, 80_000);
  let done = false;
  const written = write(text).then(() => (done = true));
  await until(() => statSync(join(rig.folder, 'logs', 'job.log')).size > 400_000, 'the disk to be full');
  expect([outlet.pending(), done]).toEqual([true, false]);
  rmSync(join(rig.folder, 'logs', 'ballast'));
  await written;
  expect(files()).toEqual({ 'job.log': text });
});

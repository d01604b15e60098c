import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openOutlet } from '../../src/os/outlet.ts';
import { FakeClock } from '../logs/support.ts';
import { ROOT, Rig, until } from '../support/rig.ts';
import { program } from './support.ts';

const KIB = Buffer.alloc(1024, 'x');

/** An outlet on any descriptor: what it is decides, not its number. */
const outletOn = (fd: number, clock = new FakeClock()) => openOutlet(fd as 1, clock);

function newPipe(): { reader: number; writer: number } {
  const path = join(new Rig().folder, 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

describe('a pipe', () => {
  test('takes what there is room for, then nothing, and says when to try again', () => {
    const { reader, writer } = newPipe();
    const clock = new FakeClock();
    const outlet = outletOn(writer, clock);
    let taken = 0;
    for (let part = outlet.write(KIB); part !== 0; part = outlet.write(KIB)) taken += part ?? NaN;
    expect(taken).toBe(64 * 1024);
    let again = 0;
    // 1 + 2 + 4 ms, and at most 50 ms at once.
    for (const [passed, ms] of [1, 2, 4, 8, 16, 32, 50, 50].entries()) {
      outlet.whenWritable(() => (again += 1));
      clock.pass(ms - 1);
      expect(again).toBe(passed);
      clock.pass(1);
      expect(again).toBe(passed + 1);
    }
    readSync(reader, Buffer.alloc(8192));
    expect(outlet.write(KIB)).toBe(1024);
    outlet.whenWritable(() => (again += 1));
    clock.pass(1);
    expect(again).toBe(9);
    outlet.close();
    closeSync(writer);
    closeSync(reader);
  });

  test('without a reader takes nothing any more', () => {
    const { reader, writer } = newPipe();
    const outlet = outletOn(writer);
    expect(outlet.write(KIB)).toBe(1024);
    closeSync(reader);
    expect(outlet.write(KIB)).toBeNull();
    outlet.close();
    closeSync(writer);
  });

  test('the descriptor of others stays as it is: open, and one that waits', () => {
    const { reader, writer } = newPipe();
    const flags = (): string =>
      spawnSync('sh', ['-c', 'sed -n "s/^flags:[[:space:]]*//p" /proc/self/fdinfo/3'], {
        stdio: ['ignore', 'pipe', 'inherit', writer],
      }).stdout.toString();
    const before = flags();
    const outlet = outletOn(writer);
    outlet.write(KIB);
    expect(Number.parseInt(before, 8) & constants.O_NONBLOCK).toBe(0);
    expect(flags()).toBe(before);
    outlet.close();
    expect(writeSync(writer, KIB)).toBe(1024);
    closeSync(writer);
    closeSync(reader);
  });
});

test('a file is written on from where it is, and cut by nobody', async () => {
  const rig = new Rig();
  const fd = openSync(rig.write('log', ''), 'w');
  writeSync(fd, 'before\n');
  const outlet = outletOn(fd);
  const written = async (): Promise<void> => new Promise((done) => outlet.whenWritable(done));
  expect(outlet.write(Buffer.from('ours\n'))).toBe(5);
  expect([outlet.write(Buffer.from('too soon\n')), outlet.pending()]).toEqual([0, true]);
  await written();
  writeSync(fd, 'after\n');
  expect(outlet.write(Buffer.from('ours again\n'))).toBe(11);
  await written();
  expect(outlet.pending()).toBe(false);
  outlet.close();
  expect(rig.read('log')).toBe('before\nours\nafter\nours again\n');
});

test('/dev/full takes nothing now, and may later', () => {
  const outlet = outletOn(openSync('/dev/full', 'w'));
  expect(outlet.write(KIB)).toBe(0);
  outlet.close();
});

/** Floods its stdout; tells, on its stderr or by a file, when that is full, takes more again, and is gone. */
const FLOOD = `
  import { writeFileSync, writeSync } from 'node:fs';
  import { systemClock } from '$os/clock.ts';
  import { openOutlet } from '$os/outlet.ts';
  const outlet = openOutlet(1, systemClock);
  const bytes = Buffer.alloc(1024, 'x');
  const tell = process.argv[2] === undefined
    ? (text) => writeSync(2, text + '\\n')
    : (text) => writeFileSync(process.argv[2] + '/' + text, '');
  setInterval(() => undefined, 1000);
  const flood = () => {
    const taken = outlet.write(bytes);
    if (taken === null) {
      tell('gone');
      process.exit();
    }
    if (taken > 0) return setImmediate(flood);
    tell('full');
    outlet.whenWritable(again);
  };
  const again = () => {
    const taken = outlet.write(bytes);
    if (taken === 0) return outlet.whenWritable(again);
    if (taken !== null) tell('again');
    setImmediate(flood);
  };
  flood();
`;

describe('a socket', () => {
  // A child's 'pipe' is a socket pair of Node's; nobody reads it before it is asked for.
  const flood = async () => {
    const rig = new Rig();
    const one = rig.spawn([process.execPath, program(rig, FLOOD)]);
    one.child.stdout?.pause();
    await until(() => one.stderr.includes('full'), 'the socket to be full');
    return one;
  };

  test('is full while nobody reads, and goes on when somebody does', async () => {
    const one = await flood();
    one.child.stdout?.resume();
    await until(() => one.stderr.includes('again'), 'the socket to take more');
  });

  test('without a reader takes nothing any more', async () => {
    const one = await flood();
    one.child.stdout?.destroy();
    expect((await one.ended).stderr).toBe('full\ngone\n');
  });
});

test('a terminal that is stopped by Ctrl-S is full, and goes on after Ctrl-Q', async () => {
  const rig = new Rig();
  const helper = join(ROOT, 'test', 'support', 'terminal.py');
  const argv = ['python3', helper, process.execPath, program(rig, FLOOD), rig.folder] as const;
  const terminal = rig.spawn([...argv], { input: true });
  terminal.send('stop');
  const exists = (name: string) => (): boolean =>
    spawnSync('test', ['-e', join(rig.folder, name)]).status === 0;
  await until(exists('full'), 'the terminal to be full');
  expect(exists('again')()).toBe(false);
  terminal.send('go');
  await until(exists('again'), 'the terminal to take more');
});

/** LOG: what is in the files, beside them and on standard output, whatever happens to the disk. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Rig, until, type Running, type StatusRow } from '../support/rig.ts';

/** Writes so many numbered lines of ten bytes, makes a file `done`, and stays. */
const COUNT = `import os, sys, time
for first in range(0, int(sys.argv[1]), 1000):
    sys.stdout.write(''.join('%09d\\n' % number for number in range(first, first + 1000)))
open('done', 'w').close()
time.sleep(1000)
`;
/** Writes a numbered line every 20 ms. */
const TICK = `import itertools, time
for number in itertools.count():
    print('%09d' % number, flush=True)
    time.sleep(0.02)
`;

/** The log files of `job`, the oldest first. */
function files(rig: Rig, folder = 'logs'): string[] {
  const age = (name: string): number => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);
  if (!existsSync(join(rig.folder, folder))) return [];
  return readdirSync(join(rig.folder, folder))
    .filter((name) => name.startsWith('job.log'))
    .toSorted((a, b) => age(b) - age(a))
    .map((name) => join(folder, name));
}

/** What stands in all files; empty where one was renamed between the list and the look. */
function content(rig: Rig): string {
  try {
    return files(rig).reduce((text, name) => text + rig.read(name), '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, number) => `${String(number).padStart(9, '0')}\n`).join('');

/** Numbered lines without a gap from the first on; the last may still be on its way. */
function expectNumbered(text: string): void {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  expect(whole).toBe(numbered(whole.length / 10));
}

function start(rig: Rig, log: string, ...job: readonly string[]): Running {
  rig.write('count.py', COUNT);
  rig.write('tick.py', TICK);
  rig.manifest(
    `PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [python3, ${job.join(', ')}], LOG: {${log}}}\n`,
  );
  return rig.start(['start', '--all']);
}

async function stop(running: Running): Promise<string> {
  running.kill('SIGTERM');
  return (await running.ended).stdout;
}

/** All lines of the supervisor's own, without what differs from run to run. */
const own = (stdout: string): string[] =>
  stdout.replaceAll(/pid \d+|ready after .*?(?=\))/g, '*').split('\n');

describe('rotation', () => {
  test('by size: each file of whole lines, nothing lost, and nothing on standard output', async () => {
    const rig = new Rig();
    const running = start(rig, 'file: logs/job.log, max-size: 20KB, keep: 50', 'count.py', '"50000"');
    await until(() => existsSync(join(rig.folder, 'done')), 'the job to be done');
    await until(() => content(rig).length >= 500_000, 'all lines');
    await running.says(/RUNNING/);
    const stdout = await stop(running);
    expect(content(rig)).toBe(numbered(50_000));
    expect(files(rig)).toHaveLength(25);
    expect(files(rig).map((name) => statSync(join(rig.folder, name)).size)).toEqual(Array(25).fill(20_000));
    expect(own(stdout)).toEqual([
      expect.stringMatching(/^prodserver \| \*, .*prodserver\.yaml: job\.1$/),
      'prodserver | job.1 STOPPED -> STARTING (*)',
      'prodserver | job.1 STARTING -> RUNNING (*, *)',
      'prodserver | SIGTERM: stopping in order (again: faster; a third time: kill)',
      expect.stringMatching(/^prodserver \| job\.1 RUNNING -> STOPPING/),
      expect.stringMatching(/^prodserver \| job\.1 STOPPING -> STOPPED/),
      'prodserver | everything has ended',
      '',
    ]);
  });

  test('by age', async () => {
    const rig = new Rig();
    const running = start(rig, 'file: logs/job.log, max-age: 500ms, keep: 100', 'tick.py');
    await until(() => existsSync(join(rig.folder, 'logs/job.log.3')), 'the third rotation');
    await stop(running);
    expectNumbered(content(rig));
  });
});

test('USR1: opens anew what logrotate has moved away', async () => {
  const rig = new Rig();
  const running = start(rig, 'file: logs/job.log', 'tick.py');
  await until(() => files(rig).length === 1 && content(rig) !== '', 'the first line');
  renameSync(join(rig.folder, 'logs/job.log'), join(rig.folder, 'logs/job.log.1'));
  running.kill('SIGUSR1');
  await running.says(/prodserver \| SIGUSR1: log files reopened\n/);
  await until(() => rig.read('logs/job.log') !== '', 'a line in the new file');
  await stop(running);
  expect(files(rig)).toEqual(['logs/job.log.1', 'logs/job.log']);
  expectNumbered(content(rig));
});

test('USR1 without log files says so', async () => {
  const rig = new Rig();
  rig.manifest('PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sleep, 1000]}\n');
  const running = rig.start(['start', '--all']);
  await running.says(/RUNNING/);
  running.kill('SIGUSR1');
  await running.says(/prodserver \| SIGUSR1: there are no log files to reopen\n/);
  await stop(running);
});

test('two instances have a file each, as it was written: both streams, any bytes, one long line', async () => {
  const rig = new Rig();
  rig.write(
    'say.py',
    `import os, time
os.write(1, b'\\xff\\x00 tab\\t\\r\\n'); time.sleep(0.2)
os.write(2, b'to stderr\\n'); time.sleep(0.2)
os.write(1, b'x' * 200000 + b'\\nwithout an end')
time.sleep(1000)
`,
  );
  rig.manifest(
    `PRODUCTION_PROCESSES:
  job: {BACKEND: Command, CMD: [python3, say.py], INSTANCES: 2, LOG: {file: 'logs/{name}/{instance}.log'}}
`,
  );
  const running = rig.start(['start', '--all']);
  const paths = ['logs/job/job.1.log', 'logs/job/job.2.log'];
  await until(
    () => paths.every((path) => existsSync(join(rig.folder, path)) && rig.read(path).includes('x\n')),
    'all',
  );
  expect((await rig.status()).map((row) => row.log)).toEqual(
    paths.map((path) => ({ file: join(rig.folder, path), lines_dropped: 0 })),
  );
  const stdout = await stop(running);
  expect(stdout).not.toContain('stderr');
  for (const path of paths) {
    expect(rig.read(path)).toBe(`\uFFFD\0 tab\t\r\nto stderr\n${'x'.repeat(200_000)}\nwithout an end\n`);
  }
});

test('a file that cannot be opened: told once, lines on standard output, until it can', async () => {
  const rig = new Rig();
  rig.write('logs', 'no folder');
  const running = start(rig, 'file: logs/job.log', 'tick.py');
  await running.says(/job\.1 {6}\| 000000003\n/);
  running.kill('SIGUSR1');
  await running.says(/prodserver \| SIGUSR1: log files reopened\n/);
  rmSync(join(rig.folder, 'logs'));
  running.kill('SIGUSR1');
  await until(() => existsSync(join(rig.folder, 'logs')) && content(rig) !== '', 'the file');
  const stdout = await stop(running);
  const told = stdout.split('\n').filter((line) => /refused|standard output|permissions/.test(line));
  expect(told).toEqual([
    `prodserver | warning: job.1: the log file ${rig.folder}/logs/job.log cannot be opened: ENOTDIR; its lines go to standard output [log-refused]`,
    'prodserver |   check the folder and its permissions; it is tried again every 10 s',
  ]);
  const shown = [...stdout.matchAll(/^job\.1 +\| (\d+)$/gm)].map((match) => `${match[1]}\n`).join('');
  expectNumbered(shown + content(rig));
});

describe('a full disk', () => {
  /** How long the disk stays full. A reader is stuck after 1 s. Milliseconds. */
  const FULL_MS = 3000;
  const LINES = 500_000;

  const mount = (folder: string, options: string): void => {
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    expect(status, String(stderr)).toBe(0);
  };

  async function fill(rig: Rig, whenFull: string): Promise<{ running: Running; row: StatusRow }> {
    const folder = join(rig.folder, 'logs');
    mkdirSync(folder);
    mount(folder, 'size=1m');
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const running = start(rig, `file: logs/job.log, when-full: ${whenFull}`, 'count.py', `"${LINES}"`);
    await until(
      () => files(rig).length === 1 && statSync(join(folder, 'job.log')).size >= 1024 ** 2,
      'a full disk',
    );
    const since = performance.now();
    // `status` answers all the time.
    const row = await until(async () => {
      const [now] = await rig.status();
      expect(now?.state).toMatch(/STARTING|RUNNING/);
      return performance.now() - since > FULL_MS && now;
    }, 'the disk to be full for long');
    return { running, row };
  }

  test('drop: the process goes on, what is lost is counted, and told when there is room again', async () => {
    const rig = new Rig();
    const { running } = await fill(rig, 'drop');
    await until(() => existsSync(join(rig.folder, 'done')), 'the job to be done');
    mount(join(rig.folder, 'logs'), 'remount,size=64m');
    await until(() => content(rig).includes('dropped'), 'the word about it');
    const { supervisors, processes } = await rig.statusObject();
    const dropped = processes[0]?.log.lines_dropped ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(supervisors[0]?.log_lines_dropped).toBe(dropped);
    await stop(running);
    const told = `prodserver | ${dropped} log lines dropped: they could not be written in time\n`;
    expect(content(rig)).toContain(told);
    // The last ones may have met with room again.
    const kept = content(rig).replace(told, '').split('\n').slice(0, -1);
    expect(kept).toHaveLength(LINES - dropped);
    expect(
      kept.every((line, index) => /^\d{9}$/.test(line) && (index === 0 || line > (kept[index - 1] ?? ''))),
    ).toBe(true);
  });

  test('block: the process waits for as long as it takes, and nothing is lost', async () => {
    const rig = new Rig();
    const { running, row } = await fill(rig, 'block');
    expect(row.log.lines_dropped).toBe(0);
    expect(existsSync(join(rig.folder, 'done'))).toBe(false);
    mount(join(rig.folder, 'logs'), 'remount,size=64m');
    await until(() => content(rig).length === LINES * 10, 'all lines');
    await stop(running);
    expect(content(rig)).toBe(numbered(LINES));
  });
});

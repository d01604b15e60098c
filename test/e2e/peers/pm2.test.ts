/** The findings and complaints on PM2, and the traps of Node that it is built on, each tried on prodserver. */
import { constants, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alive, Rig, tryKill, until } from '../../support/rig.ts';
import {
  commands,
  descriptorsOf,
  environmentOf,
  lines,
  residentBytes,
  rowOf,
  running,
  sh,
  startInto,
} from './stage.ts';

const SLEEP = ['sleep', '1000'];
const MIB = 1024 * 1024;

test('PM2 5, Unitech/pm2#6135: an entry that cannot be executed is FATAL, and switches off nothing for the others', async () => {
  const rig = new Rig();
  rig.write('plain', 'text');
  commands(rig, { ghost: ['./no-such-program'], plain: ['./plain'], job: SLEEP, beside: SLEEP });
  const start = rig.start(['start', '--all']);
  const pid = await running(start, 'job.1');
  await start.says(/beside\.1 STARTING -> RUNNING/);
  const rows = await rig.status();
  expect(rows.map((row) => [row.instance, row.state, row.reason, row.pid !== null])).toEqual([
    ['ghost.1', 'FATAL', 'program-missing', false],
    ['plain.1', 'FATAL', 'program-not-executable', false],
    ['job.1', 'RUNNING', null, true],
    ['beside.1', 'RUNNING', null, true],
  ]);
  for (const { memory, state } of rows) {
    if (state === 'RUNNING') expect(memory.rss_bytes).toBeGreaterThan(100_000);
    else expect(memory).toEqual({ rss_bytes: null, pss_bytes: null });
  }
  expect((await rig.run(['status'])).code).toBe(3);
  tryKill(pid);
  await start.says(/job\.1 RUNNING -> STARTING \(ended by SIGKILL; started again/);
  expect((await rowOf(rig, 'beside.1')).memory.rss_bytes).toBeGreaterThan(100_000);
  start.kill('SIGTERM');
  await start.ended;
});

test('PM2 6, superlance memmon: the memory of a process is that of its forked children too', async () => {
  const rig = new Rig();
  rig.write(
    'main.py',
    `import os, time
if os.fork() == 0:
    if os.fork() == 0:
        held = bytearray(b"x") * (100 * 1024 * 1024)
        print("allocated", flush=True)
    time.sleep(1000)
time.sleep(1000)
`,
  );
  commands(rig, { job: ['python3', 'main.py'] });
  const start = rig.start(['start', '--all']);
  const pid = await running(start, 'job.1');
  await until(() => start.stdout.includes('| allocated'), 'the memory to be allocated');
  const { memory } = await rowOf(rig, 'job.1');
  expect(residentBytes(pid)).toBeLessThan(50 * MIB);
  expect(memory.rss_bytes).toBeGreaterThan(100 * MIB);
  expect(memory.pss_bytes).toBeGreaterThan(100 * MIB);
  // PSS counts once what the three share, so that a prefork pool is not taken for more than it is.
  expect(memory.pss_bytes).toBeLessThan(memory.rss_bytes ?? 0);
  start.kill('SIGTERM');
  await start.ended;
});

describe('PM2 7: max-attempts means what it says', () => {
  const BACKOFF = { initial: '1s', factor: 1 };

  test('with a delay it ends in FATAL, and the wait before has its time', async () => {
    const rig = new Rig();
    const RESTART = { 'max-attempts': 2, backoff: { initial: '4s' } };
    commands(rig, { job: { CMD: sh('echo start >>starts; exit 4'), RESTART }, other: SLEEP });
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> BACKOFF/);
    const waiting = await rowOf(rig, 'job.1');
    expect(waiting).toMatchObject({ state: 'BACKOFF', attempt: 1 });
    expect(Date.parse(waiting.next_retry_at ?? '')).toBeLessThan(Date.now() + 5000);
    await start.says(/job\.1 \w+ -> FATAL \(given up after 2 attempts; the last: exit code 4\)/);
    const row = { state: 'FATAL', reason: 'attempts-used-up', attempt: 2, restarts: 1, next_retry_at: null };
    expect(await rowOf(rig, 'job.1')).toMatchObject(row);
    expect(lines(rig, 'starts')).toHaveLength(2);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a process that dies each time after it was ready is delayed and given up too (Supervisor#1285, #1189)', async () => {
    const rig = new Rig();
    commands(rig, {
      job: {
        CMD: sh('date +%s%N >>starts; sleep 1.3; exit 5'),
        RESTART: { 'max-attempts': 3, backoff: BACKOFF },
      },
    });
    const ended = await rig.run(['start', 'job']);
    expect(ended.code).toBe(5);
    expect(ended.stdout.match(/job\.1 STARTING -> RUNNING/g)).toHaveLength(3);
    expect(ended.stdout).toContain(
      'job.1 RUNNING -> FATAL (given up after 3 attempts; the last: exit code 5)',
    );
    const times = lines(rig, 'starts').map((line) => Number(line) / 1e6);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0) - 1300);
    // At once after the first, then after the delay of 1 s, which may be a fifth less.
    expect(gaps).toHaveLength(2);
    expect(gaps[1]).toBeGreaterThan(750);
  });
});

test('PM2 8: of its own it adds two variables to a child’s environment, and takes none', async () => {
  const rig = new Rig();
  commands(rig, { job: { CMD: SLEEP, ENV: { MINE: 'value' } }, plain: SLEEP });
  const start = rig.start(['start', '--all']);
  const pids = [await running(start, 'job.1'), await running(start, 'plain.1')];
  const own = environmentOf(start.pid);
  const [job = {}, plain = {}] = pids.map(environmentOf);
  const mark = (instance: string): unknown =>
    expect.stringMatching(new RegExp(`^[0-9a-f]{16}/${instance}:1:${start.pid}$`));
  const added = (instance: string): object => ({ SPT_NOENV: '1', PRODSERVER_INSTANCE: mark(instance) });
  expect(plain).toEqual({ ...own, ...added('plain.1') });
  expect(job).toEqual({ ...own, ...added('job.1'), MINE: 'value' });
  start.kill('SIGTERM');
  await start.ended;
});

test('Unitech/pm2#6113 (complaint 17): a crash loop leaves no descriptor open and no memory in use', async () => {
  const reference = new Rig();
  commands(reference, { other: SLEEP });
  const plain = startInto(reference, '>/dev/null');
  const rig = new Rig();
  const RESTART = { 'max-attempts': 8, backoff: { initial: '1s', factor: 1 } };
  const CMD = sh('yes trouble | head -n 5000 >&2; echo start >>starts; exit 1');
  commands(rig, { loop: { CMD, INSTANCES: 15, RESTART }, other: SLEEP });
  const start = startInto(rig, '>/dev/null');
  await until(() => lines(rig, 'starts').length >= 30, 'the first starts');
  const before = residentBytes(start.pid);
  await until(
    async () => (await rig.status()).every((row) => row.name === 'other' || row.state === 'FATAL'),
    'FATAL',
  );
  expect(lines(rig, 'starts')).toHaveLength(120);
  expect(residentBytes(start.pid) - before).toBeLessThan(60 * MIB);
  const open = (pid: number): number => Object.keys(descriptorsOf(pid)).length;
  // The lock for the name that the other lacks is all that it has more.
  await until(
    () => open(start.pid) === open(plain.pid) + 1,
    'its descriptors to be those of a supervisor without a crash',
  );
  for (const one of [start, plain]) one.kill('SIGTERM');
  expect([(await start.ended).code, (await plain.ended).code]).toEqual([143, 143]);
});

test('Unitech/pm2#4737 (complaint 17): a full disk behind its output costs lines, not memory', async () => {
  const rig = new Rig();
  commands(rig, { flood: ['yes', 'x'.repeat(1000)], job: SLEEP });
  const start = startInto(rig, '>/dev/full');
  const dropped = async (more: number): Promise<number> =>
    until(async () => {
      const { stdout } = await rig.run(['status', '--json']);
      const count = Number(/"log_lines_dropped": (\d+)/.exec(stdout)?.[1] ?? 0);
      return count > more ? count : null;
    }, `more than ${more} lines to be dropped`);
  const first = await dropped(0);
  const before = residentBytes(start.pid);
  // A hundred megabytes more.
  await dropped(first + 100_000);
  expect(residentBytes(start.pid) - before).toBeLessThan(60 * MIB);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
});

test('Unitech/pm2#1522 (complaint 18): each process has its own time to finish', async () => {
  const rig = new Rig();
  rig.write(
    'main.py',
    `import signal, sys, time
def end(*_):
    time.sleep(2)
    print(sys.argv[1], "saved its work", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("told me", flush=True)
while True:
    time.sleep(0.05)
`,
  );
  const entry = (name: string, timeout: string): object => ({
    CMD: ['python3', 'main.py', name],
    STOP: { timeout },
  });
  commands(rig, { patient: entry('patient', '20s'), hasty: entry('hasty', '500ms') });
  const start = rig.start(['start', '--all']);
  await start.says(/RUNNING/);
  await start.says(/RUNNING/);
  start.kill('SIGTERM');
  const { stdout } = await start.ended;
  expect(stdout).toMatch(/patient\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+, up to 20 s\)/);
  expect(stdout).toMatch(/hasty\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+, up to 500 ms\)/);
  expect(stdout).toMatch(/patient\.1 STOPPING -> STOPPED \(exit code 0 after/);
  expect(stdout).toMatch(/hasty\.1 STOPPING -> STOPPED \(ended by SIGKILL after/);
  expect(stdout.match(/\w+ saved its work/g)).toEqual(['patient saved its work']);
});

describe('Node', () => {
  test('no child has the supervisor’s stdio, nor any other of its descriptors', async () => {
    const rig = new Rig();
    commands(rig, { job: SLEEP });
    const start = rig.start(['start', '--all']);
    const pid = await running(start, 'job.1');
    const own = descriptorsOf(start.pid);
    const { 0: input, 1: output, 2: errors, ...others } = descriptorsOf(pid);
    expect(input).toBe('/dev/null');
    for (const one of [output, errors]) {
      expect(one).toMatch(/^pipe:\[\d+\]$/);
      expect([own[0], own[1], own[2]]).not.toContain(one);
    }
    expect(output).not.toBe(errors);
    // What the supervisor itself was started with it did not open.
    const inherited = descriptorsOf(process.pid);
    expect(Object.values(others).filter((one) => !Object.values(inherited).includes(one))).toEqual([]);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('the open files behind its output, which others share, stay blocking ones', async () => {
    const rig = new Rig();
    await rig.spawn(['mkfifo', 'out', 'err']).ended;
    const reader = rig.spawn(['cat', 'out']);
    rig.spawn(['cat', 'err']);
    commands(rig, { job: SLEEP });
    const start = startInto(rig, '>out 2>err');
    await running(reader, 'job.1');
    for (const fd of [1, 2]) {
      const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${start.pid}/fdinfo/${fd}`, 'utf8'))?.[1];
      expect(Number.parseInt(flags ?? '', 8) & constants.O_NONBLOCK).toBe(0);
    }
    start.kill('SIGTERM');
    await start.ended;
  });

  test('an orphan that holds a dead process’s stdout open does not delay its restart', async () => {
    const rig = new Rig();
    // Without the mark, outside the session: nothing but the pipe connects it with the process.
    const orphan = `env -i "PRODSERVER_TEST_RIG=$PRODSERVER_TEST_RIG" setsid sh -c 'echo orphan $$; exec sleep 999'`;
    commands(rig, { job: sh(`(${orphan} &); exec sleep 1000`) });
    const start = rig.start(['start', '--all']);
    const [, orphaned] = await start.says(/\| orphan (\d+)/);
    const pid = await running(start, 'job.1');
    expect(descriptorsOf(Number(orphaned))[1]).toBe(descriptorsOf(pid)[1]);
    tryKill(pid);
    await start.says(/job\.1 RUNNING -> STARTING \(ended by SIGKILL; started again/);
    // It did not wait for the end of the pipe.
    expect(alive(Number(orphaned))).toBe(true);
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
    expect(rig.survivors()).toEqual([]);
  });
});

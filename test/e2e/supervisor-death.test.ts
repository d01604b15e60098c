/** SIGKILL of a supervisor: its processes finish their work, and the next one starts no second copy beside them. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alive, markedPids, Rig, type Running, tryKill, until } from '../support/rig.ts';

/** Writes down when it begins and when it ends; at TERM it works on for as long as `drain` lets it. */
const JOB = `
import os, signal, sys, time
def note(text):
    with open("notes", "a") as file:
        file.write(f"{text} {os.getpid()}\\n")
def drain(*_):
    note("told")
    while not os.path.exists("drained"):
        time.sleep(0.02)
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, drain)
note("began")
while True:
    time.sleep(0.02)
`;

const job = (rig: Rig, stop = '60s'): void => {
  rig.write('job.py', JOB);
  rig.manifest(`PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [python3, job.py]
    STOP: {timeout: ${stop}}
`);
};

/** The kernel tells it once for each thread of the supervisor that was its parent, and the next supervisor again: once is enough. */
const notes = (rig: Rig): string[] =>
  existsSync(join(rig.folder, 'notes'))
    ? rig
        .read('notes')
        .trim()
        .split('\n')
        .filter((line, index, lines) => line !== lines[index - 1])
    : [];
const words = (rig: Rig): string[] => notes(rig).map((line) => line.split(' ')[0] ?? '');
const told = (rig: Rig): Promise<boolean> =>
  until(() => words(rig).includes('told'), 'the kernel to tell the job');

const running = async (start: Running, instance = 'job.1'): Promise<number> => {
  const pattern = new RegExp(`${instance.replace('.', '\\.')} \\w+ -> RUNNING \\(pid (\\d+)`);
  return Number((await start.says(pattern))[1]);
};

const records = (rig: Rig): string[] =>
  readdirSync(join(rig.folder, 'run')).filter((name) => name.endsWith('.run'));

/** Those of the rig that still act and that some supervisor started. */
const children = (rig: Rig): number[] => rig.survivors().filter(alive);

/** The words of a process, each ended by a NUL; empty for one that is gone. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};

/**
 * RUNNING is said of a Command as soon as it is spawned. Before its own code runs, setpriv may not have asked the kernel
 * yet to tell it, and TERM would end it by default.
 */
async function killed(rig: Rig, begun = () => words(rig).includes('began')): Promise<Running> {
  const start = rig.start(['start', '--all']);
  await running(start);
  await until(begun, 'its process to begin');
  start.kill('SIGKILL');
  await until(() => start.over, 'the supervisor to be gone');
  return start;
}

describe('its processes', () => {
  test('are told by the kernel, and finish', async () => {
    const rig = new Rig();
    job(rig);
    await killed(rig);
    await told(rig);
    writeFileSync(join(rig.folder, 'drained'), '');
    await until(() => words(rig).includes('ended'), 'the job to end by itself');
    await until(() => children(rig).length === 0, 'nothing to be left');
  });
});

describe('the next supervisor', () => {
  test('waits for what is left, says so, and starts when it has ended', async () => {
    const rig = new Rig();
    job(rig);
    await killed(rig);
    await told(rig);
    const next = rig.start(['start', '--all']);
    const [, left] = await next.says(
      /job\.1 (?:STOPPED -> )?WAITING \(what a killed supervisor left of it still runs \(pid (\d+)\)\)/,
    );
    expect(notes(rig)).toEqual([`began ${left}`, `told ${left}`]);
    const status = await rig.run(['status']);
    expect(status.stdout).toMatch(
      new RegExp(
        `^job\\.1 +WAITING {3}what a killed supervisor left of it still runs \\(pid ${left}\\)$`,
        'm',
      ),
    );
    writeFileSync(join(rig.folder, 'drained'), '');
    const pid = await running(next);
    await until(() => words(rig).length === 4, 'the successor to begin');
    // One after the other, and told once only.
    expect(notes(rig)).toEqual([`began ${left}`, `told ${left}`, `ended ${left}`, `began ${pid}`]);
    next.kill('SIGTERM');
    expect((await next.ended).code).toBe(143);
    expect(children(rig)).toEqual([]);
    expect(records(rig)).toEqual([]);
  });

  test('ends what takes too long by the ladder, and starts then', async () => {
    const rig = new Rig();
    job(rig, '1s');
    await killed(rig);
    await told(rig);
    const next = rig.start(['start', '--all']);
    await running(next);
    await until(() => words(rig).length === 3, 'the successor to begin');
    expect(words(rig)).toEqual(['began', 'told', 'began']);
    await until(() => children(rig).length === 2, 'its child');
    next.kill('SIGKILL');
  });

  test('tells what the kernel could not: a change of user clears the signal, and so does this', async () => {
    const rig = new Rig();
    rig.write('job.py', JOB);
    rig.manifest(`PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [setpriv, --pdeathsig, clear, python3, job.py]
`);
    await killed(rig);
    const next = rig.start(['start', '--all']);
    await next.says(/job\.1 (?:STOPPED -> )?WAITING \(what a killed/);
    await told(rig);
    writeFileSync(join(rig.folder, 'drained'), '');
    await running(next);
    await until(() => words(rig).length === 4, 'the successor to begin');
    expect(words(rig)).toEqual(['began', 'told', 'ended', 'began']);
    next.kill('SIGKILL');
  });

  test('that is stopped while it waits leaves nothing behind', async () => {
    const rig = new Rig();
    job(rig, '1s');
    await killed(rig);
    await told(rig);
    const next = rig.start(['start', '--all']);
    await next.says(/job\.1 (?:STOPPED -> )?WAITING \(what a killed/);
    next.kill('SIGTERM');
    expect((await next.ended).code).toBe(143);
    expect(children(rig)).toEqual([]);
  });

  test('finds what no record names, and what has left its parent and its session', async () => {
    const rig = new Rig();
    rig.manifest(`PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [sh, -c, "setsid sh -c 'sleep 1000 &'; exec sleep 1001"]
`);
    const sleepers = (seconds: number): number[] =>
      children(rig).filter((pid) => commandOf(pid) === `sleep\0${seconds}\0`);
    const start = await killed(rig, () => [1000, 1001].every((seconds) => sleepers(seconds).length === 1));
    // The crash came between the spawn and the writing.
    for (const name of records(rig)) rmSync(join(rig.folder, 'run', name));
    await until(() => sleepers(1001).length === 0, 'the one that was told to end');
    const [escaped] = sleepers(1000);
    expect(escaped).toBeDefined();
    const next = rig.start(['start', '--all']);
    await running(next);
    expect(alive(escaped ?? 0)).toBe(false);
    await until(() => [1000, 1001].every((seconds) => sleepers(seconds).length === 1), 'one of each');
    next.kill('SIGTERM');
    await next.ended;
    expect(start.over).toBe(true);
    expect(children(rig)).toEqual([]);
  });

  test('waits for an instance that the manifest no longer has', async () => {
    const rig = new Rig();
    const manifest = (instances: number): string =>
      rig.manifest(`PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"]
    INSTANCES: ${instances}
    STOP: {timeout: 1s}
`);
    manifest(2);
    const start = rig.start(['start', '--all']);
    await running(start, 'job.2');
    start.kill('SIGKILL');
    await until(() => start.over, 'the supervisor to be gone');
    manifest(1);
    const next = rig.start(['start', '--all']);
    await running(next);
    const shells = children(rig).filter((pid) => commandOf(pid).startsWith('sh\0'));
    expect(shells).toHaveLength(1);
    next.kill('SIGTERM');
    await next.ended;
  });
});

describe('a record', () => {
  const bystander = async (
    rig: Rig,
    change: (record: Record<string, unknown>) => object,
  ): Promise<number> => {
    job(rig);
    await killed(rig);
    await told(rig);
    writeFileSync(join(rig.folder, 'drained'), '');
    await until(() => children(rig).length === 0, 'the job to end');
    const other = rig.spawn(['sleep', '1000']);
    const [name = ''] = records(rig);
    const path = join(rig.folder, 'run', name);
    const record = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...record, pid: other.pid, ...change(record) }));
    rmSync(join(rig.folder, 'drained'));
    const next = rig.start(['start', '--all']);
    await running(next);
    next.kill('SIGKILL');
    return other.pid;
  };
  const startOf = (pid: number): number =>
    Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19]);

  test('whose pid passed to another process is not that process', async () => {
    const rig = new Rig();
    const pid = await bystander(rig, () => ({}));
    expect(alive(pid)).toBe(true);
    tryKill(pid);
  });

  test.each(['boot_id', 'pid_namespace'])('of another %s names no process of this one', async (key) => {
    const rig = new Rig();
    let sleeping = 0;
    const pid = await bystander(rig, () => {
      sleeping =
        markedPids(`PRODSERVER_TEST_RIG=${rig.folder}`).find(
          (one) => commandOf(one) === 'sleep\x001000\x00',
        ) ?? 0;
      return { start_ticks: startOf(sleeping), [key]: 'another' };
    });
    expect(pid).toBe(sleeping);
    expect(alive(pid)).toBe(true);
    tryKill(pid);
  });

  test('that is cut short is put aside', async () => {
    const rig = new Rig();
    job(rig);
    await killed(rig);
    await told(rig);
    const [name = ''] = records(rig);
    writeFileSync(join(rig.folder, 'run', name), '{"v":1,"inst');
    const next = rig.start(['start', '--all']);
    await next.says(/job\.1 (?:STOPPED -> )?WAITING \(what a killed/);
    writeFileSync(join(rig.folder, 'drained'), '');
    await running(next);
    await until(() => words(rig).length === 4, 'the successor to begin');
    expect(words(rig)).toEqual(['began', 'told', 'ended', 'began']);
    next.kill('SIGKILL');
  });
});

test('without setpriv it says what is lost', async () => {
  const rig = new Rig();
  rig.write('bin/.keep', '');
  rig.manifest('PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [/bin/sleep, "1000"]}\n');
  const start = rig.start(['start', '--all'], { env: { PATH: join(rig.folder, 'bin') } });
  await start.says(
    /warning: processes would go on unaware if this supervisor were killed \[parent-death-missing\]\n.*install util-linux/,
  );
  await running(start);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
});

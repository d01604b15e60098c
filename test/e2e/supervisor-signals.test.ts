/** Every signal that a supervisor can be sent, and those that it was started with ignored or blocked. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { becomeReady, commands, said } from '../support/commands.ts';
import { Company, numberOf } from '../support/obedient.ts';
import { Rig, type Running, tryKill, until } from '../support/rig.ts';

const IN_ORDER = (signal: string): string =>
  `${signal}: stopping in order (again: faster; a third time: kill)`;
const DIES = (signal: string): string[] => [
  'job.1 RUNNING -> STOPPING (SIGTERM to pid N, up to 10 s)',
  `job.1 STOPPING -> STOPPED (ended by ${signal} after T)`,
];

describe('a signal with a meaning', () => {
  test.each([
    ['SIGTERM', 143, [IN_ORDER('SIGTERM'), ...DIES('SIGTERM')]],
    ['SIGINT', 130, [IN_ORDER('SIGINT'), ...DIES('SIGTERM')]],
    [
      'SIGQUIT',
      131,
      [
        'SIGQUIT: killing what is left',
        'job.1 RUNNING -> STOPPING (SIGKILL the whole tree of pid N, up to 5 s)',
        'job.1 STOPPING -> STOPPED (ended by SIGKILL after T)',
      ],
    ],
  ] as const)('%s ends it with %i, and says so', async (signal, code, lines) => {
    const rig = new Rig();
    commands(rig, { job: 'CMD: [sleep, 1000]' });
    const start = rig.start(['start', '--all']);
    await becomeReady(start, 1);
    start.kill(signal);
    expect((await start.ended).code).toBe(code);
    expect(said(start).slice(3)).toEqual([...lines, 'everything has ended']);
    expect(start.stderr).toBe('');
    expect(rig.survivors()).toEqual([]);
  });
});

test('a signal that has none, or only says something, neither ends nor harms it', async () => {
  const rig = new Rig();
  const company = await Company.of(rig);
  commands(rig, { job: `CMD: ${company.cmd()}` });
  const start = rig.start(['start', '--all']);
  await becomeReady(start, 1);
  const job = await company.next('job.1');
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGALRM'] as const) {
    await job.on(signal, 'report');
  }
  const nothing = ['SIGWINCH', 'SIGCHLD', 'SIGCONT', 'SIGPIPE', 'SIGURG', 'SIGXFSZ'] as const;
  const stray = ['SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR', 'SIGSTKFLT', 'SIGXCPU'] as const;
  for (const signal of [...nothing, ...stray]) start.kill(signal);
  start.kill('SIGHUP');
  await start.says(/the manifest says what it said before: nothing was changed\n/);
  start.kill('SIGUSR1');
  await start.says(/SIGUSR1: there are no log files to reopen\n/);
  start.kill('SIGUSR2');
  const [, state = ''] = await start.says(/prodserver \| state: (\{.*\})\n/);
  const dumped = JSON.parse(state) as { supervisor: object; processes: object[] };
  expect(dumped.supervisor).toMatchObject({ pid: start.pid, degraded: false, stopping: false });
  expect(dumped.processes).toMatchObject([
    { instance: 'job.1', state: 'RUNNING', pid: job.pid, restarts: 0 },
  ]);
  // It can be stopped, and goes on where it was.
  start.kill('SIGSTOP');
  await until(() => readFileSync(`/proc/${start.pid}/stat`, 'latin1').includes(') T '), 'it to be stopped');
  start.kill('SIGCONT');
  expect((await rig.status())[0]).toMatchObject({ state: 'RUNNING', pid: job.pid, restarts: 0 });
  expect(
    said(start)
      .slice(3)
      .filter((line) => !line.startsWith('state: ')),
  ).toEqual([
    'SIGHUP: reading the manifest again',
    'the manifest says what it said before: nothing was changed',
    'SIGUSR1: there are no log files to reopen',
  ]);
  // Nothing was passed on: what the job gets first is the TERM of the stop.
  start.kill('SIGTERM');
  await job.gets('SIGTERM');
  expect(job.got).toEqual(['SIGTERM']);
  job.exit(0);
  expect((await start.ended).code).toBe(143);
});

test('a fault that ends it: the kernel tells its processes', async () => {
  const rig = new Rig();
  const company = await Company.of(rig);
  const stray = (['SIGTRAP', 'SIGSYS', 'SIGABRT'] as const).map((signal) => ({
    signal,
    name: `j${numberOf(signal)}`,
  }));
  commands(rig, Object.fromEntries(stray.map(({ name }) => [name, `CMD: ${company.cmd()}`])));
  const starts = stray.map(({ name }) =>
    rig.spawn(['sh', '-c', `ulimit -c 0; exec "$0" "$@"`, process.execPath, rig.bin, 'start', name]),
  );
  await Promise.all(
    stray.map(async ({ signal, name }, at) => {
      const start = starts[at] as Running;
      const job = await company.next(`${name}.1`);
      await job.on('SIGTERM', 'report');
      await becomeReady(start, 1);
      start.kill(signal);
      expect(await start.ended).toMatchObject({ code: null, signal, stderr: '' });
      await job.gets('SIGTERM');
      job.exit(0);
    }),
  );
  await until(() => rig.survivors().length === 0, 'all to have ended');
});

describe('what it was started with', () => {
  const start = (rig: Rig, how: string): Running => {
    commands(rig, { job: `CMD: [sh, -c, 'grep -E "^Sig(Blk|Ign)" /proc/self/status; exec sleep 1000']` });
    rig.write('evil.py', `import os, signal, sys\n${how}\nos.execv(sys.argv[1], sys.argv[1:])\n`);
    return rig.spawn(['python3', 'evil.py', process.execPath, rig.bin, 'start', '--all']);
  };
  const ALL = 'set(range(1, 32)) - {9, 19}';

  test.each([
    ['ignored', `for one in ${ALL}: signal.signal(one, signal.SIG_IGN)`],
    ['blocked', `signal.pthread_sigmask(signal.SIG_BLOCK, ${ALL})`],
  ])('%s: its processes have every signal at its default, and it obeys TERM', async (_, how) => {
    const rig = new Rig();
    const one = start(rig, how);
    await becomeReady(one, 1);
    const lines = one.stdout.split('\n').filter((line) => line.includes('Sig'));
    expect(lines).toEqual(['SigBlk', 'SigIgn'].map((name) => `job.1      | ${name}:\t${'0'.repeat(16)}`));
    // Its exits are still seen, though the kernel was told to throw them away.
    const [row] = await rig.status();
    tryKill(row?.pid ?? 0);
    await one.says(/job\.1 RUNNING -> STARTING \(ended by SIGKILL; started again: pid \d+\)/);
    one.kill('SIGTERM');
    expect((await one.ended).code).toBe(128 + constants.signals.SIGTERM);
    expect(rig.survivors()).toEqual([]);
  });

  test('nohup: a hang-up does not end it, TERM does', async () => {
    const rig = new Rig();
    commands(rig, { job: 'CMD: [sleep, 1000]' });
    const one = rig.spawn(['nohup', process.execPath, rig.bin, 'start', '--all']);
    await becomeReady(one, 1);
    one.kill('SIGHUP');
    await one.says(/SIGHUP: reading the manifest again\n/);
    one.kill('SIGTERM');
    expect((await one.ended).code).toBe(143);
  });
});

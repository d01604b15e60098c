/** Every way in which a process can end: seen as it was, answered by policy, and mirrored where it was the only one. */
import { describe, expect, test } from 'vitest';
import { becomeReady, commands, READY, steady, story } from '../support/commands.ts';
import { Company, numberOf, type Signal } from '../support/obedient.ts';
import { Rig } from '../support/rig.ts';
import { endAfterReady, endBeforeReady, stopped } from './exits.ts';

/** Those that end a process by default, except the realtime ones. */
const ENDING = (
  'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM ' +
  'SIGTERM SIGSTKFLT SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGIO SIGPWR SIGSYS'
).split(' ') as NodeJS.Signals[];

/** Those that mean something to somebody; all 256 are in the long tier. */
const SOME = [0, 1, 2, 3, 64, 75, 78, 126, 127, 128, 129, 130, 137, 143, 254, 255];

describe('exit codes', () => {
  test('after it was ready, all at once: on-failure tells 0 from the others', () => endAfterReady(SOME));
  test('before it was ready: never leaves it', () => endBeforeReady(SOME));
});

describe('each signal that ends a process', () => {
  test('is named, and the process starts again; Node tells no realtime signal from exit code 0', async () => {
    const rig = new Rig();
    const company = await Company.of(rig);
    const ends = new Map<string, Signal>(
      [...ENDING, 34, 64].map((signal) => [`s${numberOf(signal)}`, signal]),
    );
    commands(rig, Object.fromEntries([...ends.keys()].map((name) => [name, `CMD: ${company.cmd()}`])));
    const start = rig.start(['start', '--all']);
    await becomeReady(start, ends.size);
    for (const [name, signal] of ends) (await company.next(`${name}.1`)).die(signal);
    await becomeReady(start, ends.size);
    expect((await rig.status()).map(({ name, restarts, exit }) => [name, restarts, exit])).toEqual(
      [...ends].map(([name, signal]) => [
        name,
        1,
        typeof signal === 'number' ? { code: 0, signal: null } : { code: null, signal },
      ]),
    );
    for (const [name, signal] of ends) {
      const how = typeof signal === 'number' ? 'exit code 0' : `ended by ${signal}`;
      expect(story(start, `${name}.1`)).toEqual([
        ...READY,
        `RUNNING -> STARTING (${how}; started again: pid N)`,
        READY[1],
      ]);
    }
    await stopped(rig, start);
  });
});

test('each policy, for a success, a failure and a signal', async () => {
  const rig = new Rig();
  const company = await Company.of(rig);
  const restarted = (how: string): string => `RUNNING -> STARTING (${how}; started again: pid N)`;
  const cases: readonly (readonly [policy: string, end: number | NodeJS.Signals, line: string])[] = [
    ['always', 0, restarted('exit code 0')],
    ['always', 3, restarted('exit code 3')],
    ['always', 'SIGTERM', restarted('ended by SIGTERM')],
    ['on-failure', 0, 'RUNNING -> EXITED (exit code 0 after T)'],
    ['on-failure', 3, restarted('exit code 3')],
    ['on-failure', 'SIGTERM', restarted('ended by SIGTERM')],
    ['never', 0, 'RUNNING -> EXITED (exit code 0 after T)'],
    ['never', 3, 'RUNNING -> EXITED (exit code 3 after T)'],
    ['never', 'SIGTERM', 'RUNNING -> EXITED (ended by SIGTERM after T)'],
  ];
  commands(
    rig,
    Object.fromEntries(
      cases.map(([policy, end]) => [
        `${policy}-${end}`,
        `CMD: ${company.cmd()}, RESTART: {policy: ${policy}}`,
      ]),
    ),
  );
  const start = rig.start(['start', '--all']);
  await becomeReady(start, cases.length);
  for (const [policy, end] of cases) {
    const one = await company.next(`${policy}-${end}.1`);
    if (typeof end === 'number') one.exit(end);
    else one.die(end);
  }
  for (const _ of cases) await start.says(/\.1 RUNNING -> \w+ \(.*\)\n/);
  for (const [policy, end, line] of cases) {
    expect(story(start, `${policy}-${end}.1`).slice(0, 3)).toEqual([...READY, line]);
  }
  await stopped(rig, start);
});

describe('the exit code of a single process is that of its supervisor', () => {
  const ends: Readonly<Record<string, number>> = {
    ...Object.fromEntries([0, 1, 78, 126, 137, 255].map((code) => [`exit ${code}`, code])),
    ...Object.fromEntries(
      (['SIGHUP', 'SIGINT', 'SIGKILL', 'SIGSEGV'] as const).map((signal) => [
        `ulimit -c 0; kill -${numberOf(signal)} $$$$`,
        128 + numberOf(signal),
      ]),
    ),
  };

  test(`${Object.keys(ends).length} ends`, async () => {
    const rig = new Rig();
    const scripts = Object.keys(ends);
    commands(
      rig,
      Object.fromEntries(
        scripts.map((script, at) => [`c${at}`, `CMD: [sh, -c, '${script}'], RESTART: {policy: never}`]),
      ),
    );
    const seen: Record<string, unknown> = {};
    const queue = scripts.entries();
    const take = async (): Promise<void> => {
      for (const [at, script] of queue) {
        const ended = await rig.run(['start', `c${at}`]);
        seen[script] = ended.code;
        expect(ended.stderr).toBe('');
        const code = ends[script] ?? 0;
        const signal = /kill -(\d+)/.exec(script)?.[1];
        const name = ENDING.find((one) => numberOf(one) === Number(signal));
        expect(steady(ended.stdout).split('\n').slice(1)).toEqual([
          `prodserver | c${at}.1 STOPPED -> STARTING (pid N)`,
          `prodserver | c${at}.1 STARTING -> EXITED (${name === undefined ? `exit code ${code}` : `ended by ${name}`} after T)`,
          'prodserver | everything has ended',
          '',
        ]);
      }
    };
    await Promise.all([take(), take(), take()]);
    expect(seen).toEqual(ends);
  });
});

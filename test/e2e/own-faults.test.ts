/** A fault of the supervisor's own, which only an injected one can show: it is told, and supervision goes on. */
import { expect, test } from 'vitest';
import { Rig, tryKill } from '../support/rig.ts';

const FAULTS = `
process.on('SIGWINCH', () => { throw new TypeError('a fault in a listener'); });
process.on('SIGURG', () => { void Promise.reject(new Error('nobody caught this', { cause: new Error('the cause') })); });
`;

test.each([
  [
    'an exception that nobody caught',
    'SIGWINCH',
    /TypeError: a fault in a listener\nprodserver \| +at .*faults\.mjs/,
  ],
  [
    'a rejection that nobody handled',
    'SIGURG',
    /Error: nobody caught this\n(prodserver \| .*\n)+?prodserver \| caused by: Error: the cause/,
  ],
] as const)('%s', async (_, signal, stack) => {
  const rig = new Rig();
  const file = rig.write('faults.mjs', FAULTS);
  rig.manifest('PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sleep, "1000"]}\n');
  const start = rig.spawn([process.execPath, '--import', file, rig.bin, 'start', '--all']);
  const [, first] = await start.says(/job\.1 STARTING -> RUNNING \(pid (\d+)/);
  expect((await rig.statusObject()).supervisors).toMatchObject([{ degraded: false }]);

  start.kill(signal);
  await start.says(/prodserver \| a fault of prodserver itself; supervision goes on\n/);
  await start.says(stack);
  expect((await rig.statusObject()).supervisors).toMatchObject([{ degraded: true }]);
  expect((await rig.status())[0]).toMatchObject({ state: 'RUNNING', pid: Number(first) });

  tryKill(Number(first));
  await start.says(/job\.1 RUNNING -> STARTING \(ended by SIGKILL; started again: pid \d+\)/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});

test('without a descriptor to spare it blames nobody, and starts the process when there is one', async () => {
  const rig = new Rig();
  rig.manifest(
    'PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sleep, "1000"], RESTART: {max-attempts: 2}}\n',
  );
  const start = rig.start(['start', '--all']);
  const [, first] = await start.says(/job\.1 STARTING -> RUNNING \(pid (\d+)/);
  const limit = async (files: string): Promise<void> => {
    const { code } = await rig.spawn(['prlimit', '--pid', String(start.pid), `--nofile=${files}`]).ended;
    expect(code).toBe(0);
  };
  await limit('10:');
  tryKill(Number(first));
  await start.says(
    /job\.1 RUNNING -> BACKOFF \(the system refused to start a process: EMFILE; next start in [\d.]+ m?s\)/,
  );
  await start.says(/BACKOFF \(the system refused to start a process: EMFILE; next start in [\d.]+ s\)/);
  await limit('1024:');
  await start.says(/job\.1 BACKOFF -> STARTING \(pid \d+\)/);
  expect((await rig.status())[0]).toMatchObject({ attempt: 1 });
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
});

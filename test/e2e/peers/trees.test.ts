/** Whom a stop has to end, and what it says meanwhile. */
import { describe, expect, test } from 'vitest';
import { alive, Rig, until } from '../../support/rig.ts';
import { commands, lines, processes, running, sh } from './stage.ts';

const SLEEP = ['sleep', '1000'];

describe('Supervisor/supervisor#1101, #1396, #1502 (complaint 5)', () => {
  test('a grandchild in a session of its own does not survive a stop, which says so only then', async () => {
    const rig = new Rig();
    // The shell between them is gone at once, so that nobody’s parent tells whose it is; the main process obeys TERM.
    commands(rig, { job: sh(`(setsid sleep 901 &); (setsid sleep 902 &); exec sleep 903`), other: SLEEP });
    const start = rig.start(['start', '--all']);
    await running(start, 'job.1');
    const [escaped] = await until(() => {
      const found = [...processes(rig, 'sleep', '901'), ...processes(rig, 'sleep', '902')];
      return found.length === 2 ? found : null;
    }, 'the two');
    expect(escaped).toBeDefined();
    expect(await rig.run(['stop', 'job'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'job.1: stopped\n',
      stderr: '',
    });
    expect([901, 902, 903].flatMap((seconds) => processes(rig, 'sleep', String(seconds)))).toEqual([]);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('nor a crash of its parent, after which the next one starts alone', async () => {
    const rig = new Rig();
    commands(rig, { job: sh(`setsid sleep 901 & sleep 1.2; exit 3`) });
    const start = rig.start(['start', '--all']);
    await running(start, 'job.1');
    await start.says(/job\.1 RUNNING -> STARTING \(exit code 3/);
    await running(start, 'job.1');
    expect(processes(rig, 'sleep', '901')).toHaveLength(1);
    start.kill('SIGTERM');
    await start.ended;
    expect(rig.survivors()).toEqual([]);
  });

  test('nor one that emptied its environment too, by the end of the supervisor', async () => {
    const rig = new Rig();
    // The rig’s own mark is all that is left to it.
    const daemon = `env -i "PRODSERVER_TEST_RIG=$PRODSERVER_TEST_RIG" setsid sh -c 'echo daemon $$; sleep 901 & wait'`;
    commands(rig, { job: sh(`(${daemon} &); exec sleep 1000`) });
    const start = rig.start(['start', '--all']);
    const [, daemonised] = await start.says(/\| daemon (\d+)/);
    await running(start, 'job.1');
    expect(alive(Number(daemonised))).toBe(true);
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
    expect(rig.survivors().filter(alive)).toEqual([]);
  });
});

test('F1bonacc1/process-compose#520 (complaint 5): a leader that ends first does not save its group from the kill', async () => {
  const rig = new Rig();
  const member = `trap '' TERM; echo member $$; while :; do sleep 0.1; done`;
  commands(rig, { job: sh(`sh -c '${member.replaceAll("'", `'\\''`)}' & wait`) });
  const start = rig.start(['start', '--all']);
  const [, pid] = await start.says(/\| member (\d+)/);
  await running(start, 'job.1');
  start.kill('SIGTERM');
  const { stdout } = await start.ended;
  expect(stdout).toMatch(/job\.1 STOPPING -> STOPPED \(ended by SIGTERM/);
  expect(alive(Number(pid))).toBe(false);
});

test('F1bonacc1/process-compose#354, #258 (complaint 23): a shutdown names the one that blocks, with its time, and ends it', async () => {
  const rig = new Rig();
  commands(rig, {
    stuck: { CMD: sh(`trap '' TERM; while :; do sleep 0.1; done`), STOP: { timeout: '5s' } },
    quick: SLEEP,
  });
  const start = rig.start(['start', '--all']);
  await start.says(/RUNNING/);
  await start.says(/RUNNING/);
  const stop = rig.start(['stop']);
  const [, pid] = await start.says(/stopping: waiting for stuck\.1 \(pid (\d+), [\d.]+ s of 5 s\)\n/);
  await start.says(new RegExp(`stuck\\.1 STOPPING \\(SIGKILL the whole tree of pid ${pid}, up to 5 s\\)`));
  const { code, stderr } = await stop.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`^stuck\\.1: stopping, pid ${pid}, \\d+ s$`, 'm'));
  expect(stderr).not.toContain('quick');
  expect((await start.ended).code).toBe(0);
});

test('circus#776, #1154, #987: a stop that takes long holds up no other command', async () => {
  const rig = new Rig();
  rig.write('slow.sh', `trap 'echo told >>told' TERM\nwhile [ ! -e enough ]; do sleep 0.05; done\n`);
  commands(rig, { slow: { CMD: ['sh', 'slow.sh'], STOP: { timeout: '60s' } }, quick: SLEEP, other: SLEEP });
  const start = rig.start(['start', '--all']);
  for (const name of ['slow', 'quick', 'other']) {
    await until(() => start.stdout.includes(`${name}.1 STARTING -> RUNNING`), `${name} to be RUNNING`);
  }
  const slow = rig.start(['stop', 'slow']);
  await until(() => lines(rig, 'told').length === 1, 'the slow one to be told');
  expect((await rig.run(['stop', 'quick'])).stdout).toBe('quick.1: stopped\n');
  const states = (await rig.status()).map(({ instance, state }) => [instance, state]);
  expect(Object.fromEntries(states)).toEqual({
    'slow.1': 'STOPPING',
    'quick.1': 'STOPPED',
    'other.1': 'RUNNING',
  });
  expect(slow.over).toBe(false);
  rig.write('enough', '');
  expect((await slow.ended).stdout).toBe('slow.1: stopped\n');
  start.kill('SIGTERM');
  await start.ended;
});

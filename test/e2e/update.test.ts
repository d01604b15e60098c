/** A running set is changed: by commands, and by what its manifest says now. */
import { expect, test } from 'vitest';
import { commands, said } from '../support/commands.ts';
import { Rig, type Running } from '../support/rig.ts';

const JOB = 'CMD: [sleep, "1000"]';

async function begin(
  rig: Rig,
  entries: Readonly<Record<string, string>>,
  names = ['--all'],
): Promise<Running> {
  commands(rig, entries);
  const start = rig.start(['start', ...names]);
  await start.says(/\.\d STARTING -> RUNNING/);
  return start;
}

/** State and pid of each instance. */
const seen = async (rig: Rig): Promise<Record<string, string>> =>
  Object.fromEntries((await rig.status()).map(({ instance, state }) => [instance, state]));
const pidOf = async (rig: Rig, instance: string): Promise<number | null | undefined> =>
  (await rig.status()).find((row) => row.instance === instance)?.pid;

test('scaled up and down, signalled, started and stopped by pattern', async () => {
  const rig = new Rig();
  const start = await begin(rig, { job: JOB, mail: `${JOB}, AUTOSTART: false` });
  const first = await pidOf(rig, 'job.1');
  expect(await rig.run(['scale', 'job=3'])).toMatchObject({
    code: 0,
    stdout: 'job.2 and job.3: added\n',
  });
  expect(await seen(rig)).toEqual({
    'job.1': 'RUNNING',
    'mail.1': 'STOPPED',
    'job.2': 'RUNNING',
    'job.3': 'RUNNING',
  });
  expect(await rig.run(['update', '--dry-run', '--json'])).toMatchObject({ stdout: '{"changes":[]}\n' });
  expect(await rig.run(['scale', 'job=1', '--json'])).toMatchObject({
    stdout:
      '{"changes":[{"instance":"job.2","kind":"removed","fields":[],"effect":null},' +
      '{"instance":"job.3","kind":"removed","fields":[],"effect":null}]}\n',
  });
  expect(await seen(rig)).toEqual({ 'job.1': 'RUNNING', 'mail.1': 'STOPPED' });
  expect(await pidOf(rig, 'job.1')).toBe(first);
  expect(await rig.run(['start', '--attach', 'ma*', 'job'])).toMatchObject({
    code: 0,
    stdout: 'mail.1: started\njob.1: runs already\n',
  });
  expect(await rig.run(['stop', 'm?il'])).toMatchObject({ code: 0, stdout: 'mail.1: stopped\n' });
  expect(await rig.run(['signal', 'hup', 'job', 'mail'])).toMatchObject({
    code: 3,
    stdout: `job.1: SIGHUP sent to pid ${first}\nmail.1: does not run\n`,
  });
  await start.says(/job\.1 RUNNING -> STARTING \(ended by SIGHUP/);
  expect(await rig.run(['shutdown'])).toMatchObject({ code: 0, stdout: 'job.1: stopped\nmail.1: stopped\n' });
  expect((await start.ended).code).toBe(0);
  expect(rig.survivors()).toEqual([]);
});

test('a manifest that has changed: what is new starts, what is gone leaves, what must restarts, the rest goes on', async () => {
  const rig = new Rig();
  const start = await begin(rig, { live: JOB, again: JOB, gone: JOB });
  await start.says(/gone\.1 STARTING -> RUNNING/);
  const [live, again] = [await pidOf(rig, 'live.1'), await pidOf(rig, 'again.1')];
  commands(rig, {
    live: `${JOB}, STOP: {timeout: 3s}`,
    again: `${JOB}, ENV: {COLOUR: blue}`,
    young: JOB,
  });
  const told =
    'live.1: STOP SIGTERM for 10 s, then SIGKILL to the whole tree -> SIGTERM for 3 s, then SIGKILL to the whole tree (live)\n' +
    'again.1: ENV COLOUR added (restart)\nyoung.1: added\ngone.1: removed (stop)\n';
  expect(await rig.run(['update', '--dry-run'])).toMatchObject({ code: 0, stdout: told });
  expect(await pidOf(rig, 'again.1')).toBe(again);
  expect(await rig.run(['update'])).toMatchObject({ code: 0, stdout: told });
  expect(await seen(rig)).toEqual({ 'live.1': 'RUNNING', 'again.1': 'RUNNING', 'young.1': 'RUNNING' });
  expect(await pidOf(rig, 'live.1')).toBe(live);
  expect(await pidOf(rig, 'again.1')).not.toBe(again);
  start.kill('SIGHUP');
  await start.says(/the manifest says what it said before: nothing was changed/);

  rig.manifest('PRODUCTION_PROCESSES: {live: {BACKEND: Comand, CMD: [sleep]}}\n');
  const refused = await rig.run(['update']);
  expect([refused.code, refused.stdout]).toEqual([78, '']);
  expect(refused.stderr).toContain('prodserver.yaml:1:40: error: ');
  expect(refused.stderr).toContain('error: nothing was changed in the supervisor with pid ');
  expect(said(start).at(-1)).toBe('the manifest is not usable: nothing was changed');
  expect(Object.keys(await seen(rig))).toEqual(['live.1', 'again.1', 'young.1']);
  start.kill('SIGTERM');
  await start.says(/live\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+, up to 3 s\)/);
  expect((await start.ended).code).toBe(143);
});

test('a supervisor of some names keeps to them; a name of another supervisor is not taken', async () => {
  const rig = new Rig();
  const all = await begin(rig, { one: JOB });
  commands(rig, { one: JOB, two: JOB });
  const other = rig.start(['start', 'two']);
  await other.says(/two\.1 STARTING -> RUNNING/);
  const update = await rig.run(['update']);
  expect(update.code).toBe(1);
  expect(update.stderr).toContain(
    `two of ${rig.folder}/prodserver.yaml is supervised by pid ${other.pid} since `,
  );
  expect(update.stderr).toContain(`nothing was changed in the supervisor with pid ${all.pid}`);
  expect(Object.keys(await seen(rig)).toSorted()).toEqual(['one.1', 'two.1']);
  for (const start of [all, other]) start.kill('SIGTERM');
  await Promise.all([all.ended, other.ended]);
});

test.each([
  [['scale', 'job'], 'write NAME=NUMBER, such as worker=4, not "job"'],
  [['scale', 'job=0'], 'to run none of job, use: prodserver stop job'],
  [['signal', 'hopp', 'job'], 'there is no signal "hopp"; did you mean HUP?'],
  [['signal', 'HUP'], 'name the processes to signal, or give --all'],
  [['start', '--attach'], 'name the processes to start, or give --all'],
])('%j', async (words, detail) => {
  expect(await new Rig().run(words)).toMatchObject({
    code: 2,
    stderr: `error: ${detail} [usage]\n  see prodserver --help\n`,
  });
});

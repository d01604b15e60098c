/** What processes said and what has happened, read from a running set. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands, steady } from '../support/commands.ts';
import { Rig } from '../support/rig.ts';

const TALK = String.raw`CMD: [sh, -c, "echo one; echo two >&2; echo three; exec sleep 1000"]`;
const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

test('the last lines, wherever they go; a follower sees the next run, and ends with the supervisor', async () => {
  const rig = new Rig();
  commands(rig, { talk: `${TALK}, LOG: {file: talk.log}`, quiet: 'CMD: [sleep, "1000"]' });
  const start = rig.start(['start', '--all']);
  await start.says(/talk\.1 STARTING -> RUNNING/);
  const logs = async (...words: string[]) => rig.run(['logs', ...words]);
  const filed = readFileSync(`${rig.folder}/talk.log`, 'utf8');
  expect(filed.trimEnd().split('\n').toSorted()).toEqual(['one', 'three', 'two']);
  expect(await logs()).toMatchObject({
    code: 0,
    stdout: filed.replaceAll(/^(?=.)/gm, 'talk.1     | '),
    stderr: '',
  });
  const json = (await logs('--json', '-n', '3', 'ta*')).stdout.trimEnd().split('\n');
  expect(json.map((line) => JSON.parse(line.replace(ISO, 'T')) as unknown)).toEqual(
    expect.arrayContaining([
      { time: 'T', process: 'talk', instance: 'talk.1', stream: 'stdout', line: 'one' },
      { time: 'T', process: 'talk', instance: 'talk.1', stream: 'stderr', line: 'two' },
      { time: 'T', process: 'talk', instance: 'talk.1', stream: 'stdout', line: 'three' },
    ]),
  );
  expect((await logs('talk.1', '-t', '-n', '1')).stdout).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z talk\.1 {5}\| \w+\n$/,
  );
  const [follower, interrupted] = [rig.start(['logs', '-f', 'talk']), rig.start(['logs', '-f'])];
  for (const one of [follower, interrupted]) for (let line = 0; line < 3; line += 1) await one.says(/\n/);
  interrupted.kill('SIGINT');
  expect(await interrupted.ended).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' });
  await rig.run(['restart', 'talk']);
  for (let line = 0; line < 3; line += 1) await follower.says(/talk\.1 +\| (one|two|three)\n/);
  start.kill('SIGTERM');
  expect(await follower.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});

test('events: as start prints them, as objects, and as a stream that ends with the last of them', async () => {
  const rig = new Rig();
  commands(rig, { job: 'CMD: [sleep, "1000"]', fail: 'CMD: [sh, -c, "exit 3"], RESTART: {policy: never}' });
  const start = rig.start(['start', '--all']);
  await start.says(/fail\.1 .*EXITED/);
  await start.says(/job\.1 STARTING -> RUNNING/);
  const follower = rig.start(['events', '-f', '-n', '0']);
  const story = steady((await rig.run(['events', 'job'])).stdout);
  expect(story).toBe(
    'prodserver | job.1 STOPPED -> STARTING (pid N)\n' +
      'prodserver | job.1 STARTING -> RUNNING (pid N, ready after T)\n',
  );
  const { stdout } = await rig.run(['events', '--json', '-n', '1', 'fail']);
  expect(JSON.parse(stdout.replace(ISO, 'T'))).toEqual({
    id: expect.any(Number) as number,
    time: 'T',
    supervisor_pid: start.pid,
    type: 'changed',
    level: 'info',
    process: 'fail',
    instance: 'fail.1',
    generation: 1,
    from: 'STARTING',
    to: 'EXITED',
    reason: 'crash',
    pid: null,
    exit: { code: 3, signal: null },
    message: expect.stringMatching(/^fail\.1 STARTING -> EXITED \(exit code 3 after \d+ ms\)$/) as string,
  });
  const piped = rig.spawn(['bash', '-c', `"${rig.bin}" events | head -1; echo "\${PIPESTATUS[@]}"`]);
  expect((await piped.ended).stdout).toMatch(/^prodserver \| pid \d+, .*: job\.1, fail\.1\n0 0\n$/);
  await rig.run(['restart', 'job']);
  await follower.says(/restarting, as a command asks/);
  start.kill('SIGTERM');
  const told = (await follower.ended).stdout;
  expect((await follower.ended).code).toBe(0);
  expect(told.endsWith('prodserver | everything has ended\n')).toBe(true);
  // What it prints of its own is what was told, line by line.
  const own = start.stdout.split('\n').filter((line) => line.startsWith('prodserver | '));
  expect(own.join('\n')).toContain(told.trimEnd());
});

test('a reader that has stopped reading holds nothing up, and is told what it missed', async () => {
  const rig = new Rig();
  const flood = String.raw`CMD: [python3, -c, "print(('x' * 999 + '\\n') * 4000 + 'the end', flush=True); import time; time.sleep(1000)"]`;
  commands(rig, { talk: TALK, flood: `${flood}, AUTOSTART: false` });
  const start = rig.start(['start', '--all']);
  await start.says(/talk\.1 STARTING -> RUNNING/);
  const stuck = rig.start(['logs', '-f']);
  for (let line = 0; line < 3; line += 1) await stuck.says(/\n/);
  stuck.kill('SIGSTOP');
  expect(await rig.run(['start', '--attach', 'flood'])).toMatchObject({ code: 0 });
  await start.says(/flood\.1 +\| the end/);
  expect((await rig.status()).map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
  stuck.kill('SIGCONT');
  await stuck.says(/\d+ log lines? dropped: nobody read them in time\n/);
  await stuck.says(/flood\.1 +\| the end\n/);
  const seen = stuck.stdout.split('\n').filter((line) => line.includes('xxx')).length;
  // It may fall behind again while it catches up.
  const missed = [...stuck.stdout.matchAll(/\| (\d+) log lines? dropped: nobody/g)];
  expect(missed.reduce((sum, [, count]) => sum + Number(count), seen)).toBe(4000);
  // With a reader that never comes back it ends all the same.
  stuck.kill('SIGSTOP');
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  stuck.kill('SIGCONT');
  await stuck.ended;
});

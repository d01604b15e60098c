/** `restart` of plain commands: one after the other, each stopped before it starts. */
import { expect, test } from 'vitest';
import { becomeReady, commands, said, steady } from '../support/commands.ts';
import { alive, Rig, type Running } from '../support/rig.ts';

/** Starts unless there is a file `broken`. */
const JOB = `CMD: [sh, -c, "test ! -e broken || exit 1; exec sleep 1000"]`;

async function begin(rig: Rig, entries: Readonly<Record<string, string>>, count: number): Promise<Running> {
  commands(rig, entries);
  const start = rig.start(['start', '--all']);
  for (let seen = 0; seen < count; seen += 1) await start.says(/\.\d \w+ -> RUNNING/);
  return start;
}

async function end(rig: Rig, start: Running): Promise<void> {
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
}

const pids = async (rig: Rig): Promise<(number | null)[]> => (await rig.status()).map(({ pid }) => pid);

/** What was said from the order on. */
const since = (start: Running): string[] => {
  const lines = said(start);
  return lines.slice(lines.lastIndexOf('restarting, as a command asks'));
};

test('what runs is stopped and started, replica by replica; what does not is started', async () => {
  const rig = new Rig();
  const start = await begin(rig, { job: `${JOB}, INSTANCES: 2`, other: JOB }, 3);
  expect(await rig.run(['stop', 'other'])).toMatchObject({ code: 0 });
  const before = await pids(rig);
  const restart = await rig.run(['restart']);
  expect(restart).toMatchObject({
    code: 0,
    stdout: 'job.1: restarted\njob.2: restarted\nother.1: started\n',
  });
  expect(steady(restart.stderr)).toMatch(
    /^(.*job\.2: (waits for its turn|the new one starts|stopping).*, \d+ s\n)+/,
  );
  const after = await rig.status();
  expect(after.map(({ state, restarts }) => [state, restarts])).toEqual([
    ['RUNNING', 0],
    ['RUNNING', 0],
    ['RUNNING', 0],
  ]);
  expect(before.filter((pid) => pid !== null && alive(pid))).toEqual([]);
  expect(after.map(({ exits }) => exits.at(-1)?.reason)).toEqual(['manual', 'manual', 'manual']);
  const those = since(start).filter((line) => line.startsWith('job'));
  expect(those.map((line) => line.replaceAll(/\d[\d.]* m?s\b/g, 'T s'))).toEqual(
    ['job.1', 'job.2'].flatMap((name) => [
      `${name}: replacing it: as a command asks; it stops before it starts`,
      expect.stringMatching(`^${name} RUNNING -> STOPPING \\(SIGTERM to pid N, up to`) as string,
      `${name} STOPPING -> STARTING (pid N)`,
      expect.stringMatching(`^${name} STARTING -> RUNNING \\(pid N, ready after`) as string,
      expect.stringMatching(
        `^${name} restarted, as a command asks; successor ready in T s; drained in T s$`,
      ) as string,
    ]),
  );
  await end(rig, start);
});

test('one that comes up no more: the others of its name are left alone', async () => {
  const rig = new Rig();
  const start = await begin(rig, { job: `${JOB}, INSTANCES: 2` }, 2);
  const [, second] = await pids(rig);
  rig.write('broken', '');
  const restart = await rig.run(['restart', 'job']);
  expect(restart.code).toBe(1);
  expect(restart.stderr.split('\n').slice(-3)).toEqual([
    'error: not restarted: job.1: exit code 1; job.2: left alone after that [restart-failed]',
    '  mend what it says, then restart again; see "prodserver status"',
    '',
  ]);
  const rows = await rig.status();
  expect(rows.map(({ state }) => state)).toEqual(['BACKOFF', 'RUNNING']);
  expect(rows[1]?.pid).toBe(second);
  expect(said(start)).toContain('job.1: could not be replaced (as a command asks): exit code 1');
  await end(rig, start);
});

test('without waiting, with a limit, as JSON, of a name that nobody has', async () => {
  const rig = new Rig();
  const start = await begin(rig, { job: JOB }, 1);
  expect(await rig.run(['restart', 'job', '--no-wait'])).toMatchObject({
    code: 0,
    stdout: 'job.1: restarting\n',
  });
  await becomeReady(start, 1);
  expect(await rig.run(['restart', 'job.1', '--json'])).toMatchObject({
    code: 0,
    stdout: '{"restarted":["job.1"],"started":[]}\n',
    stderr: '',
  });
  const late = await rig.run(['restart', '--timeout', '10ms']);
  expect(late).toMatchObject({ code: 1, stdout: '' });
  expect(late.stderr).toBe(
    'error: job.1 not restarted after 10 ms [restart-timeout]\n  it goes on restarting; see "prodserver status"\n',
  );
  expect(await rig.run(['restart', 'jop'])).toMatchObject({
    code: 4,
    stderr:
      'error: no supervisor has a process "jop"; did you mean "job"? [process-not-running-here]\n  they have: job\n',
  });
  await end(rig, start);
});

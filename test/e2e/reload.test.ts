/** `reload`, and supervisorctl's words, by the built program. */
import { expect, inject, test } from 'vitest';
import { commands } from '../support/commands.ts';
import { page } from '../support/page.ts';
import { freePort, Rig, until } from '../support/rig.ts';

const APP = `import page


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [page.TEXT.encode()]
`;

test('gunicorn by its own reload, a command by a replacement, what does not run not at all', async () => {
  const rig = new Rig();
  const port = await freePort();
  rig.write('wsgi.py', APP);
  rig.write('page.py', 'TEXT = "one"\n');
  rig.manifest(`PRODUCTION_PROCESSES:
  web: {BACKEND: GunicornServer, APP: wsgi.application, ARGS: {bind: "127.0.0.1:${port}", workers: 2}, READY: {http: /}}
  job: {BACKEND: Command, CMD: [sleep, "1000"]}
  off: {BACKEND: Command, CMD: [sleep, "1000"], AUTOSTART: false}
SUPERVISOR: {python: ${inject('python')}}
`);
  const start = rig.start(['start', '--all'], { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  const rows = async () => Object.fromEntries((await rig.status()).map((row) => [row.name, row]));
  await until(
    async () => (await rows())['web']?.ready === true && (await rows())['job']?.ready,
    'both to run',
  );
  const before = await rows();
  expect(await page(port)).toBe('one');
  rig.write('page.py', 'TEXT = "two"\n');

  const [web, job] = [before['web']?.pid, before['job']?.pid];
  const reload = await rig.run(['reload']);
  expect(reload).toMatchObject({
    code: 0,
    stdout:
      `web.1: reloaded (SIGHUP to pid ${web})\njob.1: replaced\n` +
      'off.1: not reloaded, it is STOPPED; start it with: prodserver start --attach off.1\n',
  });
  expect(reload.stderr).toMatch(/^((web|job)\.1: .*, \d+ s\n)+$/);
  expect(await page(port)).toBe('two');
  const after = await rows();
  expect(after['web']?.pid).toBe(web);
  const workers = (row = after['web']): number[] => row?.members.slice(1) ?? [];
  expect(workers()).toHaveLength(2);
  expect(workers().filter((pid) => workers(before['web']).includes(pid))).toEqual([]);
  expect(after['job']?.pid).not.toBe(job);
  expect(after['job']?.exits.at(-1)?.reason).toBe('reload');
  expect(after['off']?.state).toBe('STOPPED');
  await start.says(
    new RegExp(`web\\.1 reloaded: SIGHUP to pid ${web}, all its workers are new after [\\d.]+ m?s`),
  );

  expect(await rig.run(['reload', 'off', '--json'])).toMatchObject({
    code: 3,
    stdout:
      '{"waited":true,"instances":[{"instance":"off.1","way":"none","signal":null,"pid":null,"state":"STOPPED"}]}\n',
    stderr: '',
  });
  rig.write('page.py', 'def broken(:\n');
  const broken = await rig.run(['reload', 'web']);
  expect([broken.code, broken.stdout]).toEqual([1, '']);
  expect(broken.stderr).toMatch(
    /^(web\.1: .*\n)*error: not reloaded: web\.1: exit code [13] \[reload-failed\]\n  mend what it says, then reload again; see "prodserver status"\n$/,
  );
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});

test("supervisorctl's words", async () => {
  const rig = new Rig();
  commands(rig, {
    job: 'CMD: [sh, -c, "echo hello; exec sleep 1000"], INSTANCES: 2',
    off: 'CMD: [sleep, "1000"], AUTOSTART: false',
  });
  const start = rig.start(['start', 'all']);
  for (const _ of [1, 2]) await start.says(/job\.\d STARTING -> RUNNING/);
  const [one, two] = (await rig.status()).map(({ pid }) => pid);
  const words: readonly (readonly [readonly string[], number, string])[] = [
    [
      ['avail'],
      0,
      'job.1                            in use    auto\njob.2                            in use    auto\n' +
        'off.1                            in use    manual\n',
    ],
    [['pid'], 0, `${start.pid}\n`],
    [['pid', 'all'], 3, `${one}\n${two}\n0\n`],
    [['tail', 'job.1'], 0, 'job.1      | hello\n'],
    [['reread'], 0, 'nothing has changed\n'],
    [['stop', 'all'], 0, 'job.1: stopped\njob.2: stopped\noff.1: stopped\n'],
  ];
  for (const [argv, code, stdout] of words) expect(await rig.run(argv)).toMatchObject({ code, stdout });
  expect(await rig.run(['pid', 'jop'])).toMatchObject({
    code: 4,
    stderr:
      'error: no supervisor has a process "jop"; did you mean "job"? [process-not-running-here]\n  they have: job, off\n',
  });
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});

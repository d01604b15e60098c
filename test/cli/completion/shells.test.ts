/** What bash completes when its own completion asks, as a key would. The shells at a terminal: the long tier. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, GOOD } from '../support.ts';
import { Rig, ROOT, until } from '../../support/rig.ts';

const PATH = `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`;

/** Each line of words, with what bash offers for the last of them. */
async function offered(rig: Rig, ...lines: readonly string[]): Promise<string[]> {
  rig.write('script', (await rig.run(['completion', 'bash'])).stdout);
  rig.write(
    'ask',
    `. ./script
ask() {
    COMP_WORDS=(prodserver "$@") COMP_CWORD=$#
    _prodserver prodserver "\${COMP_WORDS[COMP_CWORD]}" ''
    echo "\${COMPREPLY[*]}"
}
${lines.map((line) => `ask ${line}`).join('\n')}
`,
  );
  const { code, stdout, stderr } = await rig.spawn(['bash', '--norc', 'ask'], { env: { PATH } }).ended;
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n').slice(0, -1);
}

test('bash: verbs, names of the manifest that the line names, values, and nothing where there is none', async () => {
  const rig = new Rig();
  rig.write('my shop.yaml', GOOD);
  expect(
    await offered(
      rig,
      'st',
      `start -f 'my shop.yaml' w`,
      'check --format = j',
      'check -f my',
      'start -f none.yaml w',
    ),
  ).toEqual(['start status stop', 'web worker worker.1 worker.2', 'json', 'my shop.yaml', '']);
});

test('what runs has names too, and a manifest that is broken spoils nothing', async () => {
  const rig = new Rig();
  rig.manifest('PRODUCTION_PROCESSES: {job: {BACKEND: Command, CMD: [sleep, 1000], INSTANCES: 2}}');
  const start = rig.start(['start', '--all']);
  await start.says(/job\.2 STARTING -> RUNNING/);
  rig.manifest('PRODUCTION_PROCESSES: {job: [');
  // On a machine that is busy the supervisor may be asked for longer than anybody waits.
  const whole = {
    code: 0,
    signal: null,
    stdout: ':\njob\tCommand\njob.1\tCommand\njob.2\tCommand\n',
    stderr: '',
  };
  await until(async () => {
    const told = await rig.run(['__complete', 'zsh', 'stop', '']);
    return JSON.stringify(told) === JSON.stringify(whole);
  }, 'names of what runs');
  start.kill('SIGTERM');
  await start.ended;
});

test('a supervisor that does not answer keeps nobody waiting: the manifest has names too', async () => {
  const rig = new Rig();
  rig.manifest('PRODUCTION_PROCESSES: {web: {BACKEND: Command, CMD: [sleep, 1000]}}');
  const start = rig.start(['start', '--all']);
  await start.says(/web\.1 STARTING -> RUNNING/);
  start.kill('SIGSTOP');
  expect(await rig.run(['__complete', 'fish', 'stop', 'w'])).toEqual({
    code: 0,
    signal: null,
    stdout: ':\nweb\tCommand\n',
    stderr: '',
  });
  start.kill('SIGKILL');
  await start.ended;
});

test('a shell that is none', async () => {
  expect(await run(new Rig(), 'completion', 'tcsh')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: completion is for one of bash, zsh, fish, not "tcsh" [usage]
      see prodserver --help"
  `);
  expect(await run(new Rig(), 'completion')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: missing required argument 'bash|zsh|fish'
    see prodserver --help"
  `);
});

/** What containers stumble over: /dev/stdout, and where the output of all goes. */
import { describe, expect, test } from 'vitest';
import { Rig, until } from '../../support/rig.ts';
import { commands, descriptorsOf, running, sh, startInto } from './stage.ts';

const TALK = sh('echo plain; echo by path >/dev/stdout; echo complaint >/dev/stderr; exec sleep 1000');
const SAID = ['talk.1     | plain', 'talk.1     | by path', 'talk.1     | complaint'];
const of = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('talk.1 '))
    .toSorted();

describe('Supervisor/supervisor#1224 (complaint 8): /dev/stdout', () => {
  test('can be opened by its path in a process, which then writes where all its output goes', async () => {
    const rig = new Rig();
    commands(rig, { talk: TALK });
    const start = rig.start(['start', '--all']);
    await running(start, 'talk.1');
    start.kill('SIGTERM');
    expect(of((await start.ended).stdout)).toEqual(SAID.toSorted());
  });

  test('without koffi it cannot be opened, and what is written to it comes all the same', async () => {
    const rig = new Rig();
    commands(rig, { talk: TALK });
    const start = rig.start(['start', '--all'], { env: { PRODSERVER_NO_KOFFI: '1' } });
    await running(start, 'talk.1');
    start.kill('SIGTERM');
    expect(of((await start.ended).stdout)).toEqual([
      'talk.1     | plain',
      expect.stringMatching(/\/dev\/stderr: No such device or address$/) as string,
      expect.stringMatching(/\/dev\/stdout: No such device or address$/) as string,
    ]);
  });

  test('as its own output: a file, which keeps what it had', async () => {
    const rig = new Rig();
    commands(rig, { talk: TALK });
    rig.write('out', 'before\n');
    const start = startInto(rig, '>>out');
    await until(() => rig.read('out').includes('RUNNING'), 'RUNNING');
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
    expect(rig.read('out')).toMatch(/^before\n[^]*\nprodserver \| everything has ended\n$/);
    expect(of(rig.read('out'))).toEqual(SAID.toSorted());
  });

  test('as its own output: a terminal', async () => {
    const rig = new Rig();
    commands(rig, { talk: TALK });
    const terminal = rig.terminal(['start', '--all']);
    await terminal.says(/talk\.1 .*RUNNING/);
    terminal.send('type \\x03');
    const { code, stdout } = await terminal.ended;
    expect(code).toBe(130);
    expect(of(stdout.replaceAll('\r', ''))).toEqual(SAID.toSorted());
  });

  test.each([
    ['/dev/null', '>/dev/null'],
    ['a full disk', '>/dev/full'],
    ['closed', '>&-'],
    ['a pipe whose reader has gone', '> >(exit 0)'],
  ])('as its own output: %s', async (_, redirection) => {
    const rig = new Rig();
    commands(rig, { talk: TALK });
    const start = startInto(rig, redirection);
    const row = await until(
      async () => (await rig.status()).find((one) => one.state === 'RUNNING'),
      'RUNNING',
    );
    expect(descriptorsOf(row.pid ?? 0)[1]).toMatch(/^pipe:/);
    start.kill('SIGTERM');
    expect(await start.ended).toMatchObject({ code: 143, stderr: '' });
    expect(rig.survivors()).toEqual([]);
  });
});

test('Supervisor/supervisor#291, #1441, #980, #607 (complaint 12): nothing in CMD and ENV is a template but ${}', async () => {
  const rig = new Rig();
  const odd = [
    '%(ENV_HOME)s 100% %s %%',
    `'single' "double" \\ back\\slash`,
    '$(id) `id` $HOME ~ * ? [a-z] ; & | < >',
    '{{ braces }} {0} #hash',
    'two\nlines\tand a tab',
    ' spaces ',
    '',
    'ünïcødé 🎉',
  ];
  rig.write(
    'show.py',
    `import json, os, sys
print(json.dumps([sys.argv[1:], [os.environ[f"ODD_{i}"] for i in range(${odd.length})]]), flush=True)
import time
time.sleep(1000)
`,
  );
  const escaped = odd.map((text) => text.split('$').join('$$'));
  const ENV = Object.fromEntries(escaped.map((text, index) => [`ODD_${index}`, text]));
  commands(rig, { show: { CMD: ['python3', 'show.py', ...escaped, '${GREETING}'], ENV } });
  const start = rig.start(['start', '--all'], { env: { GREETING: '${NOT_AGAIN} $$ %(x)s' } });
  const [, said] = await start.says(/^show\.1 +\| (\[.*\])$/m);
  expect(JSON.parse(said ?? '')).toEqual([[...odd, '${NOT_AGAIN} $$ %(x)s'], odd]);
  start.kill('SIGTERM');
  await start.ended;
});

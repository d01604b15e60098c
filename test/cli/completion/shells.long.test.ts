/** The keys of a person at a terminal, in the real shells. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GOOD } from '../support.ts';
import { Rig, ROOT, until } from '../../support/rig.ts';

const PATH = `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`;
const SHELLS = {
  bash: [['bash', '--norc', '-i'], `. ./script; PS1='ready> '`],
  zsh: [['zsh', '-f', '-i'], `autoload -Uz compinit; compinit -u -D; . ./script; PS1='ready> '`],
  fish: [
    ['fish', '--no-config', '-i', '-C', `source script; function fish_prompt; echo -n 'ready> '; end`],
    '',
  ],
} as const;

test.each(Object.entries(SHELLS))('%s', async (shell, [argv, setup]) => {
  const rig = new Rig();
  rig.write('my shop.yaml', GOOD);
  rig.write('script', (await rig.run(['completion', shell])).stdout);
  const helper = join(ROOT, 'test', 'support', 'terminal.py');
  const terminal = rig.spawn(['python3', helper, ...argv], {
    env: { PATH, TERM: 'dumb', HOME: rig.folder },
    input: true,
  });
  const type = (text: string): void => terminal.send(`type ${text}`);
  if (setup !== '') type(`${setup}\\n`);
  await terminal.says(/ready> [^']*$/);
  type('prodserver versi\\t\\n');
  await terminal.says(/prodserver \d+\.\d+\.\d+ \(Node/);
  await terminal.says(/ready> /);
  type('prodserver plan -f my\\twor\\t\\n');
  await terminal.says(/worker\.2/);
  await terminal.says(/ready> /);
  type('prodserver check --form\\tgi\\t\\n');
  await terminal.says(/::error|ready> /);
  type('exit\\n');
  await until(() => terminal.over, 'the shell to end');
  expect(terminal.stdout).not.toMatch(/__complete|command not found/);
});

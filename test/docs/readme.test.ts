import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { OURS } from '../../src/backends/registry.ts';
import { Rig, ROOT } from '../support/rig.ts';
import { POOL_HEAD, poolRows } from './celery.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const readme = read('README.md');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(readme)?.[1] ?? '';
const section = (title: string): string => readme.split(/^## /m).find((one) => one.startsWith(title)) ?? '';
/** What stands in the first column of the section's table, without its head. */
const firstColumn = (title: string): string[] =>
  [...section(title).matchAll(/^\| (`.*?) +\|/gm)].map((match) => match[1] ?? '');

describe('the README', () => {
  it('shows a manifest that is valid', async () => {
    const rig = new Rig();
    rig.manifest(block('yaml'));
    const check = await rig.run(['check', '--strict']);
    expect(check.stdout).toMatch(/\nprodserver\.yaml: ok, web, worker, beat, mailer \(1 info\)\n$/);
  });

  it('shows an error as it is printed', async () => {
    const rig = new Rig();
    rig.manifest(
      'PRODUCTION_PROCESSES:\n  worker:\n    BACKEND: CeleryWorker\n    APP: shop.celery.app\n    ARGS: {concurency: 4}\n',
    );
    const check = await rig.run(['check']);
    expect(check.code).toBe(78);
    expect(check.stdout).toContain(block('text'));
  });

  it('names every command and no other', async () => {
    const help = await new Rig().run(['--help']);
    const commands = help.stdout.slice(help.stdout.indexOf('Commands:'), help.stdout.indexOf('Examples:'));
    const real = [...commands.matchAll(/^ {2}(\w+)/gm)]
      .map((match) => match[1])
      .filter((one) => one !== 'help');
    const told = firstColumn('Commands').map((cell) => /\w+/.exec(cell)?.[0]);
    expect(told).toEqual(real);
  });

  it('names every backend and no other', () => {
    const told = firstColumn('Backends').map((cell) => cell.replaceAll('`', ''));
    expect(told).toEqual(OURS.all.map((backend) => backend.name));
  });

  it('tells of each pool what was proven on it', () => {
    const rows = [...section("Celery's arguments").matchAll(/^\|(.*)\|$/gm)].map(([, cells = '']) =>
      cells.split('|').map((cell) => cell.trim()),
    );
    expect(rows.filter(([first]) => !first?.startsWith('--'))).toEqual([POOL_HEAD, ...poolRows()]);
  });
});

test.each([
  ['docs/delivery.md', 'worker'],
  ['docs/one-beat.md', 'beat'],
])('%s shows a manifest that is valid', async (file, name) => {
  const rig = new Rig();
  rig.manifest(/^```yaml\n(.*?)^```/ms.exec(read(file))?.[1] ?? '');
  const { code, stdout } = await rig.run(['check', '--strict']);
  expect([code, stdout.split('\n').at(-2)?.replace(' (1 info)', '')]).toEqual([
    0,
    `prodserver.yaml: ok, ${name}`,
  ]);
});

describe.each([
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/backends.md',
  'docs/delivery.md',
  'docs/one-beat.md',
  'docs/proof.md',
])('%s', (file) => {
  it('links to files that exist', () => {
    const targets = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(file), target)));
    expect(missing).toEqual([]);
  });
});

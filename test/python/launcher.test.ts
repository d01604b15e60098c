import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { celery, plainCelery } from './harness.ts';

const python = inject('python');

describe('a command line that Celery refuses', () => {
  test.each([
    ['an unknown option', ['-A', 'shop.celery.app', 'worker', '--nosuch']],
    ['a value of the wrong kind', ['-A', 'shop.celery.app', 'beat', '--max-interval=soon']],
    ['an APP that is not there', ['-A', 'nosuch', 'worker']],
    ['an APP after the command', ['worker', '-A', 'shop.celery.app']],
    ['an unknown command', ['-A', 'shop.celery.app', 'nosuch']],
  ])('%s: exit 2, in its own words', async (_, args) => {
    const rig = new Rig();
    // With it Celery fails to print one of these.
    const env = { NO_COLOR: undefined };
    const [ours, own] = await Promise.all([
      celery(rig, python, args, { env }).ended,
      plainCelery(rig, python, args, { env }).ended,
    ]);
    expect(own.code).toBe(2);
    expect(own.stderr).toContain('Error: ');
    expect(ours).toEqual({ ...own, stderr: own.stderr.replaceAll('python -m celery', 'celery') });
  });
});

describe('what Celery has no say in', () => {
  test('without -A the environment names no application either', async () => {
    const rig = new Rig();
    const env = { APP: 'nosuch', BROKER_URL: 'redis://127.0.0.1:1', CELERY_APP: 'nosuch' };
    const ended = await celery(rig, python, ['report'], { env }).ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).not.toContain('nosuch');
    expect(ended.stdout).not.toContain('127.0.0.1:1');
  });

  test('other commands have no link', async () => {
    const rig = new Rig();
    const run = celery(rig, python, ['--version']);
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(run.wire).toBe('');
  });

  test('an interpreter without it: exit 2, and which interpreter that is', async () => {
    const rig = new Rig();
    const venv = join(rig.folder, 'venv');
    expect(spawnSync(python, ['-m', 'venv', '--without-pip', venv]).status).toBe(0);
    const bare = join(venv, 'bin', 'python');
    const run = celery(rig, bare, ['-A', 'shop', 'worker']);
    expect(await run.ended).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `prodserver: this interpreter has no Celery: ${bare} (pip install celery)\n`,
    });
    expect(run.wire).toBe('');
  });

  test('a celery.py in the project takes its name: exit 2, and which file that is', async () => {
    const rig = new Rig();
    const file = rig.write('celery.py', 'app = None\n');
    const { code, stderr } = await celery(rig, python, ['-A', 'celery', 'worker'], { cwd: rig.folder }).ended;
    expect(code).toBe(2);
    expect(stderr).toBe(`prodserver: the name celery is taken by ${file} (rename it)\n`);
  });

  test('our folder has no place on the path', async () => {
    const rig = new Rig();
    const told = 'import sys; from pathlib import Path; Path("told").write_text("\\n".join(sys.path))';
    rig.write('tattle.py', `${told}\nfrom celery import Celery\napp = Celery("tattle")\n`);
    const run = celery(rig, python, ['-A', 'tattle', 'worker', '--nosuch'], { cwd: rig.folder });
    expect((await run.ended).code).toBe(2);
    expect(rig.read('told').split('\n')[0]).toBe(rig.folder);
    expect(rig.read('told')).not.toMatch(/\/python$/m);
  });
});

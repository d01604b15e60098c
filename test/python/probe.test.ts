import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { runHelper } from '../../src/os/run.ts';
import { Rig } from '../support/rig.ts';
import { Linked, type Order, PROBE } from './harness.ts';

const python = inject('python');

const probe = (rig: Rig, app: string, order: Order = {}): Linked =>
  new Linked(rig, [python, PROBE, app], { ...order, env: { PRODSERVER_PROBE_FD: '3', ...order.env } });

describe('the probe of an application', () => {
  test('a broker in a folder is told by its real paths', async () => {
    const rig = new Rig();
    rig.write('real/.keep', '');
    symlinkSync(join(rig.folder, 'real'), join(rig.folder, 'other'));
    const run = probe(rig, 'shop.celery.app', { env: { SHOP_DATA: join(rig.folder, 'other') } });
    expect(await run.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const queue = join(rig.folder, 'real', 'broker', 'queue');
    expect(JSON.parse(run.wire)).toEqual({
      v: 1,
      main: 'shop',
      broker: 'filesystem://localhost//',
      scope: {
        data_folder_in: queue,
        data_folder_out: queue,
        control_folder: join(rig.folder, 'real', 'broker', 'control'),
      },
    });
  });

  test('relative folders are those of the working folder, links resolved', async () => {
    const rig = new Rig();
    rig.write('real/.keep', '');
    symlinkSync(join(rig.folder, 'real'), join(rig.folder, 'data_in'));
    rig.write('tiny.py', 'from celery import Celery\napp = Celery("tiny", broker="filesystem://")\n');
    const run = probe(rig, 'tiny', { cwd: rig.folder });
    expect((await run.ended).code).toBe(0);
    expect(JSON.parse(run.wire)).toMatchObject({
      scope: { data_folder_in: join(rig.folder, 'real'), data_folder_out: join(rig.folder, 'data_out') },
    });
  });

  test('a Redis is told without its password, and is not asked', async () => {
    const rig = new Rig();
    const env = { SHOP_BROKER_URL: 'redis://user:Xy%2Fz1-sesame%407@redis.invalid:6380/3' };
    const run = probe(rig, 'shop.celery.app', { env });
    expect((await run.ended).code).toBe(0);
    expect(JSON.parse(run.wire)).toEqual({
      v: 1,
      main: 'shop',
      broker: 'redis://user@redis.invalid:6380/3',
      scope: {},
    });
  });

  test('alternates are told too, none with its password', async () => {
    const rig = new Rig();
    const env = { SHOP_BROKER_URL: 'redis://:sesame1@one.invalid/0;redis://:sesame2@two.invalid:6380/1' };
    const run = probe(rig, 'shop.celery.app', { env });
    expect((await run.ended).code).toBe(0);
    const broker = 'redis://one.invalid:6379/0;redis://two.invalid:6380/1';
    expect(JSON.parse(run.wire)).toMatchObject({ broker });
  });

  test.each([
    ['cannot be imported', 'nosuch_module', 'import nosuch_thing\n', /ModuleNotFoundError.*nosuch_thing/],
    ['is no Python', 'broken', 'app = (\n', /SyntaxError/],
    ['has no application', 'broken', 'x = 1\n', /AttributeError/],
    ['exits by itself', 'broken', 'import sys; sys.exit(0)\n', /SystemExit/],
  ])('one that %s: exit 2, a traceback, no answer', async (_, name, text, error) => {
    const rig = new Rig();
    rig.write(`${name}.py`, text);
    const run = probe(rig, name, { cwd: rig.folder });
    const ended = await run.ended;
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('Traceback (most recent call last)');
    expect(ended.stderr).toMatch(error);
    expect(run.wire).toBe('');
  });

  test('settings may print, start threads and subprocesses: the answer is whole, and the end comes', async () => {
    const rig = new Rig();
    rig.write(
      'noisy.py',
      [
        'import os, subprocess, sys, threading',
        'from celery import Celery',
        'print("settings say hello")',
        'os.write(1, b"and bytes\\n")',
        'print("a warning", file=sys.stderr)',
        'threading.Thread(target=threading.Event().wait).start()',
        'subprocess.Popen(["sleep", "600"], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)',
        'app = Celery("noisy", broker="redis://one.invalid/0")',
      ].join('\n'),
    );
    const run = probe(rig, 'noisy', { cwd: rig.folder });
    const ended = await run.ended;
    expect(ended).toMatchObject({ code: 0, stdout: 'settings say hello\nand bytes\n' });
    expect(ended.stderr).toBe('a warning\n');
    expect(JSON.parse(run.wire)).toMatchObject({ v: 1, main: 'noisy', scope: {} });
  });

  test('the project may import the check for duplicates', async () => {
    const rig = new Rig();
    const install = 'import prodserver_once\nprodserver_once.install(app)\n';
    rig.write(
      'once.py',
      `from celery import Celery\napp = Celery("once", broker="redis://a.invalid/0")\n${install}`,
    );
    const run = probe(rig, 'once', { cwd: rig.folder });
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('the supervisor reads it as it was written', async () => {
    const rig = new Rig();
    rig.write(
      'tiny.py',
      'print("hello")\nfrom celery import Celery\napp = Celery("tiny", broker="redis://one.invalid/0")\n',
    );
    const result = await runHelper({
      argv: [python, PROBE, 'tiny'],
      env: { PRODSERVER_PROBE_FD: '3' },
      cwd: rig.folder,
      timeoutMs: 30_000,
      abort: new AbortController().signal,
    });
    expect(result).toMatchObject({ exit: { code: 0 }, timedOut: false, said: ['hello'] });
    expect(JSON.parse(result.answer)).toMatchObject({ broker: 'redis://one.invalid:6379/0' });
  });
});

/** What is found out before a spawn, as root: users, groups, folders and programs that another user may not have. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Identity } from '../../src/model/spec.ts';
import { parentDeathPrefix } from '../../src/os/parent-death.ts';
import { prepare, type LaunchOrder, type PreparedOrder } from '../../src/os/prepare.ts';
import { runHelper } from '../../src/os/run.ts';
import { spawnPrepared } from '../../src/os/spawn.ts';
import { Rig, until } from '../support/rig.ts';
import { start, textOf } from './support.ts';

const NOBODY = 65_534;
const as = (change: Partial<Identity>): Identity => ({
  user: null,
  group: null,
  umask: null,
  limits: {},
  ...change,
});

/** A rig that every user may look into. */
function newRig(): Rig {
  const rig = new Rig();
  chmodSync(rig.folder, 0o755);
  return rig;
}

const order = (rig: Rig, change: Partial<LaunchOrder>): LaunchOrder => ({
  argv: ['true'],
  cwd: rig.folder,
  env: { PRODSERVER_TEST_RIG: rig.folder },
  ...change,
});

async function prepared(rig: Rig, change: Partial<LaunchOrder>): Promise<PreparedOrder> {
  const result = await prepare(order(rig, change));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

async function refused(rig: Rig, change: Partial<LaunchOrder>): Promise<object> {
  const result = await prepare(order(rig, change));
  if (result.ok) throw new Error('it was prepared');
  expect(result.error.permanent).toBe(true);
  const { code, facts } = result.error.failure;
  return { code, ...facts };
}

const executable = (rig: Rig, name: string, text: string, mode = 0o755): string => {
  const path = rig.write(name, text);
  chmodSync(path, mode);
  return path;
};

describe('an order', () => {
  test('that says nothing is taken as it is', async () => {
    const rig = newRig();
    const { argv, cwd, env } = order(rig, {});
    expect(await prepared(rig, {})).toEqual({ argv, cwd, env, through: [], umask: null });
    expect((await prepared(rig, { identity: as({}), envFiles: [] })).through).toEqual([]);
  });

  test('has one setpriv, behind the limits, which only root may raise', async () => {
    const rig = newRig();
    const through = parentDeathPrefix() ?? [];
    const identity = as({ user: 'nobody', umask: 0o27, limits: { nofile: '64:128', core: '0' } });
    const { through: prefix, umask } = await prepared(rig, { identity, through });
    expect(prefix).toEqual([
      expect.stringMatching(/\/prlimit$/),
      '--nofile=64:128',
      '--core=0',
      '--',
      expect.stringMatching(/\/setpriv$/),
      ...'--reuid 65534 --regid 65534 --init-groups --pdeathsig TERM --'.split(' '),
    ]);
    expect(umask).toBe(0o27);
    const alone = await prepared(rig, { identity: as({ limits: { core: '0' } }) });
    expect(alone.through.slice(1)).toEqual(['--core=0', '--']);
    const group = await prepared(rig, { identity: as({ group: 'tty' }) });
    expect(group.through.slice(1)).toEqual(['--regid', '5', '--keep-groups', '--']);
    const number = await prepared(rig, { identity: as({ user: '54321' }) });
    expect(number.through.slice(1)).toEqual(['--reuid', '54321', '--regid', '54321', '--clear-groups', '--']);
    const both = await prepared(rig, { identity: as({ user: '65534', group: 'tty' }) });
    expect(both.through.slice(1)).toEqual(['--reuid', '65534', '--regid', '5', '--init-groups', '--']);
  });

  test('has an environment: the user below the files, and those below its own', async () => {
    const rig = newRig();
    const one = rig.write('one.env', 'A=1\nB=1\nC=1\nHOME=/srv\n');
    const two = rig.write('two.env', 'B=2\nC=2\n');
    const identity = as({ user: 'nobody' });
    const { env } = await prepared(rig, { identity, envFiles: [one, two], env: { C: '3' } });
    expect(env).toMatchObject({ A: '1', B: '2', C: '3', HOME: '/srv', USER: 'nobody', LOGNAME: 'nobody' });
    const number = await prepared(rig, { identity: as({ user: '54321' }) });
    expect(number.env).toMatchObject({ HOME: '/', USER: '54321', LOGNAME: '54321', SHELL: '/bin/sh' });
    expect((await prepared(rig, { identity: as({ group: 'tty' }) })).env).not.toHaveProperty('HOME');
  });

  test('gives what loads code to the program alone, and not to setpriv, which is root still', async () => {
    const rig = newRig();
    const file = rig.write('.env', 'LD_PRELOAD=/home/nobody/mine.so\nGCONV_PATH=/home/nobody\nA=1\n');
    const { env, through } = await prepared(rig, { identity: as({ user: 'nobody' }), envFiles: [file] });
    expect(env).toMatchObject({ A: '1' });
    expect(Object.keys(env).filter((name) => /LD_|GCONV/.test(name))).toEqual([]);
    expect(through.slice(-4)).toEqual([
      '--',
      expect.stringMatching(/\/env$/),
      'LD_PRELOAD=/home/nobody/mine.so',
      'GCONV_PATH=/home/nobody',
    ]);
    const child = await start(rig, ['sh', '-c', 'echo $A $TMPDIR $(id -u)'], {
      identity: as({ user: 'nobody' }),
      env: { TMPDIR: '/var/tmp', A: '1' },
    });
    expect(await textOf(child.stdout)).toBe(`1 /var/tmp ${NOBODY}\n`);
    // The program is of the same user as setpriv then.
    expect(
      (await prepared(rig, { identity: as({ limits: { core: '0' } }), envFiles: [file] })).env,
    ).toMatchObject({
      LD_PRELOAD: '/home/nobody/mine.so',
    });
  });

  test('may be executed again and again', async () => {
    const rig = newRig();
    const ready = await prepared(rig, { argv: ['id', '-u'], identity: as({ user: 'nobody' }) });
    for (let runs = 0; runs < 2; runs += 1) {
      const child = await spawnPrepared(ready, []);
      if (!child.ok) throw new Error(JSON.stringify(child.error));
      expect(await textOf(child.value.stdout)).toBe(`${NOBODY}\n`);
    }
  });
});

describe('without util-linux', () => {
  async function alone(identity: Partial<Identity>): Promise<object> {
    const rig = newRig();
    const path = process.env['PATH'];
    process.env['PATH'] = rig.folder;
    try {
      return await refused(rig, { identity: as(identity), argv: ['/bin/true'] });
    } finally {
      process.env['PATH'] = path;
    }
  }

  test('what needs it is told so', async () => {
    expect(await alone({ limits: { core: '0' } })).toEqual({
      code: 'tool-missing',
      tool: 'prlimit',
      neededFor: 'LIMITS',
    });
    // Without getent the files are what is known.
    expect(await alone({ user: 'nobody' })).toEqual({
      code: 'tool-missing',
      tool: 'setpriv',
      neededFor: 'USER and GROUP',
    });
    expect(await alone({ group: 'tty', user: '0' })).toMatchObject({ code: 'tool-missing' });
    expect(await alone({ user: 'no-such-user' })).toMatchObject({ code: 'user-unknown' });
  });
});

describe('what cannot be, and never will', () => {
  test('a user or a group that is not there', async () => {
    const rig = newRig();
    expect(await refused(rig, { identity: as({ user: 'no-such-user' }) })).toEqual({
      code: 'user-unknown',
      user: 'no-such-user',
    });
    expect(await refused(rig, { identity: as({ group: 'no-such-group' }) })).toEqual({
      code: 'group-unknown',
      group: 'no-such-group',
    });
  });

  test('a file that is gone', async () => {
    const rig = newRig();
    const path = join(rig.folder, 'gone.env');
    expect(await refused(rig, { envFiles: [path] })).toEqual({
      code: 'env-file',
      path,
      line: null,
      detail: 'does not exist',
    });
  });

  test('a folder that only root may enter, as CWD and as the place of the program', async () => {
    const rig = newRig();
    const cwd = join(rig.folder, 'closed');
    executable(rig, 'closed/job', '#!/bin/sh\n');
    chmodSync(cwd, 0o700);
    const identity = as({ user: 'nobody' });
    expect(await refused(rig, { identity, cwd })).toEqual({
      code: 'folder-missing',
      cwd,
      detail: 'may not be entered by nobody',
    });
    expect(await refused(rig, { identity, argv: ['./closed/job'] })).toEqual({
      code: 'program-not-executable',
      program: './closed/job',
      detail: 'EACCES for nobody',
    });
    expect(await refused(rig, { identity: as({ user: '54321' }), cwd })).toMatchObject({
      detail: 'may not be entered by 54321',
    });
  });

  test('a program that only its owner may execute, or its interpreter, or a script that nobody else may read', async () => {
    const rig = newRig();
    const identity = as({ user: 'nobody' });
    const facts = (program: string, detail: string) => ({ code: 'program-not-executable', program, detail });
    executable(rig, 'mine', '#!/bin/sh\n', 0o700);
    expect(await refused(rig, { identity, argv: ['./mine'] })).toEqual(facts('./mine', 'EACCES for nobody'));
    executable(rig, 'unread', '#!/bin/sh\n', 0o711);
    expect(await refused(rig, { identity, argv: ['./unread'] })).toEqual(
      facts('./unread', 'EACCES for nobody'),
    );
    const interpreter = join(rig.folder, 'mine');
    executable(rig, 'script', `#!${interpreter} -u\n`);
    expect(await refused(rig, { identity, argv: ['./script'] })).toEqual(
      facts('./script', `its interpreter ${interpreter}: EACCES for nobody`),
    );
  });

  test('what is wrong for everybody is told as such', async () => {
    const rig = newRig();
    const identity = as({ user: 'nobody' });
    expect(await refused(rig, { identity, argv: ['./none'] })).toMatchObject({ code: 'program-missing' });
    expect(await refused(rig, { identity: as({ limits: { core: '0' } }), argv: ['./none'] })).toMatchObject({
      code: 'program-missing',
    });
  });
});

test('a program further on in PATH is taken where the first is not for this user', async () => {
  const rig = newRig();
  executable(rig, 'one/job', '#!/bin/sh\necho one\n', 0o700);
  executable(rig, 'two/job', '#!/bin/sh\necho two\n');
  const env = { PATH: `${rig.folder}/one:${rig.folder}/two:/usr/bin:/bin` };
  const child = await start(rig, ['job'], { identity: as({ user: 'nobody' }), env });
  expect(await textOf(child.stdout)).toBe('two\n');
});

test('a mask is the child’s alone', async () => {
  const rig = newRig();
  const own = process.umask();
  const masks = [0o27, 0o77, null];
  const said = masks.map(async (umask) =>
    textOf((await start(rig, ['sh', '-c', 'umask'], { identity: as({ umask }) })).stdout),
  );
  expect(process.umask()).toBe(own);
  const ours = `0${own.toString(8).padStart(3, '0')}\n`;
  expect(await Promise.all(said)).toEqual(['0027\n', '0077\n', ours]);
  mkdirSync(join(rig.folder, 'after'));
  expect(process.umask()).toBe(own);
});

test('a helper has the same user and files', async () => {
  const rig = newRig();
  const file = rig.write('.env', 'COLOUR=red\n');
  const helper = {
    ...order(rig, { argv: ['sh', '-c', 'echo $(id -u) $COLOUR $HOME >&3'], envFiles: [file] }),
    timeoutMs: 10_000,
    abort: new AbortController().signal,
  };
  const identity = as({ user: 'nobody' });
  expect(await runHelper({ ...helper, identity })).toMatchObject({
    answer: `${NOBODY} red /nonexistent`,
    refused: null,
  });
  const unknown = as({ user: 'no-such-user' });
  expect(await runHelper({ ...helper, identity: unknown })).toMatchObject({
    answer: '',
    refused: { permanent: true, failure: { code: 'user-unknown' } },
  });
});

test('a spawn that says nothing of a user starts no other process', async () => {
  const rig = newRig();
  const through = parentDeathPrefix() ?? [];
  const begun = performance.now();
  await prepared(rig, { through, identity: as({}) });
  // A process of its own takes more than this.
  expect(performance.now() - begun).toBeLessThan(50);
  await until(() => rig.survivors().length === 0, 'nothing to be left');
});

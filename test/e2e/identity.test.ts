/** Another user, limits and environment files, on real processes; all of it needs root. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alive, Rig, type Running, tryKill, until } from '../support/rig.ts';

const NOBODY = 65_534;
const NAME = `ps-${process.pid}`;
const USER = `${NAME}-u`;
const MAIN = `${NAME}-m`;
const EXTRA = `${NAME}-x`;
const OTHER = `${NAME}-o`;

function run(...argv: readonly [string, ...string[]]): string {
  const [program, ...args] = argv;
  const done = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}
const idOf = (database: 'passwd' | 'group', name: string): number =>
  Number(run('getent', database, name).split(':')[2]);

/** A rig that every user may look into, with a folder `out` that every user may write to. */
function newRig(): Rig {
  const rig = new Rig();
  chmodSync(rig.folder, 0o755);
  mkdirSync(join(rig.folder, 'out'));
  chmodSync(join(rig.folder, 'out'), 0o777);
  return rig;
}

const manifest = (rig: Rig, ...lines: readonly string[]): string =>
  rig.manifest(
    [
      'PRODUCTION_PROCESSES:',
      '  job:',
      '    BACKEND: Command',
      ...lines.map((line) => `    ${line}`),
      '',
    ].join('\n'),
  );

const running = async (start: Running): Promise<number> =>
  Number((await start.says(/job\.1 \w+ -> RUNNING \(pid (\d+)/))[1]);

/** A field of /proc/PID/status, its columns. */
const statusOf = (pid: number, field: string): string[] =>
  new RegExp(`^${field}:[ \\t]*(.*?)[ \\t]*$`, 'm')
    .exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    ?.split(/\s+/) ?? [];

const limitOf = (pid: number, name: string): string[] =>
  new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm')
    .exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))
    ?.slice(1) ?? [];

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  beforeAll(() => {
    for (const group of [MAIN, EXTRA, OTHER]) run('groupadd', group);
    run(
      'useradd',
      '--no-create-home',
      '--home-dir',
      '/srv',
      '--gid',
      MAIN,
      '--groups',
      EXTRA,
      '--shell',
      '/bin/sh',
      USER,
    );
  });
  afterAll(() => {
    run('userdel', USER);
    for (const group of [MAIN, EXTRA, OTHER]) run('groupdel', group);
  });

  describe('a process', () => {
    test('has its user, the groups of that user, its mask, its limits and its HOME', async () => {
      const rig = newRig();
      manifest(
        rig,
        `CMD: [sh, -c, 'touch out/made; echo "env $HOME $USER $LOGNAME $SHELL"; exec sleep 1000']`,
        `USER: ${USER}`,
        'UMASK: "027"',
        'LIMITS: {nofile: "100:200", core: 0, cpu: 1h, fsize: 1MiB, as: 4GiB}',
      );
      const start = rig.start(['start', '--all']);
      await start.says(new RegExp(`env /srv ${USER} ${USER} /bin/sh\n`));
      const pid = await running(start);
      const uid = String(idOf('passwd', USER));
      const gid = String(idOf('group', MAIN));
      expect(statusOf(pid, 'Uid')).toEqual([uid, uid, uid, uid]);
      expect(statusOf(pid, 'Gid')).toEqual([gid, gid, gid, gid]);
      expect(statusOf(pid, 'Groups')).toEqual([gid, String(idOf('group', EXTRA))]);
      expect(statusOf(pid, 'CapEff')).toEqual(['0000000000000000']);
      expect(statusOf(pid, 'Umask')).toEqual(['0027']);
      expect((statSync(join(rig.folder, 'out', 'made')).mode & 0o777).toString(8)).toBe('640');
      expect(limitOf(pid, 'Max open files')).toEqual(['100', '200']);
      expect(limitOf(pid, 'Max core file size')).toEqual(['0', '0']);
      expect(limitOf(pid, 'Max cpu time')).toEqual(['3600', '3600']);
      expect(limitOf(pid, 'Max file size')).toEqual(['1048576', '1048576']);
      expect(limitOf(pid, 'Max address space')).toEqual(['4294967296', '4294967296']);
      // Those of the supervisor are its own.
      expect(statusOf(start.pid, 'Umask')).toEqual([`0${process.umask().toString(8).padStart(3, '0')}`]);
      expect(limitOf(start.pid, 'Max open files')).not.toEqual(['100', '200']);
      start.kill('SIGTERM');
      expect((await start.ended).code).toBe(143);
      expect(alive(pid)).toBe(false);
    });

    test('GROUP takes the place of the main group, and alone it leaves the others', async () => {
      const rig = newRig();
      const groupsOf = async (...lines: readonly string[]): Promise<Record<string, string[]>> => {
        manifest(rig, 'CMD: [sleep, 1000]', ...lines);
        const start = rig.start(['start', '--all']);
        const pid = await running(start);
        const ids = Object.fromEntries(
          ['Uid', 'Gid', 'Groups'].map((field) => [field, statusOf(pid, field)]),
        );
        start.kill('SIGTERM');
        await start.ended;
        return ids;
      };
      const other = String(idOf('group', OTHER));
      const both = await groupsOf(`USER: ${USER}`, `GROUP: ${OTHER}`);
      expect(both['Uid']?.[0]).toBe(String(idOf('passwd', USER)));
      expect(both['Gid']?.[0]).toBe(other);
      // The user's own group is one of the others then.
      expect(both['Groups']).toEqual([MAIN, EXTRA].map((name) => String(idOf('group', name))));
      const alone = await groupsOf(`GROUP: ${OTHER}`);
      expect(alone).toEqual({
        Uid: ['0', '0', '0', '0'],
        Gid: [other, other, other, other],
        Groups: statusOf(process.pid, 'Groups'),
      });
      const number = await groupsOf('USER: 54321');
      expect([number['Uid']?.[0], number['Gid']?.[0], number['Groups']]).toEqual(['54321', '54321', ['']]);
    });

    test('gets its files of variables anew at each start', async () => {
      const rig = newRig();
      // root's alone: it is the supervisor that reads it.
      const file = rig.write('.env', 'ONE=1\nTWO="a\\tb"\nHOME=/var\n');
      chmodSync(file, 0o600);
      manifest(
        rig,
        `CMD: [sh, -c, 'echo "one=$ONE two=$\${TWO-gone} $HOME $COLOUR"; exec sleep 1000']`,
        'USER: nobody',
        'ENV_FILE: .env',
        'ENV: {COLOUR: red}',
      );
      const start = rig.start(['start', '--all'], { env: { ONE: '0', COLOUR: 'blue' } });
      await start.says(/one=1 two=a\tb \/var red\n/);
      const pid = await running(start);
      writeFileSync(file, 'ONE=2\nCOLOUR=green\n');
      tryKill(pid);
      await start.says(/one=2 two=gone \/nonexistent red\n/);
      const second = await running(start);
      writeFileSync(file, 'ONE=3\nhunter2\n');
      tryKill(second);
      await start.says(
        new RegExp(`job\\.1 BACKOFF -> FATAL \\(ENV_FILE ${file}:2: there is no "=": write NAME=value\\)\n`),
      );
      const ended = await start.ended;
      expect(ended.code).toBe(1);
      expect(ended.stdout + ended.stderr).not.toContain('hunter2');
    });

    test('of another user hears of the death of its supervisor', async () => {
      const rig = newRig();
      rig.write(
        'job.sh',
        `trap 'echo told >out/notes; exit 0' TERM\necho began\nwhile :; do sleep 0.05; done\n`,
      );
      manifest(rig, 'CMD: [sh, job.sh]', 'USER: nobody', 'LIMITS: {core: 0}');
      const start = rig.start(['start', '--all']);
      await start.says(/began/);
      const pid = await running(start);
      expect(statusOf(pid, 'Uid')[0]).toBe(String(NOBODY));
      start.kill('SIGKILL');
      await until(() => !alive(pid), 'the job to end of its TERM');
      expect(rig.read('out/notes')).toBe('told\n');
    });

    test('of another user holds its lock by its own life', async () => {
      const rig = newRig();
      rig.write(
        'job.sh',
        `trap 'until test -e drained; do sleep 0.05; done; exit 0' TERM\nwhile :; do sleep 0.05; done\n`,
      );
      const lines = ['CMD: [sh, job.sh]', 'USER: nobody', `LOCK: {name: "${rig.folder}"}`];
      const first = manifest(rig, ...lines);
      const second = rig.write('second.yaml', readFileSync(first, 'utf8'));
      const one = rig.start(['start', '--all']);
      const pid = await running(one);
      const two = rig.start(['start', '--all', '--manifest', second]);
      const held = new RegExp(`job\\.1 WAITING \\(the lock is held by pid ${pid} since`);
      await two.says(held);
      one.kill('SIGKILL');
      await until(() => one.over, 'the first supervisor to be gone');
      expect([alive(pid), two.stdout.includes('STARTING')]).toEqual([true, false]);
      rig.write('drained', '');
      expect(await running(two)).not.toBe(pid);
      expect(alive(pid)).toBe(false);
      two.kill('SIGTERM');
      await two.ended;
    });
  });

  describe('what cannot work', () => {
    test.each([
      ['a user that is not there', ['USER: no-such-user'], 'there is no user "no-such-user"', 'user-unknown'],
      [
        'a group that is not there',
        ['GROUP: no-such-group'],
        'there is no group "no-such-group"',
        'group-unknown',
      ],
      [
        'a file that is missing',
        ['ENV_FILE: gone.env'],
        'ENV_FILE FOLDER/gone.env does not exist',
        'env-file',
      ],
      [
        'a folder that only root may enter',
        ['USER: nobody', 'CWD: closed'],
        'CWD FOLDER/closed may not be entered by nobody',
        'folder-missing',
      ],
      [
        'a program that only root may reach',
        ['USER: nobody', 'CMD: [closed/job]'],
        'closed/job cannot be executed: EACCES for nobody',
        'program-not-executable',
      ],
      [
        'a program that is nowhere, within limits',
        ['LIMITS: {core: 0}', 'CMD: [no-such-program]'],
        'there is no "no-such-program" in PATH',
        'program-missing',
      ],
    ])('%s is FATAL at once', async (_, lines, message, code) => {
      const rig = newRig();
      chmodSync(rig.write('closed/job', '#!/bin/sh\n'), 0o755);
      chmodSync(join(rig.folder, 'closed'), 0o700);
      const command = lines.some((line) => line.startsWith('CMD')) ? [] : ['CMD: [sleep, 1000]'];
      manifest(rig, ...command, ...lines);
      expect((await rig.run(['check', '--strict'])).stdout).toBe('prodserver.yaml: ok, job\n');
      const ended = await rig.run(['start', '--all']);
      const words = message.replace('FOLDER', rig.folder);
      expect(ended.stdout).toContain(`job.1 STOPPED -> FATAL (${words})\n`);
      expect(ended.stderr).toContain(`error: ${words} [${code}]\n`);
      expect(ended.code).toBe(1);
    });

    test('an end of the program itself with the same codes is a crash', async () => {
      const rig = newRig();
      manifest(
        rig,
        `CMD: [sh, -c, 'echo "sh: oops" >&2; echo "setpriv: not first" >&2; exit 127']`,
        'USER: nobody',
      );
      const start = rig.start(['start', '--all']);
      await start.says(/job\.1 STARTING -> BACKOFF \(exit code 127 after/);
      start.kill('SIGTERM');
      await start.ended;
    });
  });

  describe('a supervisor that is not root', () => {
    function asNobody(rig: Rig): Running {
      const runtime = join(rig.folder, 'run');
      mkdirSync(runtime, { mode: 0o700 });
      chownSync(runtime, NOBODY, NOBODY);
      const user = [
        'setpriv',
        '--reuid',
        'nobody',
        '--regid',
        String(NOBODY),
        '--clear-groups',
        '--',
      ] as const;
      return rig.spawn([...user, process.execPath, rig.bin, 'start', '--all']);
    }

    test.each([
      ['USER: root', 'user root'],
      ['GROUP: root', 'group root'],
      ['USER: nobody, GROUP: root', 'user nobody and group root'],
    ])('cannot give %s', async (keys, who) => {
      const rig = newRig();
      rig.manifest(`PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sleep, 1000], ${keys}}\n`);
      const ended = await asNobody(rig).ended;
      const words = `cannot run as ${who}: the supervisor is user ${NOBODY} and may not become another`;
      expect(ended.stdout).toContain(`job.1 STOPPED -> FATAL (${words})\n`);
      expect(ended.stderr).toContain(
        `error: ${words} [user-refused]\n  run the supervisor as root, or leave `,
      );
      expect(ended.code).toBe(1);
    });

    test('may name its own user, and lower its limits', async () => {
      const rig = newRig();
      manifest(rig, 'CMD: [sleep, 1000]', 'USER: nobody', 'LIMITS: {nofile: 64}');
      const start = asNobody(rig);
      const pid = await running(start);
      expect(limitOf(pid, 'Max open files')).toEqual(['64', '64']);
      start.kill('SIGTERM');
      await start.ended;
    });

    test('cannot raise a limit: what prlimit says is told, and no crash', async () => {
      const rig = newRig();
      manifest(rig, 'CMD: [sleep, 1000]', 'LIMITS: {nofile: 99999999}');
      const ended = await asNobody(rig).ended;
      const words =
        'sleep was not started: prlimit: failed to set the NOFILE resource limit: Operation not permitted';
      expect(ended.stdout).toContain(`job.1 STARTING -> FATAL (${words})\n`);
      expect(ended.stderr).toContain(`error: ${words} [launch-refused]\n`);
      expect(ended.code).toBe(1);
    });
  });
});

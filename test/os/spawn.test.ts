import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStat } from '../../src/os/proc.ts';
import { parentDeathPrefix } from '../../src/os/parent-death.ts';
import { findProgram } from '../../src/os/programs.ts';
import { isWaitedFor } from '../../src/os/waited.ts';
import { alive, Rig, tryKill } from '../support/rig.ts';
import { lineOf, refused as refusedBy, start, textOf } from './support.ts';

const executable = (rig: Rig, name: string, text: string): string => {
  const path = rig.write(name, text);
  chmodSync(path, 0o755);
  return path;
};

describe.each([
  ['by itself', []],
  ['through setpriv', parentDeathPrefix() ?? []],
] as const)('what cannot be started %s, and never will be', (_, through) => {
  const refused = (rig: Rig, argv: readonly [string, ...string[]], change: object = {}) =>
    refusedBy(rig, argv, { through, ...change });

  test('a program that is nowhere on PATH', async () => {
    expect(await refused(new Rig(), ['no-such-program'], { env: { PATH: '/usr/bin:/bin' } })).toMatchObject({
      permanent: true,
      failure: {
        code: 'program-missing',
        facts: {
          program: 'no-such-program',
          searched: ['/usr/bin/no-such-program', '/bin/no-such-program'],
        },
      },
    });
  });

  test('a path, sought in the CWD', async () => {
    const rig = new Rig();
    expect(await refused(rig, ['./bin/none'])).toMatchObject({
      permanent: true,
      failure: {
        code: 'program-missing',
        facts: { program: './bin/none', searched: [join(rig.folder, 'bin/none')] },
      },
    });
  });

  test('a file that is not executable', async () => {
    const rig = new Rig();
    rig.write('job', '#!/bin/sh\n');
    expect(await refused(rig, ['./job'])).toMatchObject({
      permanent: true,
      failure: { code: 'program-not-executable', facts: { program: './job', detail: 'EACCES' } },
    });
  });

  test('a folder', async () => {
    const rig = new Rig();
    mkdirSync(join(rig.folder, 'job'));
    expect(await refused(rig, ['./job'])).toMatchObject({
      permanent: true,
      failure: { code: 'program-not-executable' },
    });
  });

  test('below a file', async () => {
    const rig = new Rig();
    rig.write('job', '');
    expect(await refused(rig, ['./job/run'])).toMatchObject({
      permanent: true,
      failure: { code: 'program-not-executable', facts: { detail: 'ENOTDIR' } },
    });
  });

  test('a script whose interpreter is missing', async () => {
    const rig = new Rig();
    executable(rig, 'job', '#!/no/such/python -u\nprint()\n');
    expect(await refused(rig, ['./job'])).toMatchObject({
      permanent: true,
      failure: {
        code: 'program-not-executable',
        facts: { program: './job', detail: 'its interpreter /no/such/python -u does not exist' },
      },
    });
  });

  test('a CWD that is missing, or no folder', async () => {
    const rig = new Rig();
    const file = rig.write('file', '');
    const facts = (cwd: string, detail: string) => ({
      permanent: true,
      failure: { code: 'folder-missing', facts: { cwd, detail } },
    });
    const gone = join(rig.folder, 'gone');
    expect(await refused(rig, ['true'], { cwd: gone })).toMatchObject(facts(gone, 'does not exist'));
    expect(await refused(rig, ['true'], { cwd: file })).toMatchObject(facts(file, 'is not a folder'));
  });
});

describe('through setpriv', () => {
  const through = parentDeathPrefix() ?? [];

  test('it is there: without it nothing below says anything', () => {
    expect(through).toEqual([expect.stringMatching(/\/setpriv$/), '--pdeathsig', 'TERM', '--']);
  });

  test('the pid is that of the program, which the kernel tells of our death', async () => {
    const rig = new Rig();
    const report =
      'import ctypes, os; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)';
    const child = await start(rig, ['python3', '-c', report], { through });
    // PR_GET_PDEATHSIG: 15 is SIGTERM.
    expect(await textOf(child.stdout)).toBe('15\n');
    const shell = await start(rig, ['sh', '-c', 'echo $$'], { through });
    expect(await textOf(shell.stdout)).toBe(`${shell.pid}\n`);
  });
});

test('what is too long stays too long', async () => {
  const argument = 'x'.repeat(3_000_000);
  expect(await refusedBy(new Rig(), ['true', argument])).toMatchObject({
    permanent: true,
    failure: { code: 'program-not-executable', facts: { detail: 'E2BIG' } },
  });
});

describe('a child', () => {
  test('finds its program on its own PATH, and by a path in the CWD', async () => {
    const rig = new Rig();
    const path = executable(rig, 'bin/job', '#!/bin/sh\necho "$0" "$WHO"\n');
    const env = { PATH: `${rig.folder}/bin:/usr/bin:/bin`, WHO: 'me' };
    expect(await textOf((await start(rig, ['job'], { env })).stdout)).toBe(`${path} me\n`);
    expect(await textOf((await start(rig, ['./bin/job'], { env })).stdout)).toBe('./bin/job me\n');
    expect(findProgram('job', { cwd: rig.folder, env })).toBe(path);
    expect(findProgram('none', { cwd: rig.folder, env })).toBeNull();
  });

  test('leads a session of its own, and is waited for until its exit', async () => {
    const child = await start(new Rig(), ['sh', '-c', 'read line; exit 7'], { extra: ['pipe'] });
    const { exited, pid } = child;
    expect(await exited).toEqual({ code: 7, signal: null });
    expect(isWaitedFor(pid)).toBe(false);
    const other = await start(new Rig(), ['sleep', '1000']);
    expect(readStat(other.pid)).toMatchObject({ session: other.pid, group: other.pid });
    expect(isWaitedFor(other.pid)).toBe(true);
    tryKill(other.pid, 'SIGTERM');
    expect(await other.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('reads nothing, and its output comes as it is', async () => {
    const child = await start(new Rig(), ['sh', '-c', 'cat; printf "out\\n\\n"; printf err >&2']);
    expect(await Promise.all([textOf(child.stdout), textOf(child.stderr)])).toEqual(['out\n\n', 'err']);
    await child.drained;
  });

  test('has the extra descriptors as 3 and 4', async () => {
    const rig = new Rig();
    const passed = openSync(rig.write('passed', 'from the file\n'), 'r');
    const script = 'read line <&3; echo "$line"; read line <&4; echo "$line" >&3';
    const child = await start(rig, ['sh', '-c', script], { extra: ['pipe', passed] });
    closeSync(passed);
    expect(child.pipes).toHaveLength(1);
    const [pipe] = child.pipes;
    pipe?.write('from the pipe\n');
    const [out, back] = await Promise.all([textOf(child.stdout), lineOf(pipe as never)]);
    expect([out, back]).toEqual(['from the pipe\n', 'from the file']);
  });

  test('has exited long before its output ends, where a grandchild holds it', async () => {
    const child = await start(new Rig(), ['sh', '-c', 'sleep 1000 & echo $!; exit 4']);
    const grandchild = Number(await lineOf(child.stdout));
    child.stderr.resume();
    let drained = false;
    const drain = child.drained.then(() => (drained = true));
    expect(await child.exited).toEqual({ code: 4, signal: null });
    expect([alive(grandchild), drained]).toEqual([true, false]);
    tryKill(grandchild);
    await drain;
  });
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runHelper, type HelperResult } from '../../src/os/run.ts';
import { alive, Rig, until } from '../support/rig.ts';

interface Change {
  readonly argv?: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly abort?: AbortSignal;
}

const run = async (rig: Rig, script: string, change: Change = {}): Promise<HelperResult> =>
  runHelper({
    argv: ['sh', '-c', script],
    cwd: rig.folder,
    env: { PRODSERVER_TEST_RIG: rig.folder },
    timeoutMs: 30_000,
    abort: new AbortController().signal,
    ...change,
  });

const lines = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

describe('a helper', () => {
  test('answers on descriptor 3, apart from what it says', async () => {
    const result = await run(new Rig(), 'echo loud; echo louder >&2; echo answer >&3');
    expect(result).toEqual({
      exit: { code: 0, signal: null },
      timedOut: false,
      answer: 'answer',
      said: ['louder'],
      errno: null,
      refused: null,
    });
  });

  test('that fails is shown by the end of its stderr, or of its stdout where it said nothing else', async () => {
    expect(await run(new Rig(), 'echo loud; seq 100 >&2; exit 2')).toMatchObject({
      exit: { code: 2, signal: null },
      said: lines(81, 100),
    });
    expect(await run(new Rig(), 'seq 100; exit 1')).toMatchObject({ said: lines(81, 100), answer: '' });
    expect(await run(new Rig(), 'exit 1')).toMatchObject({ said: [] });
  });

  test('that is killed has a signal and no code', async () => {
    const result = await run(new Rig(), 'kill -9 $$');
    expect(result).toMatchObject({ exit: { code: null, signal: 'SIGKILL' }, timedOut: false, errno: null });
  });

  test('that takes too long is ended', async () => {
    const rig = new Rig();
    const result = await run(rig, 'echo busy >&2; exec sleep 1000', { timeoutMs: 300 });
    expect(result).toMatchObject({ timedOut: true, said: ['busy'], errno: null });
    expect(rig.survivors().filter(alive)).toEqual([]);
  });

  test('is ended by an abort, even where it ignores SIGTERM', async () => {
    const rig = new Rig();
    const abort = new AbortController();
    const script = `trap '' TERM; echo > up; while :; do sleep 0.05; done`;
    const result = run(rig, script, { abort: abort.signal });
    await until(() => rig.survivors().length > 0 && tryRead(rig, 'up') !== null, 'the helper to run');
    abort.abort();
    expect(await result).toMatchObject({
      exit: { code: null, signal: 'SIGKILL' },
      timedOut: false,
      errno: null,
    });
  });

  test('that cannot be started has an errno', async () => {
    const rig = new Rig();
    expect(await run(rig, '', { argv: ['./no-python', 'probe.py'] })).toMatchObject({ errno: 'ENOENT' });
    const cwd = join(rig.folder, 'gone');
    expect(await run(rig, 'true', { cwd })).toMatchObject({ errno: 'ENOENT' });
  });

  test('that cannot be started for a rare reason has an errno too', async () => {
    const rig = new Rig();
    rig.write('venv', 'no folder');
    expect(await run(rig, '', { argv: ['./venv/bin/python'] })).toMatchObject({ errno: 'ENOTDIR' });
  });

  test('is not waited for longer than its time where somebody else holds its output', async () => {
    let over = false;
    void run(new Rig(), 'sleep 1000 & exit 0', { timeoutMs: 200 }).then(() => (over = true));
    await until(() => over, 'the result', 3000);
  });
});

function tryRead(rig: Rig, name: string): string | null {
  try {
    return rig.read(name);
  } catch {
    return null; // not there yet
  }
}

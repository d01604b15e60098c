import { expect, test } from 'vitest';
import type { Exit } from '../../src/model/process.ts';
import { newDeaths } from '../../src/supervisor/deaths.ts';
import type { Run } from '../../src/supervisor/run.ts';
import { spec } from './instance-support.ts';
import { exitOf, life, type Life } from './machine-support.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const run = { pid: 4711, uptimeMs: () => 1234, peakBytes: () => 5_000_000 } as unknown as Run;

const causeOf = (story: (one: Life) => void, exit: Exit, oneshot = false): string | undefined => {
  const one = life();
  one.start();
  one.spawned();
  story(one);
  const deaths = newDeaths();
  deaths.add(spec({ oneshot }), one.machine().state, exit, run, NOON);
  return deaths.all()[0]?.cause;
};

test('why it ended', () => {
  const ready = (one: Life): void => void one.ready();
  expect(causeOf(ready, exitOf(1))).toBe('crash');
  expect(causeOf(ready, exitOf(0))).toBe('crash');
  expect(causeOf(ready, exitOf(0), true)).toBe('completed');
  expect(causeOf(ready, exitOf(1), true)).toBe('crash');
  expect(causeOf(ready, { ...exitOf('SIGKILL'), oom: true })).toBe('oom');
  expect(causeOf((one) => void one.stop(), exitOf('SIGKILL'))).toBe('manual');
  expect(causeOf((one) => void one.pass(60_000), exitOf(0))).toBe('start-timeout');
  for (const next of ['begin', 'rest'] as const) {
    const retired = (one: Life): void => {
      one.ready();
      one.retired(next);
    };
    expect(causeOf(retired, exitOf(0))).toBe('max-tasks');
  }
  const silent = (one: Life): void => {
    one.ready();
    one.silent();
  };
  expect(causeOf(silent, exitOf('SIGTERM'))).toBe('unresponsive');
});

test('the last twenty, the newest last', () => {
  const deaths = newDeaths();
  const one = life();
  for (let code = 1; code <= 25; code++)
    deaths.add(spec(), one.machine().state, exitOf(code), run, NOON + code);
  expect(deaths.all().map(({ exit }) => exit.code)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 6),
  );
  expect(deaths.all().at(-1)).toEqual({
    at: '2026-11-21T12:00:00.025Z',
    pid: 4711,
    exit: { code: 25, signal: null },
    uptimeMs: 1234,
    peakBytes: 5_000_000,
    cause: 'crash',
  });
});

/** For whom a command waits. */
import { expect, test } from 'vitest';
import { progressLine, progressShown, progressText, type Told } from '../../src/render/progress.ts';
import { row } from './support.ts';

const tasks = (active: number | null) => ({
  done: null,
  failed: null,
  active,
  per_second: null,
  registered: null,
  unknown: null,
});
const cause = { kind: 'manual' } as const;

test('what each of them is at', () => {
  const replacing = { cause, pid: 4800, tasks: null };
  const rows = [
    row({ state: 'STOPPING', tasks: tasks(2) }),
    row({ state: 'STOPPING', tasks: tasks(0) }),
    row({ state: 'STOPPING', pid: null, tasks: tasks(null) }),
    row({ state: 'STARTING' }),
    row({ state: 'BACKOFF', pid: null, cause: { kind: 'crash', exit: { code: 1, signal: null } } }),
    row({ replacing: { ...replacing, phase: 'queued', pid: null } }),
    row({ replacing: { ...replacing, phase: 'starting' } }),
    row({ replacing: { ...replacing, phase: 'draining', tasks: 1 } }),
    row({ replacing: { ...replacing, phase: 'draining' } }),
    row({ replacing: { ...replacing, phase: 'reloading' } }),
  ];
  expect(rows.map((one) => progressText([one]))).toEqual([
    'worker.1: draining, 2 tasks left',
    'worker.1: stopping, pid 4711',
    'worker.1: stopping',
    'worker.1: starting, pid 4711',
    'worker.1: BACKOFF (exit code 1)',
    'worker.1: waits for its turn',
    'worker.1: the new one starts, pid 4800',
    'worker.1: draining, 1 task left',
    'worker.1: stopping, pid 4800',
    'worker.1: new workers for the old ones, pid 4800',
  ]);
});

const many = ['a.1', 'b.1', 'c.1', 'd.1', 'e.1'].map((instance) =>
  row({ instance, state: 'STARTING', pid: null }),
);

test('of many the first, and how many more', () => {
  expect(progressText(many)).toBe('a.1: starting; b.1: starting; c.1: starting; 2 more');
});

/** Instants at which a line was told of `stages`, looked at each 100 ms. */
function toldAt(
  width: number | null,
  stages: readonly (readonly [until: number, active: number])[],
): string[] {
  const lines: string[] = [];
  let last: Told | null = null;
  let at = 0;
  for (const [until, active] of stages) {
    for (; at < until; at += 100) {
      const told = progressLine([row({ state: 'STOPPING', tasks: tasks(active) })], at, last, width);
      if (told === null) continue;
      last = told;
      lines.push(progressShown(told, width));
    }
  }
  return lines;
}

test('elsewhere than on a terminal: when something has changed, and every ten seconds', () => {
  expect(
    toldAt(null, [
      [12_000, 2],
      [14_000, 1],
    ]),
  ).toEqual([
    'worker.1: draining, 2 tasks left, 1 s',
    'worker.1: draining, 2 tasks left, 11 s',
    'worker.1: draining, 1 task left, 12 s',
  ]);
});

test('on a terminal: each second, cut to its width', () => {
  expect(toldAt(80, [[3500, 2]])).toEqual(
    [1, 2, 3].map((seconds) => `worker.1: draining, 2 tasks left, ${seconds} s`),
  );
  expect(toldAt(30, [[1500, 2]])).toEqual(['worker.1: draining, 2..., 1 s']);
});

test('of nobody nothing', () => {
  expect(progressLine([], 5000, null, null)).toBeNull();
});

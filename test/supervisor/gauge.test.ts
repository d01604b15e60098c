/** The figures of a run, from looks at all processes. */
import { expect, test } from 'vitest';
import { allStats, readStat, type ProcessStat } from '../../src/os/proc.ts';
import type { Tree } from '../../src/os/tree.ts';
import { newGauge } from '../../src/supervisor/gauge.ts';
import { Rig, until } from '../support/rig.ts';

const treeOf = (...pids: readonly number[]): Tree => ({
  members: (stats) => pids.filter((pid) => stats?.some((stat) => stat.pid === pid)),
  workers: () => [],
  signal: () => undefined,
  kill: () => undefined,
  sweep: () => undefined,
});
const stat = (pid: number, cpuTicks: number): ProcessStat => ({
  pid,
  state: 'S',
  parent: 1,
  group: pid,
  session: pid,
  terminal: 0,
  startTicks: 1,
  cpuTicks,
});
// Beyond the kernel's greatest, so that nobody has them.
const [MAIN, CHILD, OTHER] = [5_000_001, 5_000_002, 5_000_003] as const;

test('the processor time of the whole tree between two looks', () => {
  const gauge = newGauge(treeOf(MAIN, CHILD), 1000);
  expect(gauge.cpuPercent()).toBeNull();
  gauge.measure([stat(MAIN, 50)], 2000);
  expect(gauge.cpuPercent()).toBe(50);
  gauge.measure([stat(MAIN, 150), stat(CHILD, 100), stat(OTHER, 9000)], 3000);
  expect(gauge.cpuPercent()).toBe(200);
  gauge.measure([stat(MAIN, 151), stat(CHILD, 100)], 5000);
  expect(gauge.cpuPercent()).toBe(0.5);
});

test('the time of a child goes to its parent with its end; where it does not, it is not negative', () => {
  const gauge = newGauge(treeOf(MAIN, CHILD), 0);
  gauge.measure([stat(MAIN, 100), stat(CHILD, 500)], 10_000);
  gauge.measure([stat(MAIN, 700)], 11_000);
  expect(gauge.cpuPercent()).toBe(100);
  gauge.measure([stat(MAIN, 600)], 12_000);
  expect(gauge.cpuPercent()).toBe(0);
});

test('of a real process: the memory of its tree and of its main process, and what it burns', async () => {
  const one = new Rig().spawn([
    'python3',
    '-c',
    'import os\nif os.fork() == 0: block = b"x" * 50_000_000\nprint(f"up\\n", end="", flush=True)\nwhile True: pass',
  ]);
  await one.says(/up\n(.|\n)*up\n/);
  const child = allStats().find((other) => other.parent === one.pid)?.pid ?? 0;
  const gauge = newGauge(treeOf(one.pid, child), performance.now());
  await until(() => (readStat(one.pid)?.cpuTicks ?? 0) > 50, 'half a second of work');
  gauge.measure(allStats(), performance.now());
  expect(gauge.cpuPercent()).toBeGreaterThan(0);
  const seen = gauge.footprint();
  expect(seen?.pids).toEqual([one.pid, child]);
  expect(seen?.mainBytes).toBeLessThan(40_000_000);
  expect(seen?.treeBytes).toBeGreaterThan(50_000_000);
  expect(gauge.peakBytes()).toBeGreaterThanOrEqual(seen?.treeBytes ?? 0);
});

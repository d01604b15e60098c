/** Pids that pass to other processes: a table stands in for /proc, and nobody is killed for real. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProcessStat } from '../../src/os/proc.ts';
import { FakeClock } from '../logs/support.ts';

const table = vi.hoisted(() => ({
  rows: [] as ProcessStat[],
  late: new Map<number, number>(),
  children: null as number[] | null,
  looks: 0,
  look(): ProcessStat[] {
    this.looks += 1;
    return this.rows;
  },
}));

vi.mock('../../src/os/proc.ts', () => ({
  allStats: () => table.look(),
  recentStats: () => table.look(),
  /** A start time in `late` is what is found on the second look. */
  readStat: (pid: number) => {
    const row = table.rows.find((one) => one.pid === pid);
    return row === undefined ? null : { ...row, startTicks: table.late.get(pid) ?? row.startTicks };
  },
  ownChildren: () => table.children,
  readProc: () => null,
}));

// A pidfd is opened past the table: without it the spy below sees every signal.
vi.mock('../../src/os/libc.ts', () => ({ libc: () => null }));

// Another file of this worker may have loaded it with the real ones.
vi.resetModules();
const { newTree } = await import('../../src/os/tree.ts');

const MAIN = 500;
const row = (pid: number, change: Partial<ProcessStat> = {}): ProcessStat => ({
  pid,
  state: 'S',
  parent: 1,
  group: pid,
  session: pid,
  terminal: 0,
  startTicks: 1000,
  cpuTicks: 0,
  ...change,
});
const main = row(MAIN);

let killed: number[] = [];
beforeEach(() => {
  killed = [];
  table.late.clear();
  table.children = null;
  const kill = vi.spyOn(process, 'kill').mockImplementation((pid) => {
    killed.push(pid);
    table.rows = table.rows.filter((one) => one.pid !== pid);
    return true;
  });
  return () => kill.mockRestore();
});

function treeOf(...rows: ProcessStat[]) {
  table.rows = rows;
  return newTree(MAIN, new FakeClock(), 'unknown', 'none');
}

describe('who belongs', () => {
  test('descendants of descendants, whichever order the pids have', () => {
    const tree = treeOf(row(10, { parent: 20 }), row(20, { parent: 900 }), main, row(900, { parent: MAIN }));
    expect(tree.members()).toEqual([MAIN, 10, 20, 900]);
  });

  test('whoever shares the session or the group, whoever the parent is', () => {
    const tree = treeOf(main, row(11, { session: MAIN }), row(12, { group: MAIN }), row(13));
    expect(tree.members()).toEqual([MAIN, 11, 12]);
  });

  test('no zombie, but its children', () => {
    const tree = treeOf(
      { ...main, state: 'Z' },
      row(11, { parent: MAIN, state: 'Z' }),
      row(12, { parent: 11 }),
    );
    expect(tree.members()).toEqual([12]);
  });
});

describe('a pid that another process has got', () => {
  test('a child that was seen', () => {
    const tree = treeOf(main, row(11, { parent: MAIN }));
    expect(tree.members()).toEqual([MAIN, 11]);
    table.rows = [row(11, { startTicks: 2000 })];
    expect(tree.members()).toEqual([]);
    tree.kill();
    expect(killed).toEqual([]);
  });

  test('between the look and the kill', () => {
    const tree = treeOf(main, row(11, { parent: MAIN }), row(12, { parent: MAIN }));
    table.late.set(11, 2000);
    tree.kill();
    expect(killed).toEqual([MAIN, 12]);
  });

  test('the main process, by one in the session of somebody else', () => {
    const tree = treeOf(main);
    table.rows = [row(MAIN, { startTicks: 2000, group: 7, session: 7 })];
    tree.kill();
    expect(killed).toEqual([]);
  });

  test('the main process, by one that leads a group of its own', () => {
    const tree = treeOf(main);
    table.rows = [row(MAIN, { startTicks: 2000, session: 7 })];
    tree.kill();
    expect(killed).toEqual([]);
  });
});

describe('a sweep', () => {
  test('looks again until nothing is left, and kills who is born meanwhile', () => {
    const clock = new FakeClock();
    table.rows = [row(11, { session: MAIN })];
    const tree = newTree(MAIN, clock, 'unknown', 'none');
    let answers = 0;
    tree.sweep(() => (answers += 1));
    expect([killed, answers]).toEqual([[11], 0]);
    table.rows = [row(12, { session: MAIN })];
    clock.pass(20);
    expect([killed, answers]).toEqual([[11, 12], 0]);
    clock.pass(20);
    expect([killed, answers, clock.armed]).toEqual([[11, 12], 1, 0]);
  });

  test.each([
    ['reads the table no more where the main process was seen alone', [main], 0],
    ['looks for a child that was seen', [main, row(11, { parent: MAIN })], 1],
  ])('%s', (_, rows, looks) => {
    table.rows = rows;
    table.children = [];
    const tree = newTree(MAIN, new FakeClock(), 'own', 'none');
    // As for `status`, which reads the table once for all.
    tree.members(table.rows);
    table.rows = [];
    table.looks = 0;
    let answers = 0;
    tree.sweep(() => (answers += 1));
    expect([table.looks, answers]).toEqual([looks, 1]);
  });
});

import { describe, expect, test } from 'vitest';
import type { RecyclePolicy } from '../../src/model/spec.ts';
import { draw, reasonToReplace, type Draw, type Known } from '../../src/supervisor/recycling.ts';
import { NO_LIMITS } from '../support/spec.ts';

const MiB = 1024 ** 2;
const policy = (change: Partial<RecyclePolicy>): RecyclePolicy => ({
  ...NO_LIMITS,
  jitter: 0.1,
  minUptimeMs: 30_000,
  ...change,
});
const known = (change: Partial<Known> = {}): Known => ({
  readyMs: 3_600_000,
  ageMs: 3_601_000,
  tasksDone: 500,
  used: { bytes: 100 * MiB, memory: 'pss' },
  stranded: false,
  wall: 1_800_000_000_000,
  ...change,
});
const NOTHING_DRAWN: Draw = { maxTasks: null, maxAgeMs: null, dueAt: null };
const using = (mebibytes: number): Known['used'] => ({ bytes: mebibytes * MiB, memory: 'pss' });

describe('memory', () => {
  const both = policy({ maxMemory: 200 * MiB, maxMemoryHard: 400 * MiB });
  const reason = (change: Partial<Known>) => reasonToReplace(both, NOTHING_DRAWN, known(change));

  test('at the limit is not above it', () => {
    expect(reason({ used: using(200) })).toBeNull();
  });

  test('above the limit, with both numbers', () => {
    expect(reason({ used: using(201) })).toEqual({
      kind: 'memory',
      memory: 'pss',
      usedBytes: 201 * MiB,
      limitBytes: 200 * MiB,
      hard: false,
    });
  });

  test('above both it is the hard limit that counts', () => {
    expect(reason({ used: using(401) })).toMatchObject({ limitBytes: 400 * MiB, hard: true });
  });

  test('unknown memory is no reason', () => {
    expect(reason({ used: null })).toBeNull();
  });

  test('what was measured is what is told', () => {
    expect(reason({ used: { bytes: 300 * MiB, memory: 'rss' } })).toMatchObject({ memory: 'rss' });
  });

  test('min-uptime holds for the soft limit and not for the hard one', () => {
    expect(reason({ used: using(201), readyMs: 29_999 })).toBeNull();
    expect(reason({ used: using(401), readyMs: 0 })).toMatchObject({ hard: true });
  });

  test('without its broker only the hard limit counts: a successor could not get ready', () => {
    expect(reason({ used: using(201), stranded: true })).toBeNull();
    expect(reason({ used: using(401), stranded: true })).toMatchObject({ hard: true });
  });
});

describe('tasks', () => {
  const some = policy({ maxTasks: 1000 });
  const drawn = { ...NOTHING_DRAWN, maxTasks: 950 };

  test('as many as were drawn', () => {
    expect(reasonToReplace(some, drawn, known({ tasksDone: 949 }))).toBeNull();
    expect(reasonToReplace(some, drawn, known({ tasksDone: 950 }))).toEqual({
      kind: 'max-tasks',
      done: 950,
      limit: 950,
    });
  });

  test('one that does not tell is left alone', () => {
    expect(reasonToReplace(some, drawn, known({ tasksDone: null }))).toBeNull();
  });

  test('not before min-uptime', () => {
    expect(reasonToReplace(some, drawn, known({ tasksDone: 5000, readyMs: 1000 }))).toBeNull();
  });
});

describe('age', () => {
  test('is since the start', () => {
    const old = policy({ maxAgeMs: 10_000_000 });
    const drawn = { ...NOTHING_DRAWN, maxAgeMs: 9_500_000 };
    expect(reasonToReplace(old, drawn, known({ ageMs: 9_499_999 }))).toBeNull();
    expect(reasonToReplace(old, drawn, known({ ageMs: 9_500_000 }))).toEqual({
      kind: 'max-age',
      ageMs: 9_500_000,
      limitMs: 9_500_000,
    });
  });
});

describe('the schedule', () => {
  const nightly = policy({ schedule: '0 4 * * *', timezone: 'UTC' });
  const drawn = { ...NOTHING_DRAWN, dueAt: 1_800_000_000_000 };

  test('comes when its instant has come, and stays due for one that has to wait its turn', () => {
    expect(reasonToReplace(nightly, drawn, known({ wall: 1_799_999_999_999 }))).toBeNull();
    const due = { kind: 'schedule', pattern: '0 4 * * *' };
    expect(reasonToReplace(nightly, drawn, known({ wall: 1_800_000_000_000 }))).toEqual(due);
    expect(reasonToReplace(nightly, drawn, known({ wall: 1_800_000_300_000 }))).toEqual(due);
  });
});

describe('what is drawn for a run', () => {
  const all = policy({ maxTasks: 1000, maxAgeMs: 60_000, schedule: '0 4 * * *', timezone: 'UTC' });
  const asked: unknown[] = [];
  const nextRun = (...question: unknown[]): Date | null => {
    asked.push(question);
    return new Date(42);
  };

  test('is up to the jitter below the limits, and the next instant of the schedule', () => {
    expect(draw(all, () => 0, 7, nextRun)).toEqual({ maxTasks: 1000, maxAgeMs: 60_000, dueAt: 42 });
    expect(draw(all, () => 0.5, 7, nextRun)).toEqual({ maxTasks: 950, maxAgeMs: 57_000, dueAt: 42 });
    expect(draw({ ...all, jitter: 1 }, () => 0.9999, 7, nextRun)).toMatchObject({ maxTasks: 1 });
    expect(draw({ ...all, jitter: 0 }, () => 0.9, 7, nextRun)).toMatchObject({ maxTasks: 1000 });
    expect(asked[0]).toEqual(['0 4 * * *', 'UTC', new Date(7)]);
  });

  test('is a number of its own for each limit', () => {
    const chances = [0, 1];
    expect(draw(all, () => chances.shift() ?? 0, 7, nextRun)).toMatchObject({
      maxTasks: 1000,
      maxAgeMs: 54_000,
    });
  });

  test('is nothing where there is no limit', () => {
    expect(draw(policy({ maxMemory: 1 }), () => 0.5, 7, nextRun)).toEqual(NOTHING_DRAWN);
  });
});

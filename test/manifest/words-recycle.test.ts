/** What a person is told about RECYCLE, and what it means where keys are left out. */
import { describe, expect, test } from 'vitest';
import { entry, job, processes, told, web, worker } from './support.ts';

describe('RECYCLE', () => {
  test('what is left out has its default', () => {
    const [spec] = processes(worker('RECYCLE: {max-memory: 512MiB}'));
    expect(spec?.recycle).toEqual({
      maxMemory: 512 * 1024 ** 2,
      maxMemoryHard: null,
      memory: 'pss',
      maxTasks: null,
      maxAgeMs: null,
      schedule: null,
      timezone: null,
      jitter: 0.1,
      minUptimeMs: 30_000,
    });
  });

  test('all keys, for each instance', () => {
    const specs = processes(
      worker(
        'INSTANCES: 2',
        'RECYCLE: {max-memory: 512MiB, max-memory-hard: 1GiB, memory: main, max-tasks: "10000", max-age: 24h,',
        '  schedule: "0 4 * * MON-FRI", timezone: Europe/Berlin, jitter: 0, min-uptime: 5m}',
      ),
    );
    expect(specs.map((spec) => spec.recycle)).toEqual(
      Array.from({ length: 2 }, () => ({
        maxMemory: 512 * 1024 ** 2,
        maxMemoryHard: 1024 ** 3,
        memory: 'main',
        maxTasks: 10_000,
        maxAgeMs: 86_400_000,
        schedule: '0 4 * * MON-FRI',
        timezone: 'Europe/Berlin',
        jitter: 0,
        minUptimeMs: 300_000,
      })),
    );
  });

  test('a process without it is never replaced for such a reason', () => {
    expect(processes(job())[0]?.recycle).toBeNull();
  });

  test.each([
    ['nothing at all', '{}'],
    ['no limit', '{jitter: 0.2, min-uptime: 1m}'],
    ['nothing below it', ''],
    ['sizes and durations without a unit', '{max-memory: 512, max-memory-hard: 1024, max-age: 3600}'],
    ['no tasks', '{max-tasks: 0}'],
    ['an unknown memory', '{max-memory: 1GiB, memory: uss}'],
    ['a jitter that is a percentage', '{max-age: 1h, jitter: 10}'],
    ['a key that there is not', '{max-mem: 1GiB, max-age: 1h}'],
    ['a minute that there is not', '{schedule: "60 4 * * *"}'],
    ['a day that never comes', '{schedule: "0 4 30 2 *"}'],
    ['a date', '{schedule: "2030-01-01T04:00:00"}'],
    ['a name', '{schedule: "@daily"}'],
    ['a time zone that there is not', '{schedule: "0 4 * * *", timezone: Europe/Berln}'],
    ['a time zone without a schedule', '{max-age: 1d, timezone: UTC}'],
    ['a kind of memory without a limit', '{max-age: 1d, memory: rss}'],
    ['a hard limit that is not above the soft one', '{max-memory: 1GiB, max-memory-hard: 1024MiB}'],
  ])('%s', (_, text) => {
    expect(told(worker(`RECYCLE: ${text}`))).toMatchSnapshot();
  });

  test('tasks of what has none', () => {
    const beat = entry(
      'beat',
      'BACKEND: CeleryBeat',
      'APP: shop.celery.app',
      'RECYCLE: {max-tasks: 9, max-age: 1d}',
    );
    expect([web('RECYCLE: {max-tasks: 10}'), job('RECYCLE: {max-tasks: 10}'), beat].map((text) => told(text)))
      .toMatchInlineSnapshot(`
      [
        "prodserver.yaml:5:15: error: GunicornServer takes no max-tasks: only a CeleryWorker tells how many tasks it has done; gunicorn counts requests itself (max-requests) [key-useless]
          5 |     RECYCLE: {max-tasks: 10}
            |               ^^^^^^^^^
            = leave max-tasks out",
        "prodserver.yaml:5:15: error: Command takes no max-tasks: only a CeleryWorker tells how many tasks it has done [key-useless]
          5 |     RECYCLE: {max-tasks: 10}
            |               ^^^^^^^^^
            = leave max-tasks out",
        "prodserver.yaml:5:15: error: CeleryBeat takes no max-tasks: only a CeleryWorker tells how many tasks it has done [key-useless]
          5 |     RECYCLE: {max-tasks: 9, max-age: 1d}
            |               ^^^^^^^^^
            = leave max-tasks out",
      ]
    `);
  });

  test('what ends by itself', () => {
    expect(told(job('ONESHOT: true', 'RECYCLE: {max-age: 1h}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:6:5: error: Command takes no RECYCLE: with ONESHOT it ends by itself [key-useless]
          6 |     RECYCLE: {max-age: 1h}
            |     ^^^^^^^
            = leave RECYCLE out"
    `);
  });
});

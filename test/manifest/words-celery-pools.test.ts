/** What a person is told about the pool, its size and its limits where Celery does not do what ARGS say. */
import { describe, expect, test } from 'vitest';
import { entry, processes, told } from './support.ts';

const worker = (args: string, ...lines: readonly string[]): string =>
  entry('worker', 'BACKEND: CeleryWorker', 'APP: shop.celery.app', `ARGS: ${args}`, ...lines);

describe('pools', () => {
  test('prefork, and a pool that only the settings may know, act on every limit', () => {
    const limits = 'max-tasks-per-child: 9, max-memory-per-child: 200MiB, time-limit: 9, soft-time-limit: 8';
    expect(told(worker(`{${limits}}`))).toBe('');
    expect(told(worker(`{pool: processes, ${limits}}`))).toBe('');
  });

  test.each(['threads', 'solo', 'gevent', 'eventlet'])('%s', (pool) => {
    const limits =
      'max-tasks-per-child: 9, max-memory-per-child: 9, time-limit: 9, soft-time-limit: 8, pool-start-method: spawn';
    expect(told(worker(`{pool: ${pool}, ${limits}}`))).toMatchSnapshot();
  });

  test('custom', () => {
    expect(told(worker('{pool: custom}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "pool" cannot be used: Celery takes the class of a custom pool from CELERY_CUSTOM_WORKER_POOL, which is not set [option-refused]
          5 |     ARGS: {pool: custom}
            |            ^^^^
            = set it in ENV, for example "CELERY_CUSTOM_WORKER_POOL: myproject.pool:TaskPool""
    `);
    const env = { CELERY_CUSTOM_WORKER_POOL: 'myproject.pool:TaskPool' };
    expect(told(worker('{pool: custom, max-tasks-per-child: 9}'), { env })).toMatchInlineSnapshot(`""`);
    expect(told(worker('{pool: custom}', 'ENV: {CELERY_CUSTOM_WORKER_POOL: "a:B"}'))).toBe('');
  });

  test('solo runs one task at a time', () => {
    expect(told(worker('{pool: solo, concurrency: 4}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:24: warning: "concurrency" does not do what it says: solo runs one task at a time, and takes from the broker as many as for 4 [option-otherwise]
          5 |     ARGS: {pool: solo, concurrency: 4}
            |                        ^^^^^^^^^^^
            = leave it out, or use another pool"
    `);
    expect(told(worker('{pool: solo, concurrency: 1}'))).toBe('');
  });
});

test('zero', () => {
  const zeros =
    'concurrency: 0, prefetch-multiplier: 0, time-limit: 0, soft-time-limit: 0, max-memory-per-child: 0, heartbeat-interval: 0';
  expect(told(worker(`{${zeros}}`))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "concurrency" does not do what it says: Celery takes 0 for the number of CPUs [option-otherwise]
        5 |     ARGS: {concurrency: 0, prefetch-multiplier: 0, time-limit: 0, soft-time-limit: 0, max-memory-per
          |            ^^^^^^^^^^^
          = leave it out, or write a number from 1

    prodserver.yaml:5:28: warning: "prefetch-multiplier" does not do what it says: Celery takes 0 for worker_prefetch_multiplier of the settings (4), not for "no limit" [option-otherwise]
        5 |     ARGS: {concurrency: 0, prefetch-multiplier: 0, time-limit: 0, soft-time-limit: 0, max-memory-per
          |                            ^^^^^^^^^^^^^^^^^^^
          = leave it out, or write a number from 1

    prodserver.yaml:5:52: warning: "time-limit" does not do what it says: Celery takes 0 for task_time_limit of the settings, by default none [option-otherwise]
        5 |     ARGS: {concurrency: 0, prefetch-multiplier: 0, time-limit: 0, soft-time-limit: 0, max-memory-per
          |                                                    ^^^^^^^^^^
          = leave it out, or write a number from 1

    prodserver.yaml:5:67: warning: "soft-time-limit" does not do what it says: Celery takes 0 for task_soft_time_limit of the settings, by default none [option-otherwise]
        5 |     ARGS: {concurrency: 0, prefetch-multiplier: 0, time-limit: 0, soft-time-limit: 0, max-memory-per
          |                                                                   ^^^^^^^^^^^^^^^
          = leave it out, or write a number from 1

    prodserver.yaml:5:87: warning: "max-memory-per-child" does not do what it says: Celery takes 0 for no limit [option-otherwise]
        5 | soft-time-limit: 0, max-memory-per-child: 0, heartbeat-interval: 0}
          |                     ^^^^^^^^^^^^^^^^^^^^
          = leave it out, or write a number from 1

    prodserver.yaml:5:112: warning: "heartbeat-interval" does not do what it says: Celery takes 0 for 2 [option-otherwise]
        5 | emory-per-child: 0, heartbeat-interval: 0}
          |                     ^^^^^^^^^^^^^^^^^^
          = leave it out, or write a number from 1"
  `);
});

test('less than nothing', () => {
  const below =
    'concurrency: -1, prefetch-multiplier: -1, time-limit: -1, max-memory-per-child: -1, max-tasks-per-child: 0, heartbeat-interval: 1.5';
  expect(told(worker(`{${below}}`))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: "concurrency" must be a whole number from 0, or "auto", not -1 [value-wrong]
        5 |     ARGS: {concurrency: -1, prefetch-multiplier: -1, time-limit: -1, max-memory-per-child: -1, max-t
          |                         ^^

    prodserver.yaml:5:50: error: "prefetch-multiplier" must be a whole number from 0, not -1 [value-wrong]
        5 |     ARGS: {concurrency: -1, prefetch-multiplier: -1, time-limit: -1, max-memory-per-child: -1, max-t
          |                                                  ^^

    prodserver.yaml:5:66: error: "time-limit" must be a number from 0, not -1 [value-wrong]
        5 |     ARGS: {concurrency: -1, prefetch-multiplier: -1, time-limit: -1, max-memory-per-child: -1, max-t
          |                                                                  ^^

    prodserver.yaml:5:92: error: "max-memory-per-child" must be a whole number of KiB from 0, or a size such as 200MiB, not -1 [value-wrong]
        5 | x-memory-per-child: -1, max-tasks-per-child: 0, heartbeat-interval: 1.5}
          |                     ^^

    prodserver.yaml:5:117: error: "max-tasks-per-child" must be a whole number from 1, not 0 [value-wrong]
        5 | ax-tasks-per-child: 0, heartbeat-interval: 1.5}
          |                     ^

    prodserver.yaml:5:140: error: "heartbeat-interval" must be a whole number from 0, not 1.5 [value-wrong]
        5 | heartbeat-interval: 1.5}
          |                     ^^^"
  `);
});

describe('autoscale', () => {
  test.each(['"10,3"', '10', '"10"', '[10, 3]', '[10]', '{max: 10, min: 3}', '{max: 10}', '" 10 , 3 "'])(
    '%s',
    (value) => {
      expect(told(worker(`{autoscale: ${value}}`))).toBe('');
      const argv = processes(worker(`{autoscale: ${value}}`))[0]?.argv;
      expect(argv).toContain(`--autoscale=10,${value.includes('3') ? 3 : 0}`);
    },
  );

  test('what is none', () => {
    for (const value of [
      '"a,b"',
      '"3,1,2"',
      '0',
      '"0,0"',
      '-1',
      '3.5',
      '[1, 2, 3]',
      '{min: 3}',
      '{max: 3, mni: 1}',
    ]) {
      expect(told(worker(`{autoscale: ${value}}`))).toContain(
        '"autoscale" must be the maximum and the minimum, as "10,3", [10, 3] or {max: 10, min: 3}, the maximum from 1',
      );
    }
  });

  test('the larger number is the maximum, wherever it stands', () => {
    expect(told(worker('{autoscale: "3,10"}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "autoscale" does not do what it says: Celery takes the larger number for the maximum [option-otherwise]
          5 |     ARGS: {autoscale: "3,10"}
            |            ^^^^^^^^^
            = write "10,3""
    `);
  });

  test('with concurrency it wins', () => {
    expect(told(worker('{autoscale: "10,3", concurrency: 4}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:31: warning: "concurrency" has no effect: autoscale wins [option-ignored]
          5 |     ARGS: {autoscale: "10,3", concurrency: 4}
            |                               ^^^^^^^^^^^
            = leave concurrency out"
    `);
  });

  test.each(['threads', 'solo', 'gevent'])('%s', (pool) => {
    expect(told(worker(`{pool: ${pool}, autoscale: "10,3"}`))).toMatchSnapshot();
  });
});

test('limits that are none', () => {
  const limits =
    'time-limit: 5, soft-time-limit: 5, optimization: fair, without-heartbeat: true, heartbeat-interval: 5, purge: true';
  expect(told(worker(`{${limits}}`))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "time-limit" does not do what it says: the hard limit is not looked at before the soft one of 5 s, and then ends the task at once [option-otherwise]
        5 |     ARGS: {time-limit: 5, soft-time-limit: 5, optimization: fair, without-heartbeat: true, heartbeat
          |            ^^^^^^^^^^
          = make soft-time-limit the smaller one

    prodserver.yaml:5:47: warning: "optimization" has no effect: default and fair are the same since Celery 4 [option-ignored]
        5 |     ARGS: {time-limit: 5, soft-time-limit: 5, optimization: fair, without-heartbeat: true, heartbeat
          |                                               ^^^^^^^^^^^^
          = leave it out

    prodserver.yaml:5:92: warning: "heartbeat-interval" has no effect: without-heartbeat sends none [option-ignored]
        5 | ut-heartbeat: true, heartbeat-interval: 5, purge: true}
          |                     ^^^^^^^^^^^^^^^^^^
          = leave one of them out

    prodserver.yaml:5:115: warning: "purge" is unwise: it empties the queues at every start, after a crash too [option-unwise]
        5 | rtbeat-interval: 5, purge: true}
          |                     ^^^^^
          = run \`celery purge\` by hand"
  `);
  expect(told(worker('{purge: false, without-heartbeat: false, heartbeat-interval: 5}'))).toBe('');
});

test('a task that may outlive a stop', () => {
  expect(told(worker('{time-limit: 300}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "time-limit" is unwise: a task may run for 5 min, and a stop, a restart or a recycling ends it after 1 min [option-unwise]
        5 |     ARGS: {time-limit: 300}
          |            ^^^^^^^^^^
          = write "STOP: {timeout: 310s}", or a lower limit"
  `);
  expect(told(worker('{time-limit: 60}'))).toBe('');
  expect(told(worker('{time-limit: 300}', 'STOP: {timeout: 310s}'))).toBe('');
});

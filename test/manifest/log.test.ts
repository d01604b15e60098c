/** LOG: what it becomes, and what is said of a wrong one. */
import { expect, test } from 'vitest';
import { job, processes, told } from './support.ts';

const logOf = (text: string) => processes(job(text)).map(({ log }) => log);

test('a file, and all the rest by default', () => {
  const [log] = logOf('LOG: {file: /var/log/job.log}');
  expect(log).toEqual({
    file: '/var/log/job.log',
    maxBytes: 50 * 1024 ** 2,
    maxAgeMs: null,
    keep: 10,
    whenFull: 'drop',
  });
  expect(logOf('AUTOSTART: true')).toEqual([null]);
});

test('all of it, with names in the path', () => {
  const logs = processes(
    job(
      "LOG: {file: '/l/{name}/{instance}.log', max-size: 1GB, max-age: 1d, keep: 0, when-full: block}",
      'INSTANCES: 2',
    ),
  ).map(({ log }) => log);
  expect(logs).toEqual(
    [1, 2].map((index) => ({
      file: `/l/job/job.${index}.log`,
      maxBytes: 1e9,
      maxAgeMs: 86_400_000,
      keep: 0,
      whenFull: 'block',
    })),
  );
});

test('two instances with one file', () => {
  expect(told(job('LOG: {file: /l/job.log}', 'INSTANCES: 2'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: job.1 and job.2 have one log file: /l/job.log [claimed-twice]
        5 |     LOG: {file: /l/job.log}
          |           ^^^^
          = give each its own, for example with {instance} in it"
  `);
});

test('a size without a unit, one of nothing, and no file', () => {
  expect(told(job('LOG: {file: a, max-size: 50}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:30: error: "max-size" needs a unit: 50 could be anything [value-no-unit]
        5 |     LOG: {file: a, max-size: 50}
          |                              ^^
          = write 50MiB (units: B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)"
  `);
  expect(told(job('LOG: {file: a, max-size: 0B}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:30: error: "max-size" must be a size such as 50MiB or 1GB, not "0B" [value-wrong]
        5 |     LOG: {file: a, max-size: 0B}
          |                              ^^"
  `);
  expect(told(job('LOG: {max-size: 1MiB}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:5: error: "LOG" has no file [key-missing]
        5 |     LOG: {max-size: 1MiB}
          |     ^^^
          = add for example "file: logs/{instance}.log""
  `);
  expect(told(job('LOG: {file: a, when-full: wait}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:31: error: "when-full" must be one of block, drop, not "wait" [value-wrong]
        5 |     LOG: {file: a, when-full: wait}
          |                               ^^^^"
  `);
});

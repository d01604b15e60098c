/** What a person is told of all entries together: how long they take to end, and the memory that they may have. */
import { describe, expect, test } from 'vitest';
import { entry, infos, job, told, worker } from './support.ts';

const all = (...entries: readonly string[]): string =>
  entries.map((text, index) => (index === 0 ? text : text.split('\n').slice(1).join('\n'))).join('');
const command = (name: string, ...lines: readonly string[]): string =>
  entry(name, 'BACKEND: Command', 'CMD: [date]', ...lines);

describe('the end of all', () => {
  test('within what every container gives', () => {
    expect(infos(job())).toBe('');
    expect(infos(all(command('a', 'STOP: {timeout: 10s}'), command('b')))).toBe('');
  });

  test('of a worker', () => {
    expect(infos(worker())).toMatchInlineSnapshot(`
      "prodserver.yaml:2:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65"
    `);
    expect(infos(worker('STOP: {timeout: 12s}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:2:3: info: to end everything may take 12 s (worker); docker stop kills after 10 s [stop-long]
            = in a container set docker run --stop-timeout 17, stop_grace_period: 17s (compose) or terminationGracePeriodSeconds: 17"
    `);
    expect(infos(worker('STOP: {timeout: 10s}'))).toBe('');
  });

  test('one after the other, on the longest way', () => {
    const text = all(
      command('redis', 'STOP: {timeout: 5s}'),
      command('worker', 'STOP: {timeout: 20s}', 'DEPENDS_ON: [redis]'),
      command('web', 'STOP: {timeout: 8s}', 'DEPENDS_ON: [worker]'),
      command('mail', 'STOP: {timeout: 25s}', 'DEPENDS_ON: [redis]'),
    );
    expect(infos(text)).toMatchInlineSnapshot(`
      "prodserver.yaml:6:3: info: to end everything may take 33 s (web, then worker, then redis); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 38, stop_grace_period: 38s (compose) or terminationGracePeriodSeconds: 38"
    `);
  });

  test('what ends by itself is not waited for', () => {
    const once = command('migrate', 'ONESHOT: true', 'STOP: {timeout: 5m}', 'RESTART: {policy: never}');
    expect(infos(all(once, command('web')))).toBe('');
  });

  test('is not told of a manifest with errors', () => {
    expect(infos(worker('INSTANCES: 0'))).toBe('');
  });
});

describe('memory', () => {
  const GIB = 1024 ** 3;
  const memory = { bytes: 2 * GIB, of: 'cgroup' } as const;

  test('that is not there', () => {
    const text = all(
      worker('INSTANCES: 2', 'RECYCLE: {max-memory: 512MiB}'),
      command('web', 'RECYCLE: {max-memory-hard: 1GiB}'),
    );
    expect(told(text, { memory })).toMatchInlineSnapshot(`
      "prodserver.yaml:6:5: warning: RECYCLE lets worker and web grow to 2.5 GiB together, one more of worker during a replacement counted in, and this cgroup has 2.0 GiB [memory-exceeded]
          6 |     RECYCLE: {max-memory: 512MiB}
            |     ^^^^^^^
            = lower max-memory or INSTANCES; where it runs on a larger machine, check it there"
    `);
    expect(told(text, { memory: { bytes: 3 * GIB, of: 'machine' } })).toBe('');
  });

  test('of one whose successor waits until it has ended', () => {
    const text = command('web', 'INSTANCES: 3', 'RECYCLE: {max-memory: 1GiB}');
    expect(told(text, { memory: { ...memory, of: 'machine' } })).toMatchInlineSnapshot(`
      "prodserver.yaml:6:5: warning: RECYCLE lets web grow to 3.0 GiB together, and this machine has 2.0 GiB [memory-exceeded]
          6 |     RECYCLE: {max-memory: 1GiB}
            |     ^^^^^^^
            = lower max-memory or INSTANCES; where it runs on a larger machine, check it there"
    `);
  });

  test('that just suffices', () => {
    expect(told(worker('RECYCLE: {max-memory: 1GiB}'), { memory })).toBe('');
    expect(told(worker('RECYCLE: {max-tasks: 1}'), { memory: { ...memory, bytes: 1 } })).toBe('');
  });
});

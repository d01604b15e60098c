/** What a person is told about node names, queues, versions and words where Celery does not do what ARGS say. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadManifest } from '../../src/manifest/load.ts';
import { entry, newFolder, processes, tell, told, write } from './support.ts';

const worker = (args: string, ...lines: readonly string[]): string =>
  entry('worker', 'BACKEND: CeleryWorker', 'APP: shop.celery.app', `ARGS: ${args}`, ...lines);

test('node names', () => {
  expect(told(worker('{hostname: orders}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "hostname" does not do what it says: Celery takes it for a host: the node is "celery@orders" [option-otherwise]
        5 |     ARGS: {hostname: orders}
          |            ^^^^^^^^
          = write "orders@%h""
  `);
  expect(told(worker('{hostname: "orders@%x"}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "hostname" cannot be used: Celery ends at a % that is none of %h, %n, %d, %i, %I and %% [option-refused]
        5 |     ARGS: {hostname: "orders@%x"}
          |            ^^^^^^^^
          = write for example worker@%h"
  `);
  expect(told(worker('{hostname: "%n@%h.%d%%%i%I"}'))).toBe('');
});

describe('queues', () => {
  test('names are told apart by commas, without the spaces and the empty ones', () => {
    const [spec] = processes(worker('{queues: "a, b,,c", include: [x, "y,z"], exclude-queues: [" d "]}'));
    expect(spec?.argv.slice(5)).toEqual([
      '--queues=a,b,c',
      '--include=x,y,z',
      '--exclude-queues=d',
      '--hostname=worker@%h',
    ]);
    expect(told(worker('{queues: ","}'))).toContain('"queues" must be a queue, or a list of them, not ","');
  });

  test('a queue that is excluded', () => {
    expect(told(worker('{queues: [a, b], exclude-queues: b}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "queues" does not do what it says: b stands in both, and is not consumed [option-otherwise]
          5 |     ARGS: {queues: [a, b], exclude-queues: b}
            |            ^^^^^^
            = take b out of queues"
    `);
    expect(told(worker('{queues: a, exclude-queues: [a, b]}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:23: error: "exclude-queues" and "queues" exclude each other: nothing is left to consume [option-conflict]
          5 |     ARGS: {queues: a, exclude-queues: [a, b]}
            |                       ^^^^^^^^^^^^^^
            = leave one of them out"
    `);
    expect(told(worker('{queues: a, exclude-queues: b}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:23: warning: "exclude-queues" has no effect: none of them is in queues [option-ignored]
          5 |     ARGS: {queues: a, exclude-queues: b}
            |                       ^^^^^^^^^^^^^^
            = leave it out"
    `);
  });
});

test('a word that is nearly right', () => {
  expect(told(worker('{loglevel: WARN}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:22: error: "loglevel" must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, FATAL, not "WARN" [value-wrong]
        5 |     ARGS: {loglevel: WARN}
          |                      ^^^^
          = write "WARNING""
  `);
  expect(told(worker('{pool: thread}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:18: error: "pool" must be one of prefork, eventlet, gevent, solo, processes, threads, custom, not "thread" [value-wrong]
        5 |     ARGS: {pool: thread}
          |                  ^^^^^^
          = write "threads""
  `);
  expect(told(worker('{loglevel: TRACE}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:22: error: "loglevel" must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, FATAL, not "TRACE" [value-wrong]
        5 |     ARGS: {loglevel: TRACE}
          |                      ^^^^^"
  `);
});

describe('two of a kind', () => {
  const two = (first: string, second: string): string =>
    `${worker(first)}${entry('other', 'BACKEND: CeleryWorker', 'APP: shop.celery.app', `ARGS: ${second}`)
      .split('\n')
      .slice(1)
      .join('\n')}`;

  test('node names', () => {
    expect(told(two('{hostname: "a@%h"}', '{hostname: "a@%h"}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: worker.1 and other.1 have one node name: a@%h of shop.celery.app [claimed-twice]
          9 |     ARGS: {hostname: "a@%h"}
            |            ^^^^^^^^
            = give each its own, or leave hostname out"
    `);
    expect(told(two('{}', '{hostname: "worker@%h"}'))).toContain('worker.1 and other.1 have one node name');
    expect(told(two('{hostname: "a@%h"}', '{hostname: "b@%h"}'))).toBe('');
    expect(told(worker('{hostname: "a@%h"}', 'INSTANCES: 2'))).toBe('');
    // One name, and one application, in two forms each.
    expect(told(two('{hostname: a}', '{hostname: "celery@a"}'))).toContain('[claimed-twice]');
    const other = two('{hostname: "a@%h"}', '{hostname: "a@%h"}').replace(
      'shop.celery.app',
      'shop.celery:app',
    );
    expect(told(other)).toMatchInlineSnapshot(`
      "prodserver.yaml:9:12: error: worker.1 and other.1 have one node name: a@%h of shop.celery.app [claimed-twice]
          9 |     ARGS: {hostname: "a@%h"}
            |            ^^^^^^^^
            = give each its own, or leave hostname out"
    `);
    expect(told(other.replace('shop.celery:app', 'mail.celery:app'))).toBe('');
  });

  test('queues: that is how work is shared', () => {
    expect(told(two('{queues: [a, b]}', '{queues: [a, b]}'))).toBe('');
  });

  test('files', () => {
    expect(told(worker('{statedb: var/state}', 'INSTANCES: 2'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: worker.1 and worker.2 have one statedb: var/state [claimed-twice]
          5 |     ARGS: {statedb: var/state}
            |            ^^^^^^^
            = give each its own statedb, for example with %n in it: the name of the node"
    `);
    expect(told(worker('{statedb: "var/%n.state"}', 'INSTANCES: 2'))).toBe('');
    expect(told(two('{statedb: x}', '{statedb: x}'))).toContain('worker.1 and other.1 have one statedb: x');
    expect(told(two('{statedb: x}', '{statedb: y}'))).toBe('');
  });
});

describe('an older Celery', () => {
  const installed = (version: string, args: string): string => {
    const folder = newFolder();
    mkdirSync(join(folder, '.venv', 'lib', 'python3.12', 'site-packages', `celery-${version}.dist-info`), {
      recursive: true,
    });
    write(folder, '.venv/bin/python', '');
    return tell(loadManifest(write(folder, 'prodserver.yaml', worker(args)), 'prodserver.yaml', {}, folder));
  };

  test('an option that it does not have', () => {
    expect(installed('5.5.3', '{disable-prefetch: true}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "disable-prefetch" needs celery 5.6, and 5.5.3 is installed [option-too-new]
          5 |     ARGS: {disable-prefetch: true}
            |            ^^^^^^^^^^^^^^^^
            = leave it out, or install celery 5.6 or later"
    `);
    expect(installed('5.6.0', '{disable-prefetch: true}')).toBe('');
    expect(installed('5.5.3', '{disable-prefetch: false}')).toBe('');
  });

  test('a value that it does not have', () => {
    expect(installed('5.6.3', '{concurrency: auto}')).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "concurrency: auto" needs celery 5.7, and 5.6.3 is installed [option-too-new]
          5 |     ARGS: {concurrency: auto}
            |            ^^^^^^^^^^^
            = leave it out, or install celery 5.7 or later"
    `);
    expect(installed('5.6.3', '{concurrency: 2}')).toBe('');
    expect(installed('5.7.0rc1', '{concurrency: auto}')).toBe('');
  });
});

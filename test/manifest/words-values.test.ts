/** What a person is told about ARGS and variables. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backendWords } from '../../src/render/words-backends.ts';
import { manifestWords } from '../../src/render/words-manifest.ts';
import { settingsWords } from '../../src/render/words-settings.ts';
import { beat, entry, told, web, worker } from './support.ts';

test('value-wrong: an option', () => {
  const text = worker('ARGS:', '  concurrency: many', '  pool: proces', '  loglevel: 3');
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:6:20: error: "concurrency" must be a whole number from 0, or "auto", not "many" [value-wrong]
        6 |       concurrency: many
          |                    ^^^^

    prodserver.yaml:7:13: error: "pool" must be one of prefork, eventlet, gevent, solo, processes, threads, custom, not "proces" [value-wrong]
        7 |       pool: proces
          |             ^^^^^^
          = write "processes"

    prodserver.yaml:8:17: error: "loglevel" must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, FATAL, not 3 [value-wrong]
        8 |       loglevel: 3
          |                 ^"
  `);
});

test('value-wrong: a number out of its range', () => {
  expect(told(worker('ARGS: {concurrency: 0, prefetch-multiplier: 1.5, time-limit: -1}')))
    .toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "concurrency" does not do what it says: Celery takes 0 for the number of CPUs [option-otherwise]
          5 |     ARGS: {concurrency: 0, prefetch-multiplier: 1.5, time-limit: -1}
            |            ^^^^^^^^^^^
            = leave it out, or write a number from 1

      prodserver.yaml:5:49: error: "prefetch-multiplier" must be a whole number from 0, not 1.5 [value-wrong]
          5 |     ARGS: {concurrency: 0, prefetch-multiplier: 1.5, time-limit: -1}
            |                                                 ^^^

      prodserver.yaml:5:66: error: "time-limit" must be a number from 0, not -1 [value-wrong]
          5 |     ARGS: {concurrency: 0, prefetch-multiplier: 1.5, time-limit: -1}
            |                                                                  ^^"
    `);
});

test('value-wrong: a value for an option that takes none, and none for one that takes one', () => {
  expect(told(worker('ARGS: {without-gossip: 1, events: [], hostname: true, concurrency:}')))
    .toMatchInlineSnapshot(`
      "prodserver.yaml:5:28: error: "without-gossip" must be true or false (it takes no value), not 1 [value-wrong]
          5 |     ARGS: {without-gossip: 1, events: [], hostname: true, concurrency:}
            |                            ^

      prodserver.yaml:5:39: error: "events" must be true or false (it takes no value), not an empty list [value-wrong]
          5 |     ARGS: {without-gossip: 1, events: [], hostname: true, concurrency:}
            |                                       ^^

      prodserver.yaml:5:53: error: "hostname" must be a node name such as worker@%h, not true [value-wrong]
          5 |     ARGS: {without-gossip: 1, events: [], hostname: true, concurrency:}
            |                                                     ^^^^

      prodserver.yaml:5:59: error: "concurrency" must be a whole number from 0, or "auto", not nothing [value-wrong]
          5 |     ARGS: {without-gossip: 1, events: [], hostname: true, concurrency:}
            |                                                           ^^^^^^^^^^^"
    `);
});

test('value-wrong: an item of a list', () => {
  expect(told(worker('ARGS:', '  queues: [fast, {slow: 1}]'))).not.toContain('not a list');
});

test('value-wrong: ARGS is no mapping', () => {
  expect(told(worker('ARGS: [--concurrency=4]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: "ARGS" must be a mapping of options, not a list [value-wrong]
        5 |     ARGS: [--concurrency=4]
          |           ^^^^^^^^^^^^^^^^^"
  `);
  expect(told(worker('ARGS: --concurrency=4'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: "ARGS" must be a mapping of options, not the string "--concurrency=4" [value-wrong]
        5 |     ARGS: --concurrency=4
          |           ^^^^^^^^^^^^^^^"
  `);
});

test('option-unknown', () => {
  expect(told(worker('ARGS:', '  concurency: 4', '  colour: red'))).toMatchInlineSnapshot(`
    "prodserver.yaml:6:7: error: CeleryWorker has no option "concurency" [option-unknown]
        6 |       concurency: 4
          |       ^^^^^^^^^^
          = write "concurrency"

    prodserver.yaml:7:7: error: CeleryWorker has no option "colour" [option-unknown]
        7 |       colour: red
          |       ^^^^^^
          = check its --help, or pass it through unchecked in EXTRA_ARGS"
  `);
});

test('option-unknown: the nearest of those that can be used, never a refused one', () => {
  expect(told(web('ARGS: {log_levl: info}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: GunicornServer has no option "log_levl" [option-unknown]
        5 |     ARGS: {log_levl: info}
          |            ^^^^^^^^
          = write "log-level""
  `);
});

test('option-refused', () => {
  expect(told(web('ARGS: {daemon: true, loglevel: info}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "daemon" cannot be used: a daemon leaves its supervisor [option-refused]
        5 |     ARGS: {daemon: true, loglevel: info}
          |            ^^^^^^
          = leave it out

    prodserver.yaml:5:26: error: "loglevel" cannot be used: gunicorn has no such option [option-refused]
        5 |     ARGS: {daemon: true, loglevel: info}
          |                          ^^^^^^^^
          = write log-level"
  `);
  expect(told(beat('ARGS: {detach: true}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "detach" cannot be used: a detached beat leaves its supervisor [option-refused]
        5 |     ARGS: {detach: true}
          |            ^^^^^^
          = leave it out"
  `);
});

test('option-spelling', () => {
  expect(told(worker('ARGS: {max_tasks_per_child: 1000}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "max_tasks_per_child" is read as "max-tasks-per-child" [option-spelling]
        5 |     ARGS: {max_tasks_per_child: 1000}
          |            ^^^^^^^^^^^^^^^^^^^
          = write "max-tasks-per-child""
  `);
});

test('option-ignored', () => {
  expect(told(worker('ARGS: {autoscale: "10,3", concurrency: 4}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:31: warning: "concurrency" has no effect: autoscale wins [option-ignored]
        5 |     ARGS: {autoscale: "10,3", concurrency: 4}
          |                               ^^^^^^^^^^^
          = leave concurrency out"
  `);
});

test('an option in both spellings', () => {
  const text = worker('ARGS:', '  max-tasks-per-child: 10', '  max_tasks_per_child: 20');
  expect(told(text)).toMatch(/^prodserver.yaml:[67]:7: error/m);
});

test('variable-unset', () => {
  expect(told(entry('job', 'BACKEND: Command', 'CMD: [echo, "${TOKEN}"]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:4:17: error: the environment variable TOKEN is not set [variable-unset]
        4 |     CMD: [echo, "\${TOKEN}"]
          |                 ^^^^^^^^^^
          = set it, or give a default: \${TOKEN:-value}"
  `);
});

test('variable-required', () => {
  const text = entry(
    'job',
    'BACKEND: Command',
    'CMD: [date]',
    'ENV:',
    '  A: ${TOKEN:?ask operations}',
    '  B: ${TOKEN:?}',
  );
  expect(told(text, { env: { TOKEN: '' } })).toMatchInlineSnapshot(`
    "prodserver.yaml:6:10: error: the environment variable TOKEN is not set: ask operations [variable-required]
        6 |       A: \${TOKEN:?ask operations}
          |          ^^^^^^^^^^^^^^^^^^^^^^^^
          = set TOKEN

    prodserver.yaml:7:10: error: the environment variable TOKEN is not set [variable-required]
        7 |       B: \${TOKEN:?}
          |          ^^^^^^^^^^
          = set TOKEN"
  `);
});

test('variable-syntax', () => {
  expect(told(entry('job', 'BACKEND: Command', 'CMD: ["${1}", "${A", "${A:=b}", "${}"]')))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:4:11: error: "\${1}" is no variable [variable-syntax]
        4 |     CMD: ["\${1}", "\${A", "\${A:=b}", "\${}"]
          |           ^^^^^^
          = write \${NAME}, \${NAME:-default} or \${NAME:?message}, and $$ for a dollar sign

    prodserver.yaml:4:19: error: "\${A" is no variable [variable-syntax]
        4 |     CMD: ["\${1}", "\${A", "\${A:=b}", "\${}"]
          |                   ^^^^^
          = write \${NAME}, \${NAME:-default} or \${NAME:?message}, and $$ for a dollar sign

    prodserver.yaml:4:26: error: "\${A:=b}" is no variable [variable-syntax]
        4 |     CMD: ["\${1}", "\${A", "\${A:=b}", "\${}"]
          |                          ^^^^^^^^^
          = write \${NAME}, \${NAME:-default} or \${NAME:?message}, and $$ for a dollar sign

    prodserver.yaml:4:37: error: "\${}" is no variable [variable-syntax]
        4 |     CMD: ["\${1}", "\${A", "\${A:=b}", "\${}"]
          |                                     ^^^^^
          = write \${NAME}, \${NAME:-default} or \${NAME:?message}, and $$ for a dollar sign"
  `);
});

test('every code of the table is shown in one of these files', () => {
  const texts = (readdirSync(import.meta.dirname, { recursive: true }) as string[])
    .filter((name) => /^(__snapshots__\/)?words-/.test(name))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8'))
    .join('\n');
  const unshown = Object.keys({ ...manifestWords, ...backendWords, ...settingsWords }).filter(
    (code) => !new RegExp(`\\[${code}\\]"?$`, 'm').test(texts),
  );
  expect(unshown).toEqual([]);
});

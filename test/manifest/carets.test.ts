/** The place that a diagnostic points at, whatever the line looks like. */
import { expect, test } from 'vitest';
import { load, told, worker } from './support.ts';

/** The excerpt and the line of carets below it. */
function pointed(text: string): string {
  const lines = told(text).split('\n');
  const first = lines.findIndex((line) => /^ +\d+ \|/.test(line));
  return lines.slice(first, first + 2).join('\n');
}
const flow = (before: string, after = ''): string =>
  `PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [date]${before}, COLOUR: red${after}}\n`;

test('under a key', () => {
  expect(pointed(flow(''))).toMatchInlineSnapshot(`
    "    2 |   job: {BACKEND: Command, CMD: [date], COLOUR: red}
          |                                        ^^^^^^"
  `);
});

test('tabs stay tabs, so that the caret moves as the line does', () => {
  const text = 'PRODUCTION_PROCESSES:\n  job: {\t\tBACKEND: Command,\tCOLOUR: red, CMD: [date]}\n';
  expect(pointed(text)).toBe(
    '    2 |   job: {\t\tBACKEND: Command,\tCOLOUR: red, CMD: [date]}\n' +
      '      |         \t\t                 \t^^^^^^',
  );
});

test('wide characters take two columns', () => {
  expect(pointed(flow(', CWD: 表計算'))).toMatchInlineSnapshot(`
    "    2 |   job: {BACKEND: Command, CMD: [date], CWD: 表計算, COLOUR: red}
          |                                                     ^^^^^^"
  `);
});

test('combining marks take none', () => {
  expect(pointed(flow(', CWD: cafe\u0301'))).toMatchInlineSnapshot(`
    "    2 |   job: {BACKEND: Command, CMD: [date], CWD: café, COLOUR: red}
          |                                                   ^^^^^^"
  `);
});

test('an emoji is one character of two columns', () => {
  expect(pointed(flow(', CWD: 🐍'))).toMatchInlineSnapshot(`
    "    2 |   job: {BACKEND: Command, CMD: [date], CWD: 🐍, COLOUR: red}
          |                                                 ^^^^^^"
  `);
});

test('carets are as wide as the wide key', () => {
  expect(pointed('表: 1\n')).toMatchInlineSnapshot(`
    "    1 | 表: 1
          | ^^"
  `);
});

test('columns count characters of the text, which is what editors and GitHub count', () => {
  const { findings } = load(flow(', CWD: 表計算'));
  expect(findings[0]?.place).toMatchObject({ line: 2, column: 50, endLine: 2, endColumn: 56 });
});

test('a long line is shown around the place', () => {
  expect(pointed(flow(`, CWD: ${'a'.repeat(200)}`, `, EXTRA_ARGS: [${'b'.repeat(200)}]`)))
    .toMatchInlineSnapshot(`
    "    2 | aaaaaaaaaaaaaaaaaa, COLOUR: red, EXTRA_ARGS: [bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
          |                     ^^^^^^"
  `);
});

test('what is longer than the window is underlined to its end', () => {
  expect(pointed(`${'k'.repeat(150)}: 1\n`)).toMatchInlineSnapshot(`
    "    1 | kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
  `);
});

test('a long line of wide characters is cut without breaking one', () => {
  for (const after of ['', 'x']) {
    const shown = pointed(flow(`, CWD: ${'🐍'.repeat(60)}${after}`));
    // Half a character has no bytes of its own.
    expect(Buffer.from(shown).toString()).toBe(shown);
  }
});

test('a CRLF file: same places, and no carriage return is shown', () => {
  const unix = worker('ARGS:', '  concurency: 4', '  pool: proces');
  const windows = unix.replaceAll('\n', '\r\n');
  expect(told(windows)).toBe(told(unix));
  expect(told(windows)).not.toContain('\r');
});

test('a CRLF file: a syntax error at the same place', () => {
  const unix = 'PRODUCTION_PROCESSES:\n  web: {}\n  web: {}\n';
  expect(told(unix.replaceAll('\n', '\r\n'))).toBe(told(unix));
});

test('a byte order mark moves nothing', () => {
  const text = 'COLOUR: red\n';
  expect(told(`\ufeff${text}`)).toBe(told(text));
});

test('a value of several lines is underlined to the end of its first', () => {
  expect(pointed('PRODUCTION_PROCESSES:\n  - web:\n      BACKEND: x\n  - worker\n')).toMatchInlineSnapshot(`
    "    2 |   - web:
          |   ^^^^^^"
  `);
});

test('an anchored entry is pointed at where it stands, not where it is used', () => {
  const text = [
    'x-worker: &worker',
    '  BACKEND: CeleryWorker',
    '  APP: shop.celery.app',
    '  ARGS: {concurency: 4}',
    'PRODUCTION_PROCESSES:',
    '  fast: *worker',
    '',
  ];
  expect(told(text.join('\n'))).toMatchInlineSnapshot(`
    "prodserver.yaml:4:10: error: CeleryWorker has no option "concurency" [option-unknown]
        4 |   ARGS: {concurency: 4}
          |          ^^^^^^^^^^
          = write "concurrency""
  `);
});

test('terminal controls in the manifest do not reach the terminal', () => {
  const shown = told(flow(', CWD: "\\e[31m\u001B[31mred"'));
  expect(shown).not.toContain('\u001B');
});

test('terminal controls in a name do not reach the terminal', () => {
  expect(told('"\\e[31mred": 1\n')).not.toContain('\u001B');
});

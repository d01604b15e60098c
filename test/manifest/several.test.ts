/** All errors at once, in the order of the text; and the forms for programs and for GitHub. */
import { expect, test } from 'vitest';
import { diagnosticGithub, diagnosticsJson, countText } from '../../src/render/diagnostics.ts';
import { load, newFolder, tell } from './support.ts';
import { loadManifest } from '../../src/manifest/load.ts';

const BROKEN = `COLOUR: red
PRODUCTION_PROCESSES:
  web:
    BACKEND: GunicornServer
    APP: "\${WSGI}"
    ARGS:
      worker: 4
      bind: "127.0.0.1:8000"
      timeout: soon
  ../worker:
    BACKEND: CeleryWorker
    ARGS: {max_tasks_per_child: 10, concurrency: many}
  beat:
    BACKEND: CeleryBeet
    APP: shop.celery.app
SUPERVISOR: {pyton: python3}
`;

test('every error is told at once, in the order of the text', () => {
  expect(tell(load(BROKEN))).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: error: unknown key "COLOUR" [key-unknown]
        1 | COLOUR: red
          | ^^^^^^
          = known here: PRODUCTION_PROCESSES, SUPERVISOR, SOCKETS

    prodserver.yaml:5:10: error: the environment variable WSGI is not set [variable-unset]
        5 |     APP: "\${WSGI}"
          |          ^^^^^^^^^
          = set it, or give a default: \${WSGI:-value}

    prodserver.yaml:7:7: error: GunicornServer has no option "worker" [option-unknown]
        7 |       worker: 4
          |       ^^^^^^
          = write "workers"

    prodserver.yaml:9:16: error: "timeout" must be a whole number from 0, not "soon" [value-wrong]
        9 |       timeout: soon
          |                ^^^^

    prodserver.yaml:10:3: error: "../worker" is no name for a process [name-invalid]
       10 |   ../worker:
          |   ^^^^^^^^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first

    prodserver.yaml:10:3: error: "../worker" has no APP [key-missing]
       10 |   ../worker:
          |   ^^^^^^^^^
          = add for example "APP: myproject.celery.app"

    prodserver.yaml:12:12: warning: "max_tasks_per_child" is read as "max-tasks-per-child" [option-spelling]
       12 |     ARGS: {max_tasks_per_child: 10, concurrency: many}
          |            ^^^^^^^^^^^^^^^^^^^
          = write "max-tasks-per-child"

    prodserver.yaml:12:50: error: "concurrency" must be a whole number from 0, or "auto", not "many" [value-wrong]
       12 |     ARGS: {max_tasks_per_child: 10, concurrency: many}
          |                                                  ^^^^

    prodserver.yaml:14:14: error: unknown BACKEND "CeleryBeet" [backend-unknown]
       14 |     BACKEND: CeleryBeet
          |              ^^^^^^^^^^
          = write "CeleryBeat"

    prodserver.yaml:16:14: error: unknown key "pyton" [key-unknown]
       16 | SUPERVISOR: {pyton: python3}
          |              ^^^^^
          = write "python""
  `);
});

test('a manifest with errors has no plan, one with warnings has', () => {
  expect(load(BROKEN).plan).toBeNull();
  const entry = 'BACKEND: CeleryWorker, APP: a.b, ARGS: {max_tasks_per_child: 10}';
  const loaded = load(`PRODUCTION_PROCESSES: {worker: {${entry}}}\n`);
  expect(countText(loaded.findings)).toBe('1 warning, 1 info');
  expect(loaded.plan?.processes).toHaveLength(1);
});

test('an info is a notice, and told in JSON as what it is', () => {
  const { findings, plan } = load('PRODUCTION_PROCESSES: {worker: {BACKEND: CeleryWorker, APP: a.b}}\n');
  expect(plan).not.toBeNull();
  expect(countText(findings)).toBe('1 info');
  expect(findings.map((finding) => diagnosticGithub(finding, null))).toMatchInlineSnapshot(`
    [
      "::notice file=prodserver.yaml,line=1,endLine=1,col=24,endColumn=30,title=stop-long::to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s (in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65)%0Aprodserver/docs/errors.md#stop-long",
    ]
  `);
  expect(diagnosticsJson([{ file: 'prodserver.yaml', findings }])).toMatchObject({
    diagnostics: [{ code: 'stop-long', severity: 'info', line: 1, column: 24 }],
    errors: 0,
    warnings: 0,
    infos: 1,
  });
});

test('they are counted', () => {
  expect(countText(load(BROKEN).findings)).toBe('9 errors, 1 warning');
  expect(countText([])).toBe('');
});

test('as JSON', () => {
  const worker = 'BACKEND: CeleryWorker, APP: shop.celery.app';
  const { findings } = load(
    `PRODUCTION_PROCESSES:\n  worker: {${worker}, ARGS: {concurency: 4, max_tasks_per_child: 1}}\n`,
  );
  expect(diagnosticsJson([{ file: 'prodserver.yaml', findings }])).toMatchInlineSnapshot(`
    {
      "diagnostics": [
        {
          "code": "option-unknown",
          "column": 64,
          "docs": "prodserver/docs/errors.md#option-unknown",
          "end_column": 74,
          "end_line": 2,
          "file": "prodserver.yaml",
          "hint": "write "concurrency"",
          "line": 2,
          "message": "CeleryWorker has no option "concurency"",
          "path": [
            "PRODUCTION_PROCESSES",
            "worker",
            "ARGS",
            "concurency",
          ],
          "severity": "error",
        },
        {
          "code": "option-spelling",
          "column": 79,
          "docs": "prodserver/docs/errors.md#option-spelling",
          "end_column": 98,
          "end_line": 2,
          "file": "prodserver.yaml",
          "hint": "write "max-tasks-per-child"",
          "line": 2,
          "message": ""max_tasks_per_child" is read as "max-tasks-per-child"",
          "path": [
            "PRODUCTION_PROCESSES",
            "worker",
            "ARGS",
            "max_tasks_per_child",
          ],
          "severity": "warning",
        },
      ],
      "errors": 1,
      "infos": 0,
      "warnings": 1,
    }
  `);
});

test('as JSON, where there is no place to point at', () => {
  const folder = newFolder();
  const { findings } = loadManifest('/proc/self/mem', 'mem', {}, folder);
  expect(diagnosticsJson([{ file: 'mem', findings }])).toMatchInlineSnapshot(`
    {
      "diagnostics": [
        {
          "code": "manifest-unreadable",
          "column": null,
          "docs": "prodserver/docs/errors.md#manifest-unreadable",
          "end_column": null,
          "end_line": null,
          "file": "mem",
          "hint": "check the permissions of the file and of its folders",
          "line": null,
          "message": "cannot read the manifest /proc/self/mem: EIO",
          "path": [],
          "severity": "error",
        },
      ],
      "errors": 1,
      "infos": 0,
      "warnings": 0,
    }
  `);
  expect(diagnosticsJson([{ file: 'prodserver.yaml', findings: [] }])).toEqual({
    diagnostics: [],
    errors: 0,
    warnings: 0,
    infos: 0,
  });
});

test('for GitHub', () => {
  const github = (text: string, name = 'prodserver.yaml'): string =>
    load(text, { name })
      .findings.map((finding) => diagnosticGithub(finding, name))
      .join('\n');
  expect(github(BROKEN)).toMatchInlineSnapshot(`
    "::error file=prodserver.yaml,line=1,endLine=1,col=1,endColumn=7,title=key-unknown::unknown key "COLOUR" (known here: PRODUCTION_PROCESSES, SUPERVISOR, SOCKETS)%0Aprodserver/docs/errors.md#key-unknown
    ::error file=prodserver.yaml,line=5,endLine=5,col=10,endColumn=19,title=variable-unset::the environment variable WSGI is not set (set it, or give a default: \${WSGI:-value})%0Aprodserver/docs/errors.md#variable-unset
    ::error file=prodserver.yaml,line=7,endLine=7,col=7,endColumn=13,title=option-unknown::GunicornServer has no option "worker" (write "workers")%0Aprodserver/docs/errors.md#option-unknown
    ::error file=prodserver.yaml,line=9,endLine=9,col=16,endColumn=20,title=value-wrong::"timeout" must be a whole number from 0, not "soon"%0Aprodserver/docs/errors.md#value-wrong
    ::error file=prodserver.yaml,line=10,endLine=10,col=3,endColumn=12,title=name-invalid::"../worker" is no name for a process (use letters, digits, "_" and "-", 63 at most, a letter or digit first)%0Aprodserver/docs/errors.md#name-invalid
    ::error file=prodserver.yaml,line=10,endLine=10,col=3,endColumn=12,title=key-missing::"../worker" has no APP (add for example "APP: myproject.celery.app")%0Aprodserver/docs/errors.md#key-missing
    ::warning file=prodserver.yaml,line=12,endLine=12,col=12,endColumn=31,title=option-spelling::"max_tasks_per_child" is read as "max-tasks-per-child" (write "max-tasks-per-child")%0Aprodserver/docs/errors.md#option-spelling
    ::error file=prodserver.yaml,line=12,endLine=12,col=50,endColumn=54,title=value-wrong::"concurrency" must be a whole number from 0, or "auto", not "many"%0Aprodserver/docs/errors.md#value-wrong
    ::error file=prodserver.yaml,line=14,endLine=14,col=14,endColumn=24,title=backend-unknown::unknown BACKEND "CeleryBeet" (write "CeleryBeat")%0Aprodserver/docs/errors.md#backend-unknown
    ::error file=prodserver.yaml,line=16,endLine=16,col=14,endColumn=19,title=key-unknown::unknown key "pyton" (write "python")%0Aprodserver/docs/errors.md#key-unknown"
  `);
  expect(github('{}')).toMatchInlineSnapshot(
    `"::warning file=prodserver.yaml,line=1,endLine=1,col=1,endColumn=3,title=manifest-empty::prodserver.yaml names no process (add an entry below PRODUCTION_PROCESSES)%0Aprodserver/docs/errors.md#manifest-empty"`,
  );
  // What would end a property or the command early is escaped.
  expect(github('"100%\\nsure": 1\n', 'a,b:c.yaml').split('\n').at(-1)).toMatchInlineSnapshot(
    `"::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=13,title=key-unknown::unknown key "100%25%0Asure" (known here: PRODUCTION_PROCESSES, SUPERVISOR, SOCKETS)%0Aprodserver/docs/errors.md#key-unknown"`,
  );
});

/** `check` and the manifest it is given. */
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { BAD, GOOD, run, runWith, WARNING } from './support.ts';

/** Root reads whatever it likes, so as root the command is run as nobody. */
const NOBODY = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--clear-groups'] : [];
const OTHERS_MAY_RUN_IT = runWith(tmpdir(), '', ['version'], NOBODY).startsWith('exit 0');

function rigWith(manifest: string): Rig {
  const rig = new Rig();
  rig.manifest(manifest);
  return rig;
}

describe('check', () => {
  test('of a good manifest', async () => {
    expect(await run(rigWith(GOOD), 'check')).toMatchInlineSnapshot(`
      "exit 0
      --- stdout
      prodserver.yaml:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      prodserver.yaml: ok, web, worker (1 info)"
    `);
  });

  test('of a bad one', async () => {
    expect(await run(rigWith(BAD), 'check')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      prodserver.yaml:9:12: error: CeleryWorker has no option "concurency" [option-unknown]
          9 |     ARGS: {concurency: 2}
            |            ^^^^^^^^^^
            = write "concurrency"
      prodserver.yaml: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('of one with a warning, and --strict', async () => {
    const rig = rigWith(WARNING);
    expect(await run(rig, 'check')).toMatchInlineSnapshot(`
      "exit 0
      --- stdout
      prodserver.yaml:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      prodserver.yaml:9:12: warning: "max_tasks_per_child" is read as "max-tasks-per-child" [option-spelling]
          9 |     ARGS: {max_tasks_per_child: 2}
            |            ^^^^^^^^^^^^^^^^^^^
            = write "max-tasks-per-child"
      prodserver.yaml: ok, web, worker (1 warning, 1 info)
      more on each code: PRODSERVER/docs/errors.md"
    `);
    expect(await run(rig, 'check', '--strict')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      prodserver.yaml:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      prodserver.yaml:9:12: error: "max_tasks_per_child" is read as "max-tasks-per-child" [option-spelling]
          9 |     ARGS: {max_tasks_per_child: 2}
            |            ^^^^^^^^^^^^^^^^^^^
            = write "max-tasks-per-child"
      prodserver.yaml: 1 error, 1 info
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('of an empty one', async () => {
    expect(await run(rigWith('{}'), 'check')).toMatchInlineSnapshot(`
      "exit 0
      --- stdout
      prodserver.yaml:1:1: warning: prodserver.yaml names no process [manifest-empty]
          1 | {}
            | ^^
            = add an entry below PRODUCTION_PROCESSES
      prodserver.yaml: ok (1 warning)
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('as JSON', async () => {
    const rig = rigWith(BAD);
    expect(await run(rig, 'check', '--json')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      {
        "diagnostics": [
          {
            "code": "option-unknown",
            "severity": "error",
            "message": "CeleryWorker has no option \\"concurency\\"",
            "hint": "write \\"concurrency\\"",
            "docs": "prodserver/docs/errors.md#option-unknown",
            "file": "prodserver.yaml",
            "line": 9,
            "column": 12,
            "end_line": 9,
            "end_column": 22,
            "path": [
              "PRODUCTION_PROCESSES",
              "worker",
              "ARGS",
              "concurency"
            ]
          }
        ],
        "errors": 1,
        "warnings": 0,
        "infos": 0
      }"
    `);
  });

  test('for GitHub', async () => {
    expect(await run(rigWith(BAD), 'check', '--format', 'github')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      ::error file=prodserver.yaml,line=9,endLine=9,col=12,endColumn=22,title=option-unknown::CeleryWorker has no option "concurency" (write "concurrency")%0Aprodserver/docs/errors.md#option-unknown"
    `);
  });

  test('without a manifest', async () => {
    expect(await run(new Rig(), 'check')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      error: no manifest: FOLDER/prodserver.yaml, FOLDER/prodserver.yml and FOLDER/prodserver.json do not exist [manifest-missing]
            = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE
      prodserver: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('as JSON, without a manifest', async () => {
    const { stdout } = await new Rig().run(['check', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ errors: 1 });
  });
});

describe('several files', () => {
  const rig = (): Rig => {
    const made = new Rig();
    made.write('deploy/bad.yaml', BAD);
    made.write('deploy/good.yaml', GOOD);
    made.write('old.yml', WARNING);
    return made;
  };

  test('one after the other, each once, with standard input among them', () => {
    const { folder } = rig();
    const files = ['deploy/good.yaml', 'deploy/bad.yaml', './deploy/good.yaml', '-', 'old.yml', 'gone.yaml'];
    expect(runWith(folder, BAD, ['check', ...files])).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      deploy/good.yaml:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      deploy/good.yaml: ok, web, worker (1 info)
      deploy/bad.yaml:9:12: error: CeleryWorker has no option "concurency" [option-unknown]
          9 |     ARGS: {concurency: 2}
            |            ^^^^^^^^^^
            = write "concurrency"
      deploy/bad.yaml: 1 error
      <stdin>:9:12: error: CeleryWorker has no option "concurency" [option-unknown]
          9 |     ARGS: {concurency: 2}
            |            ^^^^^^^^^^
            = write "concurrency"
      <stdin>: 1 error
      old.yml:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      old.yml:9:12: warning: "max_tasks_per_child" is read as "max-tasks-per-child" [option-spelling]
          9 |     ARGS: {max_tasks_per_child: 2}
            |            ^^^^^^^^^^^^^^^^^^^
            = write "max-tasks-per-child"
      old.yml: ok, web, worker (1 warning, 1 info)
      error: no manifest: FOLDER/gone.yaml does not exist [manifest-missing]
            = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE
      gone.yaml: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('as JSON and for GitHub: each finding names its file', () => {
    const { folder } = rig();
    const files = ['deploy/bad.yaml', 'gone.yaml', '-', 'old.yml'];
    const json = runWith(folder, BAD, ['check', '--json', ...files]).split('--- stdout\n')[1] ?? '';
    const { diagnostics, ...counts } = JSON.parse(json) as {
      diagnostics: { file: string; line: number; code: string; docs: string }[];
    };
    expect(counts).toEqual({ errors: 3, warnings: 1, infos: 1 });
    expect(diagnostics.map(({ file, line, code }) => [file, line, code])).toEqual([
      ['deploy/bad.yaml', 9, 'option-unknown'],
      ['gone.yaml', null, 'manifest-missing'],
      ['<stdin>', 9, 'option-unknown'],
      ['old.yml', 6, 'stop-long'],
      ['old.yml', 9, 'option-spelling'],
    ]);
    const github = runWith(folder, BAD, ['check', '--format', 'github', '--strict', ...files]);
    expect(github).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      ::error file=deploy/bad.yaml,line=9,endLine=9,col=12,endColumn=22,title=option-unknown::CeleryWorker has no option "concurency" (write "concurrency")%0Aprodserver/docs/errors.md#option-unknown
      ::error file=gone.yaml,title=manifest-missing::no manifest: FOLDER/gone.yaml does not exist (write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE)%0Aprodserver/docs/errors.md#manifest-missing
      ::error file=<stdin>,line=9,endLine=9,col=12,endColumn=22,title=option-unknown::CeleryWorker has no option "concurency" (write "concurrency")%0Aprodserver/docs/errors.md#option-unknown
      ::notice file=old.yml,line=6,endLine=6,col=3,endColumn=9,title=stop-long::to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s (in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65)%0Aprodserver/docs/errors.md#stop-long
      ::error file=old.yml,line=9,endLine=9,col=12,endColumn=31,title=option-spelling::"max_tasks_per_child" is read as "max-tasks-per-child" (write "max-tasks-per-child")%0Aprodserver/docs/errors.md#option-spelling"
    `);
  });

  test('that are none: the command line was misunderstood', () => {
    const { folder } = rig();
    expect(runWith(folder, '', ['check', 'worker'])).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: there is no file "worker": check takes files, and checks every process in them; Django's settings come by --settings [usage]
        see prodserver --help"
    `);
    expect(runWith(folder, '', ['check', 'old.yml', 'shop.settings'])).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: there is no file "shop.settings": check takes files, and checks every process in them; Django's settings come by --settings [usage]
        see prodserver --help"
    `);
    expect(runWith(folder, '', ['check', 'old.yml', '-f', 'deploy/good.yaml'])).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: files and --manifest exclude each other [usage]
        see prodserver --help"
    `);
  });
});

describe('the manifest', () => {
  test('from standard input', () => {
    const rig = new Rig();
    expect(runWith(rig.folder, GOOD, ['check', '-f', '-'])).toMatchInlineSnapshot(`
      "exit 0
      --- stdout
      <stdin>:6:3: info: to end everything may take 1 min (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
            = in a container set docker run --stop-timeout 65, stop_grace_period: 65s (compose) or terminationGracePeriodSeconds: 65
      <stdin>: ok, web, worker (1 info)"
    `);
    expect(runWith(rig.folder, BAD, ['check', '-f', '-'])).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      <stdin>:9:12: error: CeleryWorker has no option "concurency" [option-unknown]
          9 |     ARGS: {concurency: 2}
            |            ^^^^^^^^^^
            = write "concurrency"
      <stdin>: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('named, from another folder', async () => {
    const rig = new Rig();
    rig.write('deploy/prod.yaml', BAD);
    expect(await run(rig, 'check', '-f', 'deploy/prod.yaml')).toContain('deploy/prod.yaml:9:12: error');
    expect(await run(rig, 'check', '-f', `${rig.folder}/deploy/prod.yaml`)).toContain(
      'deploy/prod.yaml:9:12: error',
    );
  });

  test('named by the environment', async () => {
    const rig = new Rig();
    rig.write('deploy/prod.yaml', GOOD);
    const { code, stdout } = await rig.run(['check'], { env: { PRODSERVER_MANIFEST: 'deploy/prod.yaml' } });
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'deploy/prod.yaml: ok, web, worker (1 info)']);
  });

  test.skipIf(!OTHERS_MAY_RUN_IT)('that this user may not read', () => {
    const rig = rigWith(GOOD);
    chmodSync(rig.folder, 0o755);
    chmodSync(`${rig.folder}/prodserver.yaml`, 0);
    expect(runWith(rig.folder, '', ['check'], NOBODY)).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      error: cannot read the manifest FOLDER/prodserver.yaml: EACCES [manifest-unreadable]
            = check the permissions of the file and of its folders
      prodserver.yaml: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('that is a folder', async () => {
    const rig = new Rig();
    rig.write('deploy/README', '');
    expect(await run(rig, 'check', '-f', 'deploy')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      error: cannot read the manifest FOLDER/deploy: EISDIR [manifest-unreadable]
            = name a file, not a folder
      deploy: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });

  test('that is this folder', async () => {
    expect(await run(new Rig(), 'check', '-f', '.')).not.toMatch(/^: 1 error/m);
  });

  test('of 10 MB', async () => {
    const rig = rigWith(`#${' '.repeat(10_000_000)}\n${GOOD}`);
    expect(await run(rig, 'check')).toMatchInlineSnapshot(`
      "exit 78
      --- stdout
      error: FOLDER/prodserver.yaml has 9.5 MiB; a manifest has 1.0 MiB at most [manifest-too-large]
            = check that this is the right file
      prodserver.yaml: 1 error
      more on each code: PRODSERVER/docs/errors.md"
    `);
  });
});

test.each(['plan', 'start'])('%s of a bad manifest says the same and exits 78', async (verb) => {
  const rig = rigWith(BAD);
  const checked = (await run(rig, 'check')).replace('--- stdout', '--- stderr').replace(/\nmore on .*$/, '');
  expect(await run(rig, verb, ...(verb === 'start' ? ['--all'] : []))).toBe(checked);
});

test('start of an empty manifest', async () => {
  expect(await run(rigWith('{}'), 'start', '--all')).toMatchInlineSnapshot(`
    "exit 78
    --- stderr
    prodserver.yaml:1:1: warning: prodserver.yaml names no process [manifest-empty]
        1 | {}
          | ^^
          = add an entry below PRODUCTION_PROCESSES
    error: nothing to start: FOLDER/prodserver.yaml names no process [nothing-to-start]
      add an entry below PRODUCTION_PROCESSES"
  `);
});

test('without a supervisor there is no status, nothing to stop and no plan of it', async () => {
  const rig = rigWith(GOOD);
  const status = await run(rig, 'status');
  expect(status).toMatchInlineSnapshot(`
    "exit 4
    --- stderr
    error: no supervisor of FOLDER/prodserver.yaml is running [supervisor-missing]
      start one with "prodserver start --all""
  `);
  expect(await run(rig, 'stop')).toBe(status);
  expect(await run(rig, 'plan', '--running')).toBe(status);
  expect(await run(rig, 'plan', '--diff')).toBe(status);
  expect(await run(rig, 'status', '--json')).toBe(status);
});

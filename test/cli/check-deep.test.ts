/** check --deep as a person and a program see it. */
import { dirname } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { run } from './support.ts';

const MANIFEST = `PRODUCTION_PROCESSES:
  web: {BACKEND: GunicornServer, APP: site1, ARGS: {bind: "127.0.0.1:8000"}}
  other: {BACKEND: GunicornServer, APP: nosuch, ARGS: {bind: "127.0.0.1:8001"}}
`;

test('facts, findings and the verdict, as text and as JSON', async () => {
  const rig = new Rig();
  const python = inject('python');
  Object.assign(rig.env, { VIRTUAL_ENV: dirname(dirname(python)), DJANGO_SETTINGS_MODULE: '' });
  rig.write('site1.py', 'print("[]")\ndef application(environ, start_response): return []\n');
  rig.manifest(MANIFEST);
  const text = await run(rig, 'check', '--deep', '--verbose');
  const versions = /Python [\d.]+ with gunicorn [\d.]+/g;
  expect(text.replaceAll(python, 'PYTHON').replaceAll(versions, 'VERSIONS')).toMatchInlineSnapshot(`
    "exit 78
    --- stdout
    web: site1 is a WSGI application
    web: PYTHON is VERSIONS (tested 27.0)
    other: PYTHON is VERSIONS (tested 27.0)
    prodserver.yaml:2:3: info: to end everything may take 40 s (web); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
          = in a container set docker run --stop-timeout 45, stop_grace_period: 45s (compose) or terminationGracePeriodSeconds: 45
    prodserver.yaml:3:41: error: "nosuch" cannot be imported: ModuleNotFoundError: No module named 'nosuch':
      ModuleNotFoundError: No module named 'nosuch' [app-import]
        3 |   other: {BACKEND: GunicornServer, APP: nosuch, ARGS: {bind: "127.0.0.1:8001"}}
          |                                         ^^^^^^
          = check the name, and that the project is in FOLDER (CWD)
    prodserver.yaml: 1 error, 1 info
    more on each code: PRODSERVER/docs/errors.md"
  `);
  const { stdout, code } = await rig.run(['check', '--deep', '--json']);
  expect(code).toBe(78);
  expect(JSON.parse(stdout)).toMatchObject({
    diagnostics: [
      { code: 'stop-long' },
      { code: 'app-import', line: 3, path: ['PRODUCTION_PROCESSES', 'other', 'APP'] },
    ],
    errors: 1,
    deep: {
      manifests: [
        {
          manifest: 'prodserver.yaml',
          timeout_s: 30,
          interpreters: [{ processes: ['web'], python }, { processes: ['other'] }],
          applications: [],
          web: [
            { processes: ['web'], app: 'site1', interface: 'wsgi', imported: true },
            { processes: ['other'], app: 'nosuch', interface: null, imported: false },
          ],
        },
      ],
    },
  });
});

test('a manifest with errors is not asked, and a wrong time is refused', async () => {
  const rig = new Rig();
  rig.manifest(MANIFEST.replace('bind', 'bond'));
  expect(await run(rig, 'check', '--deep')).toMatchInlineSnapshot(`
    "exit 78
    --- stdout
    prodserver.yaml:2:53: error: GunicornServer has no option "bond" [option-unknown]
        2 |   web: {BACKEND: GunicornServer, APP: site1, ARGS: {bond: "127.0.0.1:8000"}}
          |                                                     ^^^^
          = write "bind"
    prodserver.yaml: 1 error
    more on each code: PRODSERVER/docs/errors.md"
  `);
  expect(await run(rig, 'check', '--deep', '--deep-timeout', '30')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: --deep-timeout must be a duration such as 30s, not "30" [usage]
      see prodserver --help"
  `);
});

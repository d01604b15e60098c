/** SUPERVISOR.backends: what a backend of the user's own becomes, and what is said of one that is wrong. */
import { utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withBackends } from '../../src/manifest/custom.ts';
import { loadManifest } from '../../src/manifest/load.ts';
import type { Loaded } from '../../src/manifest/loaded.ts';
import { newFolder, tell, write } from './support.ts';

const MANIFEST = `PRODUCTION_PROCESSES:
  files:
    BACKEND: HttpServer
    ARGS: {port: "8001"}
SUPERVISOR: {backends: [./mine.mjs], python: /venv/bin/python}
`;
const COMPILE = 'compile: ({python}) => ({argv: [python]})';

const loadIn = async (folder: string): Promise<Loaded> =>
  withBackends(loadManifest(`${folder}/prodserver.yaml`, 'prodserver.yaml', {}, folder));

/** What is said of a manifest beside which `mine.mjs` has that text. */
async function said(module: string | null, manifest = MANIFEST): Promise<string> {
  const folder = newFolder();
  write(folder, 'prodserver.yaml', manifest);
  if (module !== null) write(folder, 'mine.mjs', module);
  return tell(await loadIn(folder)).replaceAll(folder, 'FOLDER');
}

/** The messages alone. */
const messages = async (module: string, manifest = MANIFEST): Promise<string> =>
  (await said(module, manifest))
    .split('\n')
    .filter((line) => line.startsWith('prodserver.yaml:'))
    .join('\n');

const WHOLE = `
export default ({ integer, text, emitArgs, ignored, unwise }) => {
  const options = { port: integer({ min: 1, max: 65535 }), directory: text('a folder') };
  return {
    name: 'HttpServer',
    paths: ['shop.servers.HttpServer'],
    options: () => options,
    rules: ({ args }) => (args.has('directory') ? [] : [unwise('port', 'it shows the folder that it runs in', 'add directory')]),
    compile(entry) {
      return {
        argv: [entry.python, '-m', 'http.server', ...emitArgs(options, entry.args)],
        readiness: { kind: 'listen', addresses: [{ kind: 'tcp', host: '', port: entry.args.get('port') }] },
        stop: [{ signal: 'SIGINT', waitMs: 3000 }],
        unfit: { SIGTERM: 'it drops what it is at' },
      };
    },
  };
};
`;

test('it is as good as ours: options, rules, argv, readiness, the ladder with KILL at its end', async () => {
  const folder = newFolder();
  write(folder, 'prodserver.yaml', MANIFEST);
  write(folder, 'mine.mjs', WHOLE);
  const loaded = await loadIn(folder);
  expect(tell(loaded)).toMatchInlineSnapshot(`
    "prodserver.yaml:4:12: warning: "port" is unwise: it shows the folder that it runs in [option-unwise]
        4 |     ARGS: {port: "8001"}
          |            ^^^^
          = add directory"
  `);
  const [spec] = loaded.plan?.processes ?? [];
  expect(spec?.backend).toBe('HttpServer');
  expect([spec?.argv, spec?.readiness, spec?.stop, spec?.startTimeoutMs, spec?.reload])
    .toMatchInlineSnapshot(`
    [
      [
        "/venv/bin/python",
        "-m",
        "http.server",
        "--port=8001",
      ],
      {
        "addresses": [
          {
            "host": "",
            "kind": "tcp",
            "port": 8001,
          },
        ],
        "kind": "listen",
      },
      [
        {
          "signal": "SIGINT",
          "waitMs": 3000,
        },
        {
          "signal": "SIGKILL",
          "waitMs": 5000,
        },
      ],
      60000,
      null,
    ]
  `);
});

test('mistakes of an entry are told as for ours', async () => {
  const wrong = MANIFEST.replace('port: "8001"', 'port: 0, directry: .').replace(
    'BACKEND: HttpServer',
    'BACKEND: shop.servers.HttpServer',
  );
  expect(await messages(WHOLE, wrong)).toMatchInlineSnapshot(`
    "prodserver.yaml:4:12: warning: "port" is unwise: it shows the folder that it runs in [option-unwise]
    prodserver.yaml:4:18: error: "port" must be a whole number from 1 to 65535, not 0 [value-wrong]
    prodserver.yaml:4:21: error: HttpServer has no option "directry" [option-unknown]"
  `);
  expect(await said(WHOLE, MANIFEST.replace('BACKEND: HttpServer', 'BACKEND: HtpServer')))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: unknown BACKEND "HtpServer" [backend-unknown]
        3 |     BACKEND: HtpServer
          |              ^^^^^^^^^
          = write "HttpServer""
  `);
  expect(await messages(WHOLE, MANIFEST.replace('ARGS', 'STOP: {signal: SIGTERM}\n    ARGS')))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:4:20: warning: SIGTERM is no good way to stop HttpServer: it drops what it is at [stop-signal]
    prodserver.yaml:5:12: warning: "port" is unwise: it shows the folder that it runs in [option-unwise]"
  `);
});

test('the smallest: a name and an argv; a list of them', async () => {
  const two = `export default [{name: 'One', ${COMPILE}}, {name: 'Two', ${COMPILE}}];`;
  const manifest = `PRODUCTION_PROCESSES:\n  one: {BACKEND: One}\n  two: {BACKEND: Two}\n${MANIFEST.split('\n').at(-2)}\n`;
  const folder = newFolder();
  write(folder, 'prodserver.yaml', manifest);
  write(folder, 'mine.mjs', two);
  const { plan, findings } = await loadIn(folder);
  expect(findings).toEqual([]);
  const [, spec] = plan?.processes ?? [];
  expect([spec?.argv, spec?.readiness, spec?.stop]).toEqual([
    ['/venv/bin/python'],
    { kind: 'alive', afterMs: 1000 },
    [
      { signal: 'SIGTERM', waitMs: 10_000 },
      { signal: 'SIGKILL', waitMs: 5000 },
    ],
  ]);
});

test('a file that has changed is read anew', async () => {
  const folder = newFolder();
  write(folder, 'prodserver.yaml', MANIFEST.replace(/ {4}ARGS.*\n/, ''));
  const path = write(folder, 'mine.mjs', `export default {name: 'HttpServer', ${COMPILE}};`);
  expect((await loadIn(folder)).plan?.processes[0]?.argv).toEqual(['/venv/bin/python']);
  write(folder, 'mine.mjs', `export default {name: 'HttpServer', compile: () => ({argv: ['date']})};`);
  utimesSync(path, 1, 1);
  expect((await loadIn(folder)).plan?.processes[0]?.argv).toEqual(['date']);
});

test('nothing is told of a manifest before its backends are loaded, and nothing is loaded that is not named', () => {
  const folder = newFolder();
  write(folder, 'mine.mjs', 'throw new Error("loaded");');
  write(folder, 'prodserver.yaml', MANIFEST);
  const { plan, findings, pending } = loadManifest(`${folder}/prodserver.yaml`, 'p', {}, folder);
  expect([plan, findings, pending?.files.map(({ path }) => path)]).toEqual([
    null,
    [],
    [`${folder}/mine.mjs`],
  ]);
  write(folder, 'prodserver.yaml', MANIFEST.replace('backends: [./mine.mjs], ', ''));
  expect(loadManifest(`${folder}/prodserver.yaml`, 'p', {}, folder).pending).toBeUndefined();
});

test('backend-file-missing', async () => {
  expect(await said(null)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: there is no file FOLDER/mine.mjs [backend-file-missing]
        5 | SUPERVISOR: {backends: [./mine.mjs], python: /venv/bin/python}
          |                         ^^^^^^^^^^
          = write its path as seen from the manifest's folder, for example ./my-backend.mjs"
  `);
});

test('backend-file-broken', async () => {
  expect(await said('\n\nnull.x;')).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: FOLDER/mine.mjs cannot be loaded: TypeError: Cannot read properties of null (reading 'x') (line 3) [backend-file-broken]
        5 | SUPERVISOR: {backends: [./mine.mjs], python: /venv/bin/python}
          |                         ^^^^^^^^^^
          = try it alone: node FOLDER/mine.mjs"
  `);
  expect(await messages('import "./other.mjs";')).toMatchInlineSnapshot(
    `"prodserver.yaml:5:25: error: FOLDER/mine.mjs cannot be loaded: Error: Cannot find module './other.mjs' imported from FOLDER/mine.mjs [backend-file-broken]"`,
  );
  expect(await messages('export default () => {\n  throw "no";\n};')).toMatchInlineSnapshot(
    `"prodserver.yaml:5:25: error: FOLDER/mine.mjs cannot be loaded: no [backend-file-broken]"`,
  );
});

test('backend-shape: what the file exports', async () => {
  const of = async (text: string): Promise<string> => messages(text);
  expect(await said(`export default {name: 'HttpServer'};`)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: FOLDER/mine.mjs: compile must be a function, not nothing [backend-shape]
        5 | SUPERVISOR: {backends: [./mine.mjs], python: /venv/bin/python}
          |                         ^^^^^^^^^^
          = docs/backends.md has the whole form, with an example"
  `);
  expect(
    [
      await of('export const backend = 1;'),
      await of('export default [];'),
      await of(`export default {name: 'Http Server', app: 'php', ${COMPILE}};`),
      await of(`export default [{name: 'A', ${COMPILE}}, {name: 'B', compile: 1}];`),
      await of(`export default {name: 'HttpServer', argv: 1, ${COMPILE}};`),
      await of(`export default {name: 'HttpServer', options: () => ({port: 1}), ${COMPILE}};`),
    ].join('\n\n'),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: FOLDER/mine.mjs: its default export must be a mapping with name and compile, not nothing [backend-shape]

    prodserver.yaml:5:25: error: FOLDER/mine.mjs: its default export must be a backend, not an empty list [backend-shape]

    prodserver.yaml:5:25: error: FOLDER/mine.mjs: name must be a name of letters and digits, such as HttpServer, not the string "Http Server" [backend-shape]
    prodserver.yaml:5:25: error: FOLDER/mine.mjs: app must be one of wsgi, asgi, celery, none, not the string "php" [backend-shape]

    prodserver.yaml:5:25: error: FOLDER/mine.mjs: [1].compile must be a function, not the number 1 [backend-shape]

    prodserver.yaml:5:25: error: FOLDER/mine.mjs: argv means nothing here [backend-shape]

    prodserver.yaml:5:25: error: FOLDER/mine.mjs: HttpServer.options().port must be an option that the toolkit has made, not the number 1 [backend-shape]"
  `);
});

test('backend-shape: what its methods give', async () => {
  const of = async (result: string): Promise<string> =>
    messages(
      `export default {name: 'HttpServer', compile: () => (${result})};`,
      MANIFEST.replace(/ {4}ARGS.*\n/, ''),
    );
  expect(
    await said(
      `export default {name: 'HttpServer', compile: () => ({argv: []})};`,
      MANIFEST.replace(/ {4}ARGS.*\n/, ''),
    ),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().argv must be a mapping with argv, not an empty list [backend-shape]
        3 |     BACKEND: HttpServer
          |              ^^^^^^^^^^
          = docs/backends.md has the whole form, with an example"
  `);
  expect(
    [
      await of('null'),
      await of('Promise.resolve({argv: ["a"]})'),
      await of('{argv: ["a", 1]}'),
      await of('{argv: ["a"], link: true}'),
      await of('{argv: ["a"], stop: [{signal: "TERM", waitMs: 1}]}'),
      await of('{argv: ["a"], stop: []}'),
      await of('{argv: ["a"], readiness: {kind: "link"}}'),
      await of(
        '{argv: ["a"], readiness: {kind: "listen", addresses: [{kind: "tcp", host: "", port: "80"}]}}',
      ),
      await messages(
        `export default {name: 'HttpServer', rules: () => ['no'], ${COMPILE}};`,
        MANIFEST.replace('{port: "8001"}', '{}'),
      ),
    ].join('\n\n'),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile() must be a mapping with argv, not nothing [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().argv must be a mapping with argv, not a promise [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().argv[1] must be a mapping with argv, not the number 1 [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().link means nothing here [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().stop[0].signal must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL, not the string "TERM" [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().stop must be a mapping with argv, not an empty list [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().readiness.kind must be a mapping whose kind is one of alive, listen, http, command, file, not the string "link" [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.compile().readiness.addresses[0].port must be a port, not the string "80" [backend-shape]

    prodserver.yaml:3:14: error: FOLDER/mine.mjs: HttpServer.rules()[0] must be what a function of the toolkit gives, not the string "no" [backend-shape]"
  `);
});

test('backend-taken', async () => {
  expect(await said(`export default {name: 'GunicornServer', ${COMPILE}};`)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:25: error: FOLDER/mine.mjs: "GunicornServer" is a backend of prodserver itself [backend-taken]
        5 | SUPERVISOR: {backends: [./mine.mjs], python: /venv/bin/python}
          |                         ^^^^^^^^^^
          = give it a name of its own"
  `);
  const path = 'django_prodserver.backends.celery.CeleryWorker';
  expect(
    [
      await messages(`export default {name: 'HttpServer', paths: ['${path}'], ${COMPILE}};`),
      await messages(`export default [{name: 'HttpServer', ${COMPILE}}, {name: 'HttpServer', ${COMPILE}}];`),
    ].join('\n\n'),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:4:12: error: HttpServer has no option "port" [option-unknown]
    prodserver.yaml:5:25: error: FOLDER/mine.mjs: "django_prodserver.backends.celery.CeleryWorker" is a backend of prodserver itself [backend-taken]

    prodserver.yaml:4:12: error: HttpServer has no option "port" [option-unknown]
    prodserver.yaml:5:25: error: FOLDER/mine.mjs: "HttpServer" is already that of FOLDER/mine.mjs [backend-taken]"
  `);
});

test('backend-failed: no method of it is the end of the program that reads the manifest', async () => {
  const plain = MANIFEST.replace('{port: "8001"}', '{}');
  expect(
    await said(
      `export default {\n  name: 'HttpServer',\n  compile: (entry) => entry.nothing.at(0),\n};`,
      plain,
    ),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: HttpServer.compile() of FOLDER/mine.mjs failed: TypeError: Cannot read properties of undefined (reading 'at') (line 3) [backend-failed]
        3 |     BACKEND: HttpServer
          |              ^^^^^^^^^^
          = mend it there; what it was called with is in this entry"
  `);
  expect(
    [
      await messages(
        `export default {name: 'HttpServer', ${COMPILE},\n  rules() { throw new TypeError('no\\nno'); }};`,
        plain,
      ),
      await messages(
        `export default {name: 'HttpServer', ${COMPILE},\n  options() { throw new TypeError('no'); }};`,
        plain,
      ),
    ].join('\n\n'),
  ).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: HttpServer.rules() of FOLDER/mine.mjs failed: TypeError: no (line 2) [backend-failed]

    prodserver.yaml:5:25: error: HttpServer.options() of FOLDER/mine.mjs failed: TypeError: no (line 2) [backend-failed]"
  `);
});

test('the list itself', async () => {
  const of = async (list: string): Promise<string> => messages('', MANIFEST.replace('[./mine.mjs]', list));
  expect(await of('./mine.mjs')).toMatchInlineSnapshot(
    `"prodserver.yaml:5:24: error: "backends" must be a list of JavaScript files, not "./mine.mjs" [value-wrong]"`,
  );
  expect(await of('[1]')).toMatchInlineSnapshot(
    `"prodserver.yaml:5:25: error: "backends" must be the path of a file, not 1 [value-wrong]"`,
  );
});

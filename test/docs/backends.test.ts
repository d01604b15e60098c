/** docs/backends.md: its own text is what is tried here; under a supervisor in test/e2e/servers.test.ts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withBackends } from '../../src/manifest/custom.ts';
import { loadManifest } from '../../src/manifest/load.ts';
import type { Loaded } from '../../src/manifest/loaded.ts';
import { newFolder, tell, write } from '../manifest/support.ts';
import { Rig, ROOT } from '../support/rig.ts';
import { docsBlocks } from './blocks.ts';

const page = readFileSync(join(ROOT, 'docs', 'backends.md'), 'utf8');
const [manifest = ''] = docsBlocks(page, 'yaml');
const [whole = '', smallest = ''] = docsBlocks(page, 'js');
const [complaint = ''] = docsBlocks(page, 'text');

async function loaded(text: string, module: string): Promise<Loaded> {
  const folder = newFolder();
  write(folder, 'http-server.mjs', module);
  const path = write(folder, 'prodserver.yaml', text);
  return withBackends(loadManifest(path, 'prodserver.yaml', {}, folder));
}

test('the example and its manifest', async () => {
  const { plan, findings } = await loaded(manifest, whole);
  expect(findings).toEqual([]);
  expect(plan?.processes[0]?.argv).toEqual([
    'python3',
    '-m',
    'http.server',
    '--bind=127.0.0.1',
    '--directory=reports',
    '8001',
  ]);
});

test('the complaint that it shows', async () => {
  expect(tell(await loaded(manifest.replace('directory', 'directry'), whole))).toContain(complaint.trimEnd());
});

test('the smallest', async () => {
  const { plan } = await loaded(
    manifest.replace('HttpServer', 'DramatiqWorker').replace(/^ *ARGS.*\n/m, ''),
    smallest,
  );
  expect(plan?.processes[0]?.argv).toEqual(['python3', '-m', 'dramatiq']);
});

test('its types, as an editor finds them', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'prodserver'));
  const options = ['--noEmit', '--strict', '--allowJs', '--module', 'nodenext', '--types', ''];
  const check = (text: string): string => {
    const file = write(folder, 'http-server.mjs', text);
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    return spawnSync(tsc, [...options, file], { cwd: folder, encoding: 'utf8' }).stdout;
  };
  expect(check(whole)).toBe('');
  expect(check(whole.replace("'SIGINT'", "'INT'"))).toMatch(/Type '"INT"' is not assignable to type/);
});

test('what Node says of a file that it cannot run is told with the line', async () => {
  const rig = new Rig();
  rig.manifest(
    'PRODUCTION_PROCESSES: {job: {BACKEND: Mine}}\nSUPERVISOR: {backends: [a.mjs, b.mjs, c.mjs, d.js]}\n',
  );
  rig.write('a.mjs', 'export default {\n');
  rig.write('b.mjs', '\n\nnull.x;\n');
  rig.write('c.mjs', "import './nothing.mjs';\n");
  rig.write(
    'd.js',
    "module.exports = {\n  name: 'Mine',\n  compile() {\n    throw new Error('no');\n  },\n};\n",
  );
  const broken = await rig.run(['check']);
  expect(broken.stdout.replaceAll(rig.folder, 'FOLDER').replaceAll(ROOT, 'PRODSERVER'))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:1:39: error: Mine.compile() of FOLDER/d.js failed: Error: no (line 4) [backend-failed]
        1 | PRODUCTION_PROCESSES: {job: {BACKEND: Mine}}
          |                                       ^^^^
          = mend it there; what it was called with is in this entry
    prodserver.yaml:2:25: error: FOLDER/a.mjs cannot be loaded: SyntaxError: Unexpected end of input [backend-file-broken]
        2 | SUPERVISOR: {backends: [a.mjs, b.mjs, c.mjs, d.js]}
          |                         ^^^^^
          = try it alone: node FOLDER/a.mjs
    prodserver.yaml:2:32: error: FOLDER/b.mjs cannot be loaded: TypeError: Cannot read properties of null (reading 'x') (line 3) [backend-file-broken]
        2 | SUPERVISOR: {backends: [a.mjs, b.mjs, c.mjs, d.js]}
          |                                ^^^^^
          = try it alone: node FOLDER/b.mjs
    prodserver.yaml:2:39: error: FOLDER/c.mjs cannot be loaded: Error: Cannot find module 'FOLDER/nothing.mjs' imported from FOLDER/c.mjs [backend-file-broken]
        2 | SUPERVISOR: {backends: [a.mjs, b.mjs, c.mjs, d.js]}
          |                                       ^^^^^
          = try it alone: node FOLDER/c.mjs
    prodserver.yaml: 4 errors
    more on each code: PRODSERVER/docs/errors.md
    "
  `);
  expect(broken.stderr).toBe('');
  rig.manifest('PRODUCTION_PROCESSES: {job: {BACKEND: Mine}}\nSUPERVISOR: {backends: [d.js]}\n');
  expect((await rig.run(['check'])).stdout.replaceAll(rig.folder, 'FOLDER').replaceAll(ROOT, 'PRODSERVER'))
    .toMatchInlineSnapshot(`
    "prodserver.yaml:1:39: error: Mine.compile() of FOLDER/d.js failed: Error: no (line 4) [backend-failed]
        1 | PRODUCTION_PROCESSES: {job: {BACKEND: Mine}}
          |                                       ^^^^
          = mend it there; what it was called with is in this entry
    prodserver.yaml: 1 error
    more on each code: PRODSERVER/docs/errors.md
    "
  `);
});

/** What a person is told about a manifest that cannot be read, or is none. */
import { expect, test } from 'vitest';
import { findManifest, loadManifest } from '../../src/manifest/load.ts';
import { diagnosticText } from '../../src/render/diagnostics.ts';
import { newPaint } from '../../src/render/paint.ts';
import { newFolder, tell, told, write } from './support.ts';

/** What is said where no manifest is found, the folder named FOLDER. */
function missing(given: string | undefined, env: Record<string, string> = {}): string {
  const folder = newFolder();
  const found = findManifest(given, folder, env);
  if (found.ok) throw new Error(`found ${found.value}`);
  return diagnosticText(found.error, newPaint(false)).replaceAll(folder, 'FOLDER');
}

test('manifest-missing', () => {
  expect(missing(undefined)).toMatchInlineSnapshot(`
    "error: no manifest: FOLDER/prodserver.yaml, FOLDER/prodserver.yml and FOLDER/prodserver.json do not exist [manifest-missing]
          = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE"
  `);
});

test('manifest-missing, of a file that was named', () => {
  expect(missing('deploy/prod.yaml')).toMatchInlineSnapshot(`
    "error: no manifest: FOLDER/deploy/prod.yaml does not exist [manifest-missing]
          = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE"
  `);
  expect(missing(undefined, { PRODSERVER_MANIFEST: 'elsewhere.yaml' })).toMatchInlineSnapshot(`
    "error: no manifest: FOLDER/elsewhere.yaml does not exist [manifest-missing]
          = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE"
  `);
});

test('manifest-unreadable: a folder', () => {
  const folder = newFolder();
  expect(tell(loadManifest(folder, 'here', {}, folder)).replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(`
    "error: cannot read the manifest FOLDER: EISDIR [manifest-unreadable]
          = name a file, not a folder"
  `);
});

test('manifest-unreadable: the kernel refuses', () => {
  // Address 0 of our own memory is not mapped, so that reading it is an I/O error for root too.
  expect(tell(loadManifest('/proc/self/mem', 'mem', {}, '/'))).toMatchInlineSnapshot(`
    "error: cannot read the manifest /proc/self/mem: EIO [manifest-unreadable]
          = check the permissions of the file and of its folders"
  `);
});

test('manifest-missing: gone between the look and the reading', () => {
  const folder = newFolder();
  const path = `${folder}/prodserver.yaml`;
  expect(tell(loadManifest(path, 'prodserver.yaml', {}, folder)).replaceAll(folder, 'FOLDER'))
    .toMatchInlineSnapshot(`
    "error: no manifest: FOLDER/prodserver.yaml does not exist [manifest-missing]
          = write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE"
  `);
});

test('manifest-too-large', () => {
  const folder = newFolder();
  const path = write(folder, 'prodserver.yaml', Buffer.alloc(10 * 1024 * 1024, '#'));
  expect(tell(loadManifest(path, 'p', {}, folder)).replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(`
    "error: FOLDER/prodserver.yaml has 10.0 MiB; a manifest has 1.0 MiB at most [manifest-too-large]
          = check that this is the right file"
  `);
});

test('manifest-syntax', () => {
  expect(told('PRODUCTION_PROCESSES:\n  web: {BACKEND: [\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:3:1: error: syntax error: Flow sequence in block collection must be sufficiently indented and end with a ] [manifest-syntax]
          = mend the line that the caret points at, or the one before it

    prodserver.yaml:3:1: error: syntax error: Flow map in block collection must be sufficiently indented and end with a } [manifest-syntax]
          = mend the line that the caret points at, or the one before it"
  `);
});

test('manifest-syntax: every error at once', () => {
  expect(told('a: "open\nb: c: d\nPRODUCTION_PROCESSES: {}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:4:1: error: syntax error: Missing closing "quote [manifest-syntax]
          = mend the line that the caret points at, or the one before it"
  `);
});

test('manifest-syntax: a tab for indentation', () => {
  expect(told('PRODUCTION_PROCESSES:\n\tweb: {}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:2:1: error: syntax error: Tabs are not allowed as indentation [manifest-syntax]
        2 | 	web: {}
          | ^
          = mend the line that the caret points at, or the one before it"
  `);
});

test('manifest-syntax: a key twice', () => {
  expect(told('PRODUCTION_PROCESSES:\n  web: {}\n  worker: {}\n  web: {}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:4:3: error: syntax error: Map keys must be unique [manifest-syntax]
        4 |   web: {}
          |   ^
          = mend the line that the caret points at, or the one before it"
  `);
});

test('an alias of nothing is not told as too many aliases', () => {
  expect(told('PRODUCTION_PROCESSES:\n  web: *base\n')).not.toContain('aliases multiply');
});

test('manifest-syntax: two documents in one file', () => {
  expect(told('PRODUCTION_PROCESSES: {}\n---\nPRODUCTION_PROCESSES: {}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:2:1: error: syntax error: Source contains multiple documents; please use YAML.parseAllDocuments() [manifest-syntax]
        2 | ---
          | ^^^
          = mend the line that the caret points at, or the one before it"
  `);
});

test('manifest-nest', () => {
  expect(told('x-host: {{ host }}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:10: error: a mapping or a list cannot be a key [manifest-nest]
        1 | x-host: {{ host }}
          |          ^^^^^^^^
          = put quotes around it if it is meant as a text"
  `);
  expect(told('x-a: &a { b: *a }\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:14: error: an alias cannot stand inside of what it names [manifest-nest]
        1 | x-a: &a { b: *a }
          |              ^^
          = write the value out"
  `);
  expect(told('['.repeat(200) + ']'.repeat(200))).toMatchInlineSnapshot(`
    "prodserver.yaml:1:101: error: nested more than 100 levels deep [manifest-nest]
        1 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = look for brackets that are not closed"
  `);
});

test('manifest-aliases: a billion laughs', () => {
  const floors = Array.from({ length: 12 }, (_, floor) => {
    const below = floor === 0 ? 'lol' : `*a${floor - 1}`;
    return `a${floor}: &a${floor} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
  });
  expect(told(`${floors.join('\n')}\n`)).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: error: aliases multiply to more than 100 copies [manifest-aliases]
        1 | a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = write the values out instead of nesting aliases"
  `);
});

test('manifest-shape', () => {
  expect(told('- web\n- worker\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: error: the manifest must be a mapping with PRODUCTION_PROCESSES, not a list [manifest-shape]
        1 | - web
          | ^^^^^
          = start it with "PRODUCTION_PROCESSES:" and indent the entries below it"
  `);
  expect(told('just some text\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: error: the manifest must be a mapping with PRODUCTION_PROCESSES, not the string "just some text" [manifest-shape]
        1 | just some text
          | ^^^^^^^^^^^^^^
          = start it with "PRODUCTION_PROCESSES:" and indent the entries below it"
  `);
});

test('manifest-empty', () => {
  expect(told('{}')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: warning: prodserver.yaml names no process [manifest-empty]
        1 | {}
          | ^^
          = add an entry below PRODUCTION_PROCESSES"
  `);
  expect(told('')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: warning: prodserver.yaml names no process [manifest-empty]
          = add an entry below PRODUCTION_PROCESSES"
  `);
  expect(told('PRODUCTION_PROCESSES:\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: warning: prodserver.yaml names no process [manifest-empty]
        1 | PRODUCTION_PROCESSES:
          | ^^^^^^^^^^^^^^^^^^^^
          = add an entry below PRODUCTION_PROCESSES"
  `);
});

test('processes-shape', () => {
  expect(told('PRODUCTION_PROCESSES: [web, worker]\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:23: error: PRODUCTION_PROCESSES must be a mapping of names to entries, not a list [processes-shape]
        1 | PRODUCTION_PROCESSES: [web, worker]
          |                       ^^^^^^^^^^^^^
          = write "PRODUCTION_PROCESSES:" and below it "web:" with its BACKEND"
  `);
});

/** What a person is told about USER, GROUP, UMASK, LIMITS and ENV_FILE. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadManifest } from '../../src/manifest/load.ts';
import { planJson, planText } from '../../src/render/plan.ts';
import { newPaint } from '../../src/render/paint.ts';
import { job, newFolder, processes, tell, told, web, write } from './support.ts';

const identityOf = (...lines: readonly string[]): unknown => processes(job(...lines))[0]?.identity;

test('users and groups are names or numbers', () => {
  const none = { umask: null, limits: {} };
  expect(identityOf()).toEqual({ ...none, user: null, group: null });
  expect(identityOf('USER: www-data', 'GROUP: media')).toEqual({ ...none, user: 'www-data', group: 'media' });
  expect(identityOf('USER: 1000', 'GROUP: "33"')).toEqual({ ...none, user: '1000', group: '33' });
});

test('what is neither', () => {
  expect(told(job('USER: -r', 'GROUP: [a, b]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: "USER" must be the name or the number of a user, not "-r" [value-wrong]
        5 |     USER: -r
          |           ^^

    prodserver.yaml:6:12: error: "GROUP" must be the name or the number of a group, not a list [value-wrong]
        6 |     GROUP: [a, b]
          |            ^^^^^^"
  `);
  expect(told(job('USER: "a b"', 'GROUP: -1'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: "USER" must be the name or the number of a user, not "a b" [value-wrong]
        5 |     USER: "a b"
          |           ^^^^^

    prodserver.yaml:6:12: error: "GROUP" must be the name or the number of a group, not -1 [value-wrong]
        6 |     GROUP: -1
          |            ^^"
  `);
  expect(told(job('USER: "shop:shop"', 'GROUP:'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:11: error: "USER" must be the name or the number of a user, not "shop:shop" [value-wrong]
        5 |     USER: "shop:shop"
          |           ^^^^^^^^^^^

    prodserver.yaml:6:5: error: "GROUP" must be the name or the number of a group, not nothing [value-wrong]
        6 |     GROUP:
          |     ^^^^^"
  `);
});

test.each([
  ['"027"', 0o27],
  ['027', 0o27],
  ["'0022'", 0o22],
  ['000', 0],
  ['"077"', 0o77],
])('UMASK: %s', (written, umask) => {
  expect(identityOf(`UMASK: ${written}`)).toMatchObject({ umask });
});

test('a UMASK whose digits could be decimal, and one that is none', () => {
  expect(told(job('UMASK: 22'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "UMASK" must be octal digits with a 0 in front, such as "027", not 22 [value-wrong]
        5 |     UMASK: 22
          |            ^^"
  `);
  for (const written of ['"22"', '0o27', '"089"', '"00027"', 'u=rwx', '-1', '""']) {
    expect(told(job(`UMASK: ${written}`))).toContain(
      'error: "UMASK" must be octal digits with a 0 in front, such as "027", not ',
    );
  }
});

test('limits in their units', () => {
  const lines = [
    'nofile: 65536',
    'nproc: "100:200"',
    'core: unlimited',
    'as: 4GiB',
    'stack: 8MiB:unlimited',
    'fsize: 0',
    'cpu: 1h',
    'rttime: 500ms',
    'nice: "5"',
    'memlock: 64KB:64KiB',
  ];
  expect(identityOf('LIMITS:', ...lines.map((line) => `  ${line}`))).toMatchObject({
    limits: {
      nofile: '65536',
      nproc: '100:200',
      core: 'unlimited',
      as: '4294967296',
      stack: '8388608:unlimited',
      fsize: '0',
      cpu: '3600',
      rttime: '500000',
      nice: '5',
      memlock: '64000:65536',
    },
  });
});

test('limits that are none', () => {
  const lines = [
    'nofile: many',
    'nproc: "200:100"',
    'cpu: 1500ms',
    'core: "unlimited:1MiB"',
    'stack: "1:2:3"',
  ];
  expect(told(job('LIMITS:', ...lines.map((line) => `  ${line}`)))).toMatchInlineSnapshot(`
    "prodserver.yaml:6:15: error: "nofile" must be a whole number from 0, or soft:hard of them; "unlimited" is one too, not "many" [value-wrong]
        6 |       nofile: many
          |               ^^^^

    prodserver.yaml:7:14: error: "nproc" must be a whole number from 0, or soft:hard of them; "unlimited" is one too, not "200:100" [value-wrong]
        7 |       nproc: "200:100"
          |              ^^^^^^^^^

    prodserver.yaml:8:12: error: "cpu" must be a duration such as 60s or 1h (whole seconds), or soft:hard of them; "unlimited" is one too, not "1500ms" [value-wrong]
        8 |       cpu: 1500ms
          |            ^^^^^^

    prodserver.yaml:9:13: error: "core" must be a size such as 512MiB, 4GiB or 0, or soft:hard of them; "unlimited" is one too, not "unlimited:1MiB" [value-wrong]
        9 |       core: "unlimited:1MiB"
          |             ^^^^^^^^^^^^^^^^

    prodserver.yaml:10:14: error: "stack" must be a size such as 512MiB, 4GiB or 0, or soft:hard of them; "unlimited" is one too, not "1:2:3" [value-wrong]
       10 |       stack: "1:2:3"
          |              ^^^^^^^"
  `);
});

test('limits without a unit', () => {
  expect(told(job('LIMITS: {as: 4, memlock: "65536:131072", cpu: 60}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:18: error: "as" needs a unit: 4 could be anything [value-no-unit]
        5 |     LIMITS: {as: 4, memlock: "65536:131072", cpu: 60}
          |                  ^
          = write 4MiB (units: B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)

    prodserver.yaml:5:30: error: "memlock" needs a unit: 65536:131072 could be anything [value-no-unit]
        5 |     LIMITS: {as: 4, memlock: "65536:131072", cpu: 60}
          |                              ^^^^^^^^^^^^^^
          = write 65536MiB:131072B (units: B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)

    prodserver.yaml:5:51: error: "cpu" needs a unit: 60 could be anything [value-no-unit]
        5 |     LIMITS: {as: 4, memlock: "65536:131072", cpu: 60}
          |                                                   ^^
          = write 60s (units: ms, s, m, h, d)"
  `);
});

test('limits that nobody knows', () => {
  expect(told(job('LIMITS: {nofiles: 1000}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:14: error: unknown key "nofiles" [key-unknown]
        5 |     LIMITS: {nofiles: 1000}
          |              ^^^^^^^
          = write "nofile""
  `);
  expect(told(job('LIMITS: 1000'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:13: error: "LIMITS" must be a mapping of limits, such as nofile: 65536, not 1000 [value-wrong]
        5 |     LIMITS: 1000
          |             ^^^^"
  `);
});

test('environment files stand beside the manifest, and need not be there yet', () => {
  const folder = newFolder();
  const path = write(folder, 'prodserver.yaml', job('ENV_FILE: [.env, /run/secrets/job.env]'));
  const loaded = loadManifest(path, 'prodserver.yaml', {}, folder);
  expect(tell(loaded)).toBe('');
  expect(loaded.plan?.processes[0]?.envFiles).toEqual([join(folder, '.env'), '/run/secrets/job.env']);
  expect(told(job('ENV_FILE: []', 'ENV: {A: 1}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:15: error: "ENV_FILE" must be the path of a file, or a list of them, not an empty list [value-wrong]
        5 |     ENV_FILE: []
          |               ^^"
  `);
});

test('env-file: one that is there is checked, and never shown', () => {
  const folder = newFolder();
  write(folder, 'good.env', 'A=1\n');
  write(folder, 'bad.env', 'A=1\nhunter2\n');
  const check = (text: string): string => {
    const path = write(folder, 'prodserver.yaml', text);
    return tell(loadManifest(path, 'prodserver.yaml', {}, folder)).replaceAll(folder, 'FOLDER');
  };
  expect(check(job('ENV_FILE: bad.env'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:15: error: ENV_FILE FOLDER/bad.env:2: there is no "=": write NAME=value [env-file]
        5 |     ENV_FILE: bad.env
          |               ^^^^^^^
          = write lines of NAME=value, NAME='literal' or NAME="with escapes"; # begins a comment"
  `);
  expect(check(job('ENV_FILE: [good.env, bad.env]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:26: error: ENV_FILE FOLDER/bad.env:2: there is no "=": write NAME=value [env-file]
        5 |     ENV_FILE: [good.env, bad.env]
          |                          ^^^^^^^
          = write lines of NAME=value, NAME='literal' or NAME="with escapes"; # begins a comment"
  `);
});

test('what a file says counts for the rules of a backend, below ENV', () => {
  const folder = newFolder();
  write(folder, '.env', 'WEB_CONCURRENCY=3\nPORT=9001\n');
  const load = (...lines: readonly string[]) => {
    const path = write(folder, 'prodserver.yaml', web('ENV_FILE: .env', ...lines));
    return loadManifest(path, 'prodserver.yaml', { PORT: '9000' }, folder).plan?.processes[0]?.readiness;
  };
  const port = (port: number) => ({ kind: 'listen', addresses: [{ kind: 'tcp', host: '', port }] });
  expect(load()).toEqual(port(9001));
  expect(load('ENV: {PORT: 9002}')).toEqual(port(9002));
});

test('plan shows them, but no values of files', () => {
  const folder = newFolder();
  write(folder, '.env', 'PASSWORD=hunter2\n');
  const path = write(
    folder,
    'prodserver.yaml',
    job(
      'USER: shop',
      'GROUP: media',
      'UMASK: "027"',
      'LIMITS: {nofile: 1024, core: unlimited}',
      'ENV_FILE: .env',
    ),
  );
  const specs = loadManifest(path, 'prodserver.yaml', {}, folder).plan?.processes ?? [];
  const text = planText('prodserver.yaml', specs, newPaint(false)).replaceAll(folder, 'FOLDER');
  expect(text).toMatchInlineSnapshot(`
    "prodserver.yaml

    job.1 Command
      run   date
      cwd   FOLDER
      user  shop, group media
      umask 0027
      limit core=unlimited nofile=1024
      files FOLDER/.env
      ready alive for 1 s, within 1 min
      stop  SIGTERM for 10 s, then SIGKILL to the whole tree"
  `);
  expect(text + JSON.stringify(planJson('prodserver.yaml', specs))).not.toContain('hunter2');
  expect(planText('x', processes(job('GROUP: media')), newPaint(false))).toContain(
    '  user  that of the supervisor, group media\n',
  );
});

/** `prodserver init` as a person sees it. */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { run } from './support.ts';

test('it writes what check accepts, and never over a file without --force', async () => {
  const rig = new Rig();
  rig.write('Procfile', 'web: gunicorn shop.wsgi --bind 127.0.0.1:8000\n');
  rig.write('supervisord.conf', '[program:job]\ncommand=sleep 1000\n');
  expect(await run(rig, 'init')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    found Procfile too, and took supervisord.conf; for Procfile: prodserver init --from procfile
    prodserver.yaml: job, from supervisord.conf; its first lines tell what was decided, and what was left out"
  `);
  expect(await run(rig, 'check', '--strict')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    prodserver.yaml: ok, job"
  `);
  const before = rig.read('prodserver.yaml');
  expect(await run(rig, 'init', 'Procfile')).toMatchInlineSnapshot(`
    "exit 1
    --- stderr
    error: prodserver.yaml exists [init-exists]
      look at the new one with --stdout; write it elsewhere with --output FILE, or over this one with --force"
  `);
  expect(rig.read('prodserver.yaml')).toBe(before);
  chmodSync(join(rig.folder, 'prodserver.yaml'), 0o640);
  expect(await run(rig, 'init', '--force', 'Procfile')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    prodserver.yaml: web, from Procfile; its first lines tell what was decided, and what was left out"
  `);
  expect(statSync(join(rig.folder, 'prodserver.yaml')).mode & 0o777).toBe(0o640);
  expect(await run(rig, 'check', '--strict')).toContain('ok, web');
  expect(readdirSync(rig.folder).filter((name) => name.includes('draft'))).toEqual([]);
});

test('what would not check is written all the same, with what to mend', async () => {
  const rig = new Rig();
  const beat = 'command=celery -A shop beat\nnumprocs=2\nprocess_name=b%(process_num)d\n';
  rig.write('supervisord.conf', `[program:beat]\n${beat}`);
  expect(await run(rig, 'init', '--output', 'new.yaml')).toMatchInlineSnapshot(`
    "exit 1
    --- stdout
    new.yaml: beat, from supervisord.conf; its first lines tell what was decided, and what was left out
    --- stderr
    new.yaml:16:16: error: CeleryBeat cannot have several INSTANCES: only one may run, or every periodic task is sent twice [instances-conflict]
       16 |     INSTANCES: 2
          |                ^
          = leave INSTANCES out"
  `);
  expect(rig.read('new.yaml')).toContain('INSTANCES: 2');
});

test('what it cannot do', async () => {
  const rig = new Rig();
  expect(await run(rig, 'init', '--from', 'systemd')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: --from must be one of django, procfile, supervisord, not "systemd" [usage]
      see prodserver --help"
  `);
  expect(await run(rig, 'init')).toMatchInlineSnapshot(`
    "exit 1
    --- stderr
    error: nothing to make a manifest of in FOLDER: no supervisord.conf, etc/supervisord.conf, Procfile and manage.py [init-nothing]
      name a file: prodserver init FILE; or the settings of a Django project: prodserver init --settings myproject.settings"
  `);
  rig.write('Procfile', 'a: sleep 1');
  expect(await run(rig, 'init', '--output', 'no/such/folder.yaml')).toMatchInlineSnapshot(`
    "exit 1
    --- stderr
    error: cannot write no/such/folder.yaml: ENOENT [init-unwritten]
      check the folder, its permissions and the space on its disk; --stdout prints it instead"
  `);
});

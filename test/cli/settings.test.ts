/** The commands on a project that has no manifest but its Django settings. */
import { dirname } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Rig, until } from '../support/rig.ts';
import { GOOD, run } from './support.ts';

const VENV = dirname(dirname(inject('python')));

const CONF = `import os
print("settings say hello")
WSGI_APPLICATION = "conf.wsgi.application"
PRODUCTION_PROCESSES = {
    "web": {
        "BACKEND": "django_prodserver.backends.gunicorn.GunicornServer",
        "ARGS": {"bind": ("127.0.0.1:8000",), "workers": "4"},
    },
    "worker": {
        "BACKEND": "django_prodserver.backends.celery.CeleryWorker",
        "APP": "conf.celery.app",
        "ARGS": {"concurrency": 2},
    },
}
`;
const JOB = `PRODUCTION_PROCESSES = {
    "job": {"BACKEND": "Command", "CMD": ["sh", "-c", "echo settings $DJANGO_SETTINGS_MODULE; exec sleep 1000"]}
}
`;

function project(text: string, env: Record<string, string> = {}): Rig {
  const rig = new Rig();
  rig.write('conf.py', text);
  Object.assign(rig.env, { VIRTUAL_ENV: VENV, ...env });
  return rig;
}

const SETTINGS = ['--settings', 'conf'];

test('check', async () => {
  expect(await run(project(CONF), 'check', ...SETTINGS)).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    conf.py:9:5: info: to end everything may take 1 min 10 s (worker); docker stop kills after 10 s, Kubernetes after 30 s [stop-long]
          = in a container set docker run --stop-timeout 75, stop_grace_period: 75s (compose) or terminationGracePeriodSeconds: 75
    conf: ok, web, worker (1 info)"
  `);
  const bad = project(CONF.replace('"concurrency": 2', '"concurency": 2'));
  expect(await run(bad, 'check', ...SETTINGS)).toMatchInlineSnapshot(`
    "exit 78
    --- stdout
    conf.py:12:18: error: CeleryWorker has no option "concurency" [option-unknown]
       12 |         "ARGS": {"concurency": 2},
          |                  ^^^^^^^^^^^^
          = write "concurrency"
    conf: 1 error
    more on each code: PRODSERVER/docs/errors.md"
  `);
});

test('check by the environment, where there is no manifest', async () => {
  const rig = project(CONF, { DJANGO_SETTINGS_MODULE: 'conf' });
  expect(await run(rig, 'check')).toContain('conf: ok, web, worker');
  rig.manifest(GOOD);
  expect(await run(rig, 'check')).toContain('prodserver.yaml: ok, web, worker');
});

test('check of settings that fail shows what they said', async () => {
  const rig = project('raise RuntimeError("no DATABASE_URL")\n');
  const said = await run(rig, 'check', ...SETTINGS);
  expect(said).toMatch(/^exit 78\n/);
  expect(said).toContain('RuntimeError: no DATABASE_URL [settings-broken]');
});

test('what is no name of settings', async () => {
  const rig = project(CONF);
  expect(await run(rig, 'check', '--settings', 'conf.py')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: --settings must be a module such as myproject.settings, not "conf.py" [usage]
      see prodserver --help"
  `);
  const both = await run(rig, 'check', ...SETTINGS, '--manifest', 'prodserver.yaml');
  expect(both).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: --settings and --manifest exclude each other [usage]
      see prodserver --help"
  `);
  expect(await run(rig, 'status', ...SETTINGS, '--manifest', 'prodserver.yaml')).toBe(both);
});

test('plan', async () => {
  const { stdout } = await project(CONF).run(['plan', 'web', ...SETTINGS, '--json']);
  const plan = JSON.parse(stdout) as { manifest: string; processes: { argv: string[]; env: object }[] };
  expect(plan.manifest).toMatch(/^\/.*:conf$/);
  expect(plan.processes).toMatchObject([
    {
      argv: [
        `${VENV}/bin/python`,
        '-m',
        'gunicorn',
        'conf.wsgi:application',
        '--bind=127.0.0.1:8000',
        '--workers=4',
      ],
      env: { DJANGO_SETTINGS_MODULE: 'conf' },
    },
  ]);
});

test('start, status, restart, lock status and stop', async () => {
  const rig = project(JOB);
  expect(await run(rig, 'status', ...SETTINGS)).toMatchInlineSnapshot(`
    "exit 4
    --- stderr
    error: no supervisor of FOLDER:conf is running [supervisor-missing]
      start one with "prodserver start --all""
  `);
  const start = rig.start(['start', '--all', ...SETTINGS]);
  await start.says(/settings conf/);
  await start.says(/job\.1 STARTING -> RUNNING/);
  expect(await run(rig, 'status', ...SETTINGS)).toMatch(/job\.1 +RUNNING/);
  // Its supervisor is found without the settings: they may be broken by now.
  rig.write('conf.py', 'raise SystemExit\n');
  expect(await run(rig, 'restart', ...SETTINGS)).toContain('job.1: restarted');
  expect(await run(rig, 'stop', ...SETTINGS)).toContain('job.1: stopped');
  await until(() => start.over, 'the supervisor to end');
  expect(await run(rig, 'lock', 'status', ...SETTINGS)).toMatch(/^exit 78\n[^]*settings-broken/);
});

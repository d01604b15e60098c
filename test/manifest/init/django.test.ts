/** Django settings as manifests, read by the real interpreter. */
import { dirname } from 'node:path';
import { expect, inject, test } from 'vitest';
import { settingsOfManage } from '../../../src/manifest/init/django.ts';
import { body, make, refusal } from './support.ts';

const env = { VIRTUAL_ENV: dirname(dirname(inject('python'))) };
const MANAGE = `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
`;

test('where manage.py says which settings', () => {
  expect(settingsOfManage(MANAGE)).toBe('shop.settings');
  expect(settingsOfManage(`    os.environ.setdefault(\n  'DJANGO_SETTINGS_MODULE', 'a.b')`)).toBe('a.b');
  expect(settingsOfManage('os.environ["DJANGO_SETTINGS_MODULE"] = name')).toBeNull();
});

test('a project without processes: what could run it', async () => {
  const made = await make(
    {
      'manage.py': MANAGE,
      'Procfile.dev': 'web: x',
      'shop/__init__.py': '',
      'shop/settings.py': `WSGI_APPLICATION = "shop.wsgi.application"
INSTALLED_APPS = ["django_celery_beat", "django_q.apps.Q", "django_tasks_db"]
SECRET_KEY = "s3cret"
`,
      'shop/celery.py': 'from celery import Celery\napp = Celery("shop")\n',
    },
    { env },
  );
  expect(made.findings).toEqual([]);
  expect(made.text).toMatchInlineSnapshot(`
    "# Written by prodserver init from shop.settings.
    #
    # What was decided, or could not be carried over:
    # - shop.settings: web: proposed because the project has WSGI_APPLICATION and gunicorn
    # - shop.settings: web: GunicornServer listens where it does by itself: ARGS may say another address
    # - shop.settings: worker: proposed because the project has shop.celery
    # - shop.settings: beat: proposed because the project has django_celery_beat
    # - shop.settings: qcluster: proposed because the project has django_q
    # - shop.settings: tasks: proposed because the project has django_tasks_db

    PRODUCTION_PROCESSES:
      # shop.settings
      web:
        BACKEND: GunicornServer
        APP: shop.wsgi:application
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
      # shop.settings
      worker:
        BACKEND: CeleryWorker
        APP: shop.celery.app
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
      # shop.settings
      beat:
        BACKEND: CeleryBeat
        APP: shop.celery.app
        ARGS:
          scheduler: django_celery_beat.schedulers:DatabaseScheduler
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
      # shop.settings
      qcluster:
        BACKEND: DjangoQ2Worker
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
      # shop.settings
      tasks:
        BACKEND: DjangoTasksWorker
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
    "
  `);
});

test('PROD_SERVERS of django-prodserver 0.x, with what cannot be written down', async () => {
  const made = await make(
    {
      'supervisord.conf': '[program:x]\ncommand=x\n',
      Procfile: 'web: x',
      'conf.py': `WSGI_APPLICATION = "conf.wsgi.application"
PROD_SERVERS = {
  "web": {"BACKEND": "django_prodserver.backends.gunicorn.GunicornServer", "ARGS": ["--bind=0.0.0.0:8000", "--preload"]},
  "flower": {"BACKEND": "CeleryFlower", "APP": "x.celery", "ARGS": {"basic_auth": "me:s3cret", "conf": lambda: 1}},
  "job": {"BACKEND": "Command", "CMD": ["echo", "$HOME", "redis://u:s3cret@h"]},
}
`,
    },
    { env: { ...env, DJANGO_SETTINGS_MODULE: 'conf' } },
  );
  expect(made.text).toMatchInlineSnapshot(`
    "# Written by prodserver init from conf.
    #
    # What was decided, or could not be carried over:
    # - conf.py:2: PROD_SERVERS is the name of django-prodserver 0.x for PRODUCTION_PROCESSES
    # - conf.py: set before "check" and "start": FLOWER_BASIC_AUTH and JOB_PASSWORD; a variable that is
    #   not set is an error here, where a shell takes it for empty; a default is written \${NAME:-default}
    # - conf.py:4: flower: ARGS.conf left out: conf.<lambda> cannot be written down
    # - conf.py:3: web: APP is conf.wsgi:application, as WSGI_APPLICATION says
    # - conf.py:3: web: ARGS was a list of tokens, as in django-prodserver 0.x; now it is a mapping of
    #   options
    # - conf.py:4: flower: ARGS.basic_auth looks like a secret and is not copied: set FLOWER_BASIC_AUTH in
    #   the environment
    # - conf.py:5: job: CMD[2] looks like a secret and is not copied: set JOB_PASSWORD in the environment

    PRODUCTION_PROCESSES:
      # conf.py:3
      web:
        BACKEND: django_prodserver.backends.gunicorn.GunicornServer
        APP: conf.wsgi:application
        ARGS:
          bind: 0.0.0.0:8000
          preload: true
        ENV:
          DJANGO_SETTINGS_MODULE: conf
      # conf.py:4
      flower:
        BACKEND: CeleryFlower
        APP: x.celery
        ARGS:
          basic_auth: \${FLOWER_BASIC_AUTH}
        ENV:
          DJANGO_SETTINGS_MODULE: conf
      # conf.py:5
      job:
        BACKEND: Command
        CMD: [echo, $$HOME, 'redis://u:\${JOB_PASSWORD}@h']
        ENV:
          DJANGO_SETTINGS_MODULE: conf
    "
  `);
  expect(made.text).not.toContain('s3cret');
  expect(made.found).toMatchInlineSnapshot(`
    [
      "found supervisord.conf too, and took the Django settings conf; for supervisord.conf: prodserver init --from supervisord",
      "found Procfile too, and took the Django settings conf; for Procfile: prodserver init --from procfile",
    ]
  `);
});

test('settings that fail give way to what else is here, or are the failure', async () => {
  const broken = { 'conf.py': 'raise RuntimeError("no DATABASE_URL")\n' };
  const options = { env: { ...env, DJANGO_SETTINGS_MODULE: 'conf' } };
  const made = await make({ ...broken, Procfile: 'web: sleep 1' }, options);
  expect(body(made.text)).toContain("CMD: [sleep, '1']");
  expect(await refusal(broken, options)).toContain('RuntimeError: no DATABASE_URL [settings-broken]');
});

test('a Celery module that cannot be imported', async () => {
  const made = await make(
    {
      'manage.py': MANAGE,
      'shop/__init__.py': '',
      'shop/settings.py': 'ASGI_APPLICATION = "shop.asgi.application"\n',
      'shop/celery.py': 'import nothing_of_that_name\n',
    },
    { env },
  );
  expect(made.notes).toMatchInlineSnapshot(`
    [
      "shop.settings: shop.celery cannot be imported (ModuleNotFoundError: No module named 'nothing_of_that_name'): no worker proposed",
      "shop.settings: web: proposed because the project has ASGI_APPLICATION",
      "shop.settings: web: no server for ASGI_APPLICATION is installed beside the project's interpreter: uvicorn, daphne, hypercorn and granian are known",
      "shop.settings: web: UvicornServer listens where it does by itself: ARGS may say another address",
    ]
  `);
});

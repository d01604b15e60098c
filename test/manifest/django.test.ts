/** Django settings as a manifest: what their processes are. */
import { expect, test } from 'vitest';
import { load, processes } from './django-support.ts';

test('settings as they are for django-prodserver', async () => {
  const specs = await processes(`
from pathlib import Path
from django.utils.translation import gettext_lazy as _
WSGI_APPLICATION = "conf.wsgi.my_app"
PRODUCTION_PROCESSES = {
    "web": {
        "BACKEND": "django_prodserver.backends.gunicorn.GunicornServer",
        "ARGS": {"bind": ("127.0.0.1:8000", "unix:" + str(Path("/run/x"))), "workers": "4", "preload": None},
    },
    "worker": {
        "BACKEND": "django_prodserver.backends.workers.celery.CeleryWorker",
        "APP": "conf.celery.app",
        "ARGS": {"queues": "a,b", "max-tasks-per-child": "1000", "hostname": _("w") },
    },
}
`);
  const tokens = specs.map(({ argv }) =>
    argv.slice(argv.findIndex((token) => /^(gunicorn|-A)$/.test(token))),
  );
  expect(tokens).toEqual([
    [
      'gunicorn',
      'conf.wsgi:my_app',
      '--bind=127.0.0.1:8000',
      '--bind=unix:/run/x',
      '--workers=4',
      '--preload',
    ],
    [
      '-A',
      'conf.celery.app',
      'worker',
      '--queues=a,b',
      '--max-tasks-per-child=1000',
      expect.stringMatching(/^--hostname=w/),
    ],
  ]);
  // As `manage.py --settings` would.
  expect(specs.map(({ env }) => env['DJANGO_SETTINGS_MODULE'])).toEqual(['conf', 'conf']);
});

test('an APP of the entry, and an environment of it, win', async () => {
  const [spec] = await processes(`
WSGI_APPLICATION = "conf.wsgi.application"
PRODUCTION_PROCESSES = {
    "web": {"BACKEND": "GunicornServer", "APP": "other.wsgi", "ENV": {"DJANGO_SETTINGS_MODULE": "other"}}}
`);
  expect(spec?.argv).toContain('other.wsgi');
  expect(spec?.env['DJANGO_SETTINGS_MODULE']).toBe('other');
});

test('a dollar sign is one', async () => {
  const text = 'PRODUCTION_PROCESSES = {"job": {"BACKEND": "Command", "CMD": ["echo", "${HOME} $$"]}}\n';
  const [spec] = await processes(text);
  expect(spec?.argv).toEqual(['echo', '${HOME} $$']);
});

test('the supervisors of settings are found by their folder and name', async () => {
  const loaded = await load('PRODUCTION_PROCESSES = {"job": {"BACKEND": "Command", "CMD": ["date"]}}\n');
  expect(loaded.plan?.manifest).toMatch(/^\/.*:conf$/);
});

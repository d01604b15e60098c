/** Examples of what `check --deep` finds. */
import type { DoorFacts } from '../../src/model/deep.ts';
import type { FactsByCode } from '../../src/model/failure.ts';

const RAISED = {
  error: "ModuleNotFoundError: No module named 'requests'",
  at: 'shop/tasks.py:3: import requests',
  missing: 'requests',
  trace: [],
  python: '.venv/bin/python',
  cwd: '/srv/shop',
};
const DOOR: DoorFacts = {
  app: 'shop.celery.app',
  url: 'redis://:**@cache:6379/0',
  address: 'cache:6379',
  kind: 'refused',
  detail: 'ConnectionError: Error 111 connecting to cache:6379. Connection refused.',
  missing: null,
  python: '.venv/bin/python',
};
const SENT = { entry: 'nightly', app: 'shop.celery.app', from: 'settings' } as const;

export const DEEP_SAMPLES: Pick<
  FactsByCode,
  | 'app-import'
  | 'app-none'
  | 'app-silent'
  | 'app-ended'
  | 'app-interface'
  | 'tasks-none'
  | 'schedule-task-unknown'
  | 'schedule-task-foreign'
  | 'scheduler-missing'
  | 'broker-unreachable'
  | 'broker-alternate'
  | 'results-unreachable'
  | 'connection-wrong'
  | 'package-missing'
  | 'django-setup'
  | 'django-app-missing'
  | 'migrations-missing'
  | 'database-unreachable'
  | 'command-unknown'
> = {
  'app-import': { ...RAISED, app: 'shop.celery.app', what: 'tasks' },
  'app-none': { app: 'shop.celery', detail: 'there is no Celery application in shop.celery' },
  'app-silent': {
    app: 'shop.wsgi',
    step: 'web',
    seconds: 30,
    at: 'shop/settings.py:12 (<module>)',
    stack: [],
  },
  'app-ended': { app: 'shop.wsgi', step: 'web', exit: { code: null, signal: 'SIGSEGV' }, output: [] },
  'app-interface': {
    app: 'shop.wsgi',
    backend: 'UvicornServer',
    wants: 'asgi',
    got: 'wsgi',
    is: 'django.core.handlers.wsgi.WSGIHandler',
  },
  'tasks-none': { app: 'shop.celery.app', django: true },
  'schedule-task-unknown': { ...SENT, task: 'orders.tasks.clean', near: 'orders.tasks.cleanup' },
  'schedule-task-foreign': { ...SENT, task: 'billing.tasks.invoice' },
  'scheduler-missing': {
    ...RAISED,
    error: "ModuleNotFoundError: No module named 'redbeat'",
    at: null,
    missing: 'redbeat',
    scheduler: 'redbeat.RedBeatScheduler',
  },
  'broker-unreachable': DOOR,
  'broker-alternate': { ...DOOR, kind: 'name' },
  'results-unreachable': { ...DOOR, kind: 'auth' },
  'connection-wrong': {
    ...RAISED,
    error: 'celery.exceptions.ImproperlyConfigured: Unknown result backend: ridis',
    missing: null,
    at: null,
    app: 'shop.celery.app',
    which: 'results',
  },
  'package-missing': {
    package: 'gunicorn',
    backend: 'GunicornServer',
    forWhat: null,
    python: '.venv/bin/python',
  },
  'django-setup': RAISED,
  'django-app-missing': {
    app: 'django_celery_beat',
    owner: 'django_celery_beat.schedulers:DatabaseScheduler',
    other: null,
  },
  'migrations-missing': {
    app: 'django_celery_beat',
    unapplied: ['0019_alter_periodictasks_options'],
    database: '"default" (postgresql shop at db)',
  },
  'database-unreachable': {
    app: 'django_celery_beat',
    database: '"default" (postgresql shop at db)',
    detail: 'connection refused',
  },
  'command-unknown': { command: 'runjob', near: 'runjobs' },
};

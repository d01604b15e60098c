/** The versions that prodserver's own tests run, first and last; `test/python/requirements` has them whole. */
export const TESTED: Readonly<Record<string, readonly [string, string]>> = {
  billiard: ['4.2', '4.3'],
  celery: ['5.4', '5.7'],
  daphne: ['4.2', '4.2'],
  django: ['5.2', '5.2'],
  'django-celery-beat': ['2.9', '2.9'],
  'django-celery-results': ['2.6', '2.6'],
  'django-extensions': ['4.1', '4.1'],
  'django-q2': ['1.11', '1.11'],
  'django-tasks': ['0.12', '0.12'],
  'django-tasks-db': ['0.13', '0.13'],
  eventlet: ['0.36', '0.41'],
  flower: ['2.2', '2.2'],
  gevent: ['26.9', '26.9'],
  granian: ['2.8', '2.8'],
  gunicorn: ['27.0', '27.0'],
  hypercorn: ['0.18', '0.18'],
  kombu: ['5.3', '5.7'],
  redis: ['5.0', '8.1'],
  uvicorn: ['0.54', '0.54'],
  waitress: ['3.0', '3.0'],
  werkzeug: ['3.1', '3.1'],
};

/** Whose versions matter beside those of a package itself, where they are installed. */
export const BESIDE: Readonly<Record<string, readonly string[]>> = {
  celery: ['billiard', 'kombu', 'redis', 'django', 'django-celery-beat', 'django-celery-results'],
  django: [],
};

import type { Backend } from './backend.ts';
import { colourRules, everyCommand, skipChecks, worker } from './django.ts';
import { refused, table, text } from './options.ts';

/** A cluster waits for the tasks that it is at. Seconds. */
const GRACE_S = 60;

/** `manage.py qcluster --help` of django-q2 1.11; `cluster-name` is of django-prodserver's tests. */
const options = table(() => ({
  'run-once': refused('with it the cluster ends at once', 'run it as a DjangoCommand with ONESHOT'),
  name: text('the name of a cluster'),
  ...everyCommand(),
  ...skipChecks(),
  'cluster-name': refused('qcluster has no such option', 'write name'),
}));

export const djangoQ2Worker: Backend = {
  name: 'DjangoQ2Worker',
  paths: [
    'django_prodserver.backends.django_q2.DjangoQ2Worker',
    'django_prodserver.backends.workers.django_q2.DjangoQ2Worker',
  ],
  app: 'none',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules: ({ args }) => colourRules(args),
  compile: (entry) => worker(entry, 'qcluster', options(), GRACE_S),
};

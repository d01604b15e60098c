import { KILL, type Backend, type Finding } from './backend.ts';
import { colourRules, everyCommand, skipChecks, worker } from './django.ts';
import { contradictions, isOn, unwise } from './findings.ts';
import { alias, decimal, flag, integer, names, pair, refused, table, text, type Option } from './options.ts';

/** A task may take as long as one of Celery's. Seconds. */
const GRACE_S = 60;
const typo = (instead: string): Option => refused('db_worker has no such option', instead);
const MORE = 'use INSTANCES: each worker is one process that does one task at a time';

const QUEUES = names('a queue, or a list of them, or "*" for all');

/** `manage.py db_worker --help` of django-tasks-db 0.13; the refused ones are of django-prodserver's documentation. */
const options = table(() => ({
  'queue-name': QUEUES,
  'exclude-queues': names('a queue, or a list of them'),
  interval: decimal({ min: 0 }),
  batch: refused(
    'with it the worker ends when the queues are empty',
    'run it as a DjangoCommand with ONESHOT',
  ),
  ...pair('reload'),
  backend: text('a name of TASKS in the settings'),
  'no-startup-delay': flag(),
  'max-tasks': integer({ min: 1 }),
  'worker-id': text('a name of 64 characters at most'),
  ...everyCommand(),
  ...skipChecks(),
  // argparse takes the beginning of an option for it.
  queue: alias('queue-name', QUEUES),
  processes: typo(MORE),
  threads: typo(MORE),
}));

export const djangoTasksWorker: Backend = {
  name: 'DjangoTasksWorker',
  paths: [
    'django_prodserver.backends.django_tasks.DjangoTasksWorker',
    'django_prodserver.backends.workers.django_tasks.DjangoTasksWorker',
  ],
  app: 'none',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules({ args }) {
    const found: Finding[] = [...contradictions(args), ...colourRules(args)];
    if (isOn(args, 'reload')) {
      found.push(unwise('reload', 'a change of a file kills the task that it is at', 'leave it out'));
    }
    return found;
  },
  compile(entry) {
    const id = entry.args.get('worker-id') as string | undefined;
    return {
      // A second TERM would end the task that it is at, and have it recorded as failed; KILL leaves it as running.
      ...worker(entry, 'db_worker', options(), GRACE_S),
      stop: [{ signal: 'SIGTERM', waitMs: GRACE_S * 1000 }, { signal: 'SIGTERM', waitMs: 5000 }, KILL],
      claims: id === undefined ? [] : [{ kind: 'worker', value: id, option: 'worker-id' }],
    };
  },
};

import { emitArgs, KILL, type Backend, type Finding, type Subject } from './backend.ts';
import { beatLock, celeryArgv, common, LEVELS, processRules } from './celery.ts';
import { ignored, isOn, otherwise } from './findings.ts';
import { choice, flag, integer, pidfile, refused, since, text, table } from './options.ts';

/** `celery beat --help` of 5.4 to 5.7. */
const options = table(() => ({
  detach: refused('a detached beat leaves its supervisor', 'leave it out'),
  schedule: text('a path'),
  scheduler: text('a dotted path, for example django_celery_beat.schedulers:DatabaseScheduler'),
  'max-interval': integer({ min: 0 }),
  'enable-remote-control': since('5.7', flag()),
  'no-enable-remote-control': since('5.7', flag()),
  hostname: since('5.7', text('a node name such as beat@%h')),
  loglevel: choice(LEVELS),
  logfile: text('a path'),
  pidfile: pidfile(),
  uid: text('a user'),
  gid: text('a group'),
  umask: text('an octal mask'),
  executable: text('a path'),
}));

/** The name of django-celery-beat's entry point, and its dotted path. */
const DATABASE = /^(django|django_celery_beat\.schedulers[:.]DatabaseScheduler)$/;

function rules({ args }: Subject): Finding[] {
  const found = processRules(args);
  if (args.get('max-interval') === 0) {
    const why = 'Celery takes 0 as not given';
    found.push(otherwise('max-interval', why, 'write the seconds, from 1, or leave it out'));
  }
  if (args.has('schedule') && DATABASE.test((args.get('scheduler') as string | undefined) ?? '')) {
    const why = 'DatabaseScheduler keeps its memory in the database';
    found.push(ignored('schedule', why, 'leave it out'));
  }
  if (args.has('hostname') && !isOn(args, 'enable-remote-control')) {
    const why = 'beat has a node name only with enable-remote-control';
    found.push(ignored('hostname', why, 'leave it out, or add "enable-remote-control: true"'));
  }
  return found;
}

export const celeryBeat: Backend = {
  name: 'CeleryBeat',
  paths: [
    'django_prodserver.backends.celery.CeleryBeat',
    'django_prodserver.backends.workers.celery.CeleryBeat',
  ],
  app: 'celery',
  cmd: 'none',
  singleton: true,
  options,
  package: 'celery',
  rules,
  compile(entry) {
    const schedule = entry.args.get('schedule') as string | undefined;
    return common({
      argv: celeryArgv(entry, 'beat', emitArgs(options(), entry.args)),
      readiness: { kind: 'link' },
      linkLoop: 'beat',
      stop: [{ signal: 'SIGTERM', waitMs: 10_000 }, KILL],
      singleton: beatLock(entry),
      // Its own Celery would die of it; the link makes it write its stacks.
      stackDump: 'SIGUSR1',
      claims: schedule === undefined ? [] : [{ kind: 'schedule', value: schedule, option: 'schedule' }],
    });
  },
};

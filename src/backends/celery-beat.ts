import { emitArgs, KILL, type Backend } from './backend.ts';
import { celeryArgv, common, LEVELS, supervisors } from './celery.ts';
import { choice, flag, integer, refused, text, table } from './options.ts';

/** `celery beat --help` of 5.4 to 5.7. */
const options = table(() => ({
  detach: refused('a detached beat leaves its supervisor', 'leave it out'),
  schedule: text('a path'),
  scheduler: text('a dotted path, for example django_celery_beat.schedulers:DatabaseScheduler'),
  'max-interval': integer({ min: 1 }),
  'enable-remote-control': flag(),
  'no-enable-remote-control': flag(),
  hostname: text('a node name such as beat@%h'),
  loglevel: choice(LEVELS),
  logfile: text('a path'),
  pidfile: supervisors('leave it out: the lock takes its place'),
  uid: supervisors('leave it out'),
  gid: supervisors('leave it out'),
  umask: supervisors('leave it out'),
  executable: supervisors('use SUPERVISOR.python'),
}));

export const celeryBeat: Backend = {
  name: 'CeleryBeat',
  paths: [
    'django_prodserver.backends.celery.CeleryBeat',
    'django_prodserver.backends.workers.celery.CeleryBeat',
  ],
  app: 'required',
  cmd: 'none',
  singleton: true,
  options,
  rules: () => [],
  compile(entry) {
    const app = entry.app ?? '';
    const argv = celeryArgv(entry, 'beat', emitArgs(options(), entry.args));
    const ask = [entry.python, `${entry.helpers}/prodserver_probe.py`, app];
    return {
      ...common(argv, [], { kind: 'link' }, [{ signal: 'SIGTERM', waitMs: 10_000 }, KILL]),
      singleton: { kind: 'application', app, ask },
    };
  },
};

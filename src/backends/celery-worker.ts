import { failure } from '../model/failure.ts';
import type { Rung } from '../model/spec.ts';
import { emitArgs, KILL, type Backend, type Finding } from './backend.ts';
import { celeryArgv, common, LEVELS, supervisors } from './celery.ts';
import { choice, decimal, flag, integer, list, orWord, refused, text, table } from './options.ts';

const POOLS = ['prefork', 'eventlet', 'gevent', 'solo', 'processes', 'threads', 'custom'] as const;

/** `celery worker --help` of 5.4 to 5.7. */
const options = table(() => ({
  hostname: text('a node name such as worker@%h'),
  detach: refused('a detached worker leaves its supervisor', 'leave it out'),
  statedb: text('a path'),
  loglevel: choice(LEVELS),
  optimization: choice(['default', 'fair']),
  'prefetch-multiplier': integer({ min: 1 }),
  'disable-prefetch': flag(),
  // 5.7 takes "auto" for the CPUs of its cgroup.
  concurrency: orWord(integer({ min: 1 }), 'auto'),
  pool: choice(POOLS),
  'task-events': flag(),
  events: flag(),
  'time-limit': decimal({ above: 0 }),
  'soft-time-limit': decimal({ above: 0 }),
  'max-tasks-per-child': integer({ min: 1 }),
  'pool-start-method': choice(['fork', 'spawn']),
  'max-memory-per-child': integer({ min: 1 }),
  purge: refused('it empties the queues at every restart', 'run `celery purge` by hand'),
  discard: refused('it empties the queues at every restart', 'run `celery purge` by hand'),
  queues: list('a queue, or a list of them'),
  'exclude-queues': list('a queue, or a list of them'),
  include: list('a module, or a list of them'),
  'without-gossip': flag(),
  'without-mingle': flag(),
  'without-heartbeat': flag(),
  'heartbeat-interval': integer({ min: 1 }),
  autoscale: list('"max,min", for example "10,3"'),
  beat: refused(
    'an embedded beat outlives its killed worker and sends on',
    'add an entry with BACKEND: CeleryBeat',
  ),
  schedule: refused('it only works with an embedded beat', 'put it into the CeleryBeat entry'),
  'schedule-filename': refused('it only works with an embedded beat', 'put it into the CeleryBeat entry'),
  scheduler: refused('it only works with an embedded beat', 'put it into the CeleryBeat entry'),
  logfile: text('a path'),
  pidfile: supervisors('leave it out: a stale pidfile keeps a worker from starting'),
  uid: supervisors('leave it out'),
  gid: supervisors('leave it out'),
  umask: supervisors('leave it out'),
  executable: supervisors('use SUPERVISOR.python'),
}));

export const celeryWorker: Backend = {
  name: 'CeleryWorker',
  paths: [
    'django_prodserver.backends.celery.CeleryWorker',
    'django_prodserver.backends.workers.celery.CeleryWorker',
  ],
  app: 'required',
  cmd: 'none',
  singleton: false,
  options,
  rules(args, instances) {
    const found: Finding[] = [];
    if (args.has('hostname') && instances > 1) {
      const why = 'two workers under one node name answer each other';
      const facts = { option: 'hostname', other: 'INSTANCES', why };
      found.push({ option: 'hostname', failure: failure('option-conflict', facts) });
    }
    if (args.has('autoscale') && args.has('concurrency')) {
      const facts = { option: 'concurrency', why: 'autoscale wins', instead: 'leave concurrency out' };
      found.push({ option: 'concurrency', failure: failure('option-ignored', facts) });
    }
    const pool = args.get('pool') as string | undefined;
    if (pool === 'custom') {
      const why = 'it takes a pool class from the environment, which this version does not prove';
      found.push({
        option: 'pool',
        failure: failure('option-refused', { option: 'pool', why, instead: 'name the pool' }),
      });
    }
    return found;
  },
  compile(entry) {
    const tokens = emitArgs(options(), entry.args);
    // Two workers under one node name answer each other's commands, so each gets its own.
    const node = entry.instances === 1 ? entry.name : `${entry.name}-${entry.index}`;
    const added = entry.args.has('hostname') ? [] : [`--hostname=${node}@%h`];
    const pool = (entry.args.get('pool') as string | undefined) ?? 'prefork';
    // Solo runs one task at a time, but prefetches for as many as -c says, else for every CPU.
    if (pool === 'solo' && !entry.args.has('concurrency')) added.push('--concurrency=1');
    const cold: Rung[] =
      pool === 'prefork' || pool === 'processes' ? [{ signal: 'SIGQUIT', waitMs: 10_000 }] : [];
    const stop: [Rung, ...Rung[]] = [{ signal: 'SIGTERM', waitMs: 60_000 }, ...cold, KILL];
    const argv = celeryArgv(entry, 'worker', [...tokens, ...added]);
    return common(argv, added, { kind: 'link' }, stop);
  },
};

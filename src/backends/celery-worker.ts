import type { Overlap, Rung } from '../model/spec.ts';
import { isOlder } from '../model/version.ts';
import { loopOf } from '../model/vitals.ts';
import { emitArgs, KILL, type Backend, type Claim, type Entry, type Unfit } from './backend.ts';
import { beatLock, celeryArgv, common, expandNode, LEVELS, sameApp } from './celery.ts';
import { nodeOf } from './celery-node.ts';
import { autoscale } from './celery-options.ts';
import { GRACE_MS, hasBeat, poolOf, PREFORK, workerRules } from './celery-worker-rules.ts';
import {
  choice,
  decimal,
  flag,
  integer,
  kibibytes,
  names,
  orWord,
  pidfile,
  refused,
  since,
  text,
  table,
} from './options.ts';

const POOLS = ['prefork', 'eventlet', 'gevent', 'solo', 'processes', 'threads', 'custom'] as const;

/** `celery worker --help` of 5.4 to 5.7. A 0 that Celery takes is let in, and warned of by a rule. */
const options = table(() => ({
  hostname: text('a node name such as worker@%h'),
  detach: refused('a detached worker leaves its supervisor', 'leave it out'),
  statedb: text('a path'),
  loglevel: choice(LEVELS),
  optimization: choice(['default', 'fair']),
  'prefetch-multiplier': integer({ min: 0 }),
  'disable-prefetch': since('5.6', flag()),
  // 5.7 takes "auto" for the CPUs of its cgroup.
  concurrency: orWord(integer({ min: 0 }), 'auto', '5.7'),
  pool: choice(POOLS),
  'task-events': flag(),
  events: flag(),
  'time-limit': decimal({ min: 0 }),
  'soft-time-limit': decimal({ min: 0 }),
  'max-tasks-per-child': integer({ min: 1 }),
  'pool-start-method': since('5.7', choice(['fork', 'spawn'])),
  'max-memory-per-child': kibibytes(),
  purge: flag(),
  discard: flag(),
  queues: names('a queue, or a list of them'),
  'exclude-queues': names('a queue, or a list of them'),
  include: names('a module, or a list of them'),
  'without-gossip': flag(),
  'without-mingle': flag(),
  'without-heartbeat': flag(),
  'heartbeat-interval': integer({ min: 0 }),
  autoscale: autoscale(),
  beat: flag(),
  schedule: text('a path'),
  'schedule-filename': text('a path'),
  scheduler: text('a dotted path, for example django_celery_beat.schedulers:DatabaseScheduler'),
  logfile: text('a path'),
  pidfile: pidfile(),
  uid: text('a user'),
  gid: text('a group'),
  umask: text('an octal mask'),
  executable: text('a path'),
}));

export const celeryWorker: Backend = {
  name: 'CeleryWorker',
  paths: [
    'django_prodserver.backends.celery.CeleryWorker',
    'django_prodserver.backends.workers.celery.CeleryWorker',
  ],
  app: 'celery',
  cmd: 'none',
  singleton: false,
  options,
  package: 'celery',
  rules: workerRules,
  compile(entry) {
    const { args } = entry;
    const node = nodeOf(entry);
    const named = args.get('hostname') === node;
    const added = named ? [] : [`--hostname=${node}`];
    const pool = poolOf(entry);
    // Solo runs one task at a time, but prefetches for as many as -c says, else for every CPU.
    if (pool === 'solo' && !args.has('concurrency')) added.push('--concurrency=1');
    const given = named ? args : new Map([...args].filter(([option]) => option !== 'hostname'));
    const argv = celeryArgv(entry, 'worker', [...emitArgs(options(), given), ...added]);
    const cold: Rung[] = PREFORK.includes(pool) && coldRestores(entry) ? [COLD] : [];
    return common({
      argv,
      added,
      readiness: { kind: 'link' },
      linkLoop: loopOf(pool),
      stop: [{ signal: 'SIGTERM', waitMs: GRACE_MS }, ...cold, KILL],
      singleton: hasBeat(entry) ? beatLock(entry) : null,
      claims: claims(entry, node),
      overlap: overlapOf(entry, argv, node),
      // "Dump traceback for all active threads in logs" (Celery's guide of its workers).
      stackDump: 'SIGUSR1',
      unfit: unfitOf(pool),
    });
  },
};

const unfitOf = (pool: string): Unfit => ({
  SIGQUIT: pool === 'solo' ? 'it goes on, and takes no more tasks' : 'it gives up the tasks that it is at',
  SIGHUP: 'it starts itself anew',
  SIGUSR2: 'it ends at once, in the middle of its tasks',
});

/** A node name or a file in EXTRA_ARGS: a name that Celery would take instead of ours, or a file that both would have. */
const THEIRS = /^(--(hostname|statedb|pidfile)(=|$)|-[EB]*[nS])/;

/** Two may run side by side where the second gets a node name of its own, and no file of the first. */
function overlapOf(entry: Entry, argv: readonly string[], node: string): Overlap | null {
  const { args, extraArgs } = entry;
  const isShared = (file: unknown): boolean => typeof file === 'string' && expandNode(file, node) === file;
  if (hasBeat(entry) || isShared(args.get('statedb'))) return null;
  if (extraArgs.some((token) => THEIRS.test(token))) return null;
  const token = argv.indexOf(`--hostname=${node}`);
  const at = node.indexOf('@');
  // Without "@" it is the host of a node called "celery", where the end is as good a place.
  return token === -1 ? null : { token, at: '--hostname='.length + (at === -1 ? node.length : at) };
}

/** Cold: what runs is given back to the broker, where `acks-late` lets it. */
const COLD: Rung = { signal: 'SIGQUIT', waitMs: 10_000 };

/**
 * Whether a cold stop of the prefork pool gives its tasks back. Celery before 5.5 does not hear it during a warm one;
 * up to 5.6.3 it acknowledges and drops them with billiard 4.3. What cannot be seen is not risked.
 */
function coldRestores(entry: Entry): boolean {
  const [celery, billiard] = [entry.installed('celery'), entry.installed('billiard')];
  if (celery === null || billiard === null || isOlder(celery, '5.5')) return false;
  return isOlder(billiard, '4.3') || !isOlder(celery, '5.6.4');
}

function claims(entry: Entry, node: string): Claim[] {
  const statedb = entry.args.get('statedb') as string | undefined;
  // A name without "@" is a host, of a node called "celery".
  const whole = node.includes('@') ? node : `celery@${node}`;
  const name: Claim = {
    kind: 'node',
    value: `${whole} of ${entry.app ?? ''}`,
    same: `${whole} of ${sameApp(entry.app ?? '')}`,
    option: 'hostname',
  };
  if (statedb === undefined) return [name];
  return [name, { kind: 'statedb', value: expandNode(statedb, node), option: 'statedb' }];
}

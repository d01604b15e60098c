/** What Celery makes of a worker's ARGS where that is not what they say; each case was seen in Celery 5.4 and 5.7. */
import { failure } from '../model/failure.ts';
import { formatDuration } from '../model/units.ts';
import type { Finding, Subject } from './backend.ts';
import { processRules } from './celery.ts';
import { barred, conflict, ignored, isOn, otherwise, unwise } from './findings.ts';
import { NODE_MARKS } from './celery-node.ts';
import type { Autoscale } from './celery-options.ts';

type Args = Subject['args'];

/** What a worker needs to end after its last task. Seconds. */
const GRACE_MARGIN_S = 10;
/** How long a worker that is told to stop may go on with its tasks, unless STOP.timeout says something else. */
export const GRACE_MS = 60_000;

export const PREFORK: readonly string[] = ['prefork', 'processes'];
const GREEN: readonly string[] = ['gevent', 'eventlet'];

type Given = Pick<Subject, 'args' | 'extraArgs'>;

/** The pool as far as the manifest tells; the project's settings may have another, which wins over prefork. */
export const poolOf = ({ args, extraArgs }: Given): string =>
  extraPool(extraArgs) ?? (args.get('pool') as string | undefined) ?? 'prefork';

/** EXTRA_ARGS are passed on unchecked, but how a worker is stopped depends on its pool. */
function extraPool(tokens: readonly string[]): string | null {
  const words = tokens.join(' ');
  return /(?:^| )(?:-P ?|--pool[ =])(\w+)/.exec(words)?.[1] ?? null;
}

/** Whether a beat runs inside the worker: it must be the only one, however it was asked for. */
export const hasBeat = ({ args, extraArgs }: Given): boolean =>
  isOn(args, 'beat') || extraArgs.some((token) => /^(--beat|-E?BE?)$/.test(token));

interface Limit {
  readonly pools: readonly string[];
  readonly instead: string;
}

const recycle = (key: string): string =>
  `use RECYCLE.${key}, which recycles the worker as a whole on every pool, or "pool: prefork"`;

/** Options that only some pools act on; the others take them and do nothing. */
const LIMITS: Readonly<Record<string, Limit>> = {
  'max-tasks-per-child': { pools: PREFORK, instead: recycle('max-tasks') },
  'max-memory-per-child': { pools: PREFORK, instead: recycle('max-memory') },
  'time-limit': {
    pools: [...PREFORK, 'gevent'],
    instead: 'use "pool: prefork" (or gevent), or a timeout inside the task',
  },
  'soft-time-limit': { pools: PREFORK, instead: 'use "pool: prefork", or a timeout inside the task' },
  'pool-start-method': { pools: PREFORK, instead: 'leave it out' },
};

export function workerRules(subject: Subject): Finding[] {
  const { args } = subject;
  return [
    ...poolRules(subject),
    ...zeroRules(args),
    ...autoscaleRules(subject),
    ...limitRules(args),
    ...graceRules(subject),
    ...nodeRules(args),
    ...queueRules(args),
    ...beatRules(subject),
    ...processRules(args),
  ];
}

function poolRules({ args, extraArgs, env }: Subject): Finding[] {
  const pool = poolOf({ args, extraArgs });
  if (pool === 'custom') {
    const key = 'CELERY_CUSTOM_WORKER_POOL';
    if (env[key] !== undefined) return [];
    const why = `Celery takes the class of a custom pool from ${key}, which is not set`;
    const instead = `set it in ENV, for example "${key}: myproject.pool:TaskPool"`;
    return [barred('pool', why, instead)];
  }
  const found = Object.entries(LIMITS)
    .filter(([option, { pools }]) => args.has(option) && !pools.includes(pool))
    .map(([option, { instead }]) => ignored(option, `the pool ${pool} does not act on it`, instead));
  const concurrency = args.get('concurrency') as number | 'auto' | undefined;
  if (pool === 'solo' && concurrency !== undefined && concurrency !== 1) {
    const why = `solo runs one task at a time, and takes from the broker as many as for ${concurrency}`;
    found.push(otherwise('concurrency', why, 'leave it out, or use another pool'));
  }
  return found;
}

/** Zero is "not given" to Celery wherever it writes `value or default`. */
function zeroRules(args: Args): Finding[] {
  const zeros: Readonly<Record<string, string>> = {
    concurrency: 'the number of CPUs',
    'prefetch-multiplier': 'worker_prefetch_multiplier of the settings (4), not for "no limit"',
    'time-limit': 'task_time_limit of the settings, by default none',
    'soft-time-limit': 'task_soft_time_limit of the settings, by default none',
    'max-memory-per-child': 'no limit',
    'heartbeat-interval': '2',
  };
  return Object.entries(zeros)
    .filter(([option]) => args.get(option) === 0)
    .map(([option, meaning]) =>
      otherwise(option, `Celery takes 0 for ${meaning}`, 'leave it out, or write a number from 1'),
    );
}

function autoscaleRules({ args, extraArgs }: Subject): Finding[] {
  const autoscale = args.get('autoscale') as Autoscale | undefined;
  if (autoscale === undefined) return [];
  const found: Finding[] = [];
  const pool = poolOf({ args, extraArgs });
  if (args.has('concurrency')) found.push(ignored('concurrency', 'autoscale wins', 'leave concurrency out'));
  if (pool === 'threads') {
    const why = 'the pool threads cannot grow: the worker ends at its first scaling';
    const instead = 'use concurrency, or "pool: prefork"';
    found.push(barred('autoscale', why, instead));
  }
  if (pool === 'solo') found.push(ignored('autoscale', 'solo runs one task at a time', 'leave it out'));
  if (GREEN.includes(pool)) {
    const why =
      `on ${pool} it adds one green thread a second, may run more than its maximum, and with a minimum of 0 ` +
      'Celery 5.4 never runs a task';
    found.push(otherwise('autoscale', why, 'use concurrency: green threads cost little'));
  }
  if (autoscale.swapped) {
    const { max, min } = autoscale;
    const why = 'Celery takes the larger number for the maximum';
    found.push(otherwise('autoscale', why, `write "${max},${min}"`));
  }
  return found;
}

function limitRules(args: Args): Finding[] {
  const found: Finding[] = [];
  const [soft, hard] = [args.get('soft-time-limit'), args.get('time-limit')] as (number | undefined)[];
  if (soft !== undefined && hard !== undefined && hard > 0 && soft >= hard) {
    const why = `the hard limit is not looked at before the soft one of ${soft} s, and then ends the task at once`;
    found.push(otherwise('time-limit', why, 'make soft-time-limit the smaller one'));
  }
  if (args.has('optimization')) {
    const why = 'default and fair are the same since Celery 4';
    found.push(ignored('optimization', why, 'leave it out'));
  }
  if (args.has('heartbeat-interval') && isOn(args, 'without-heartbeat')) {
    const why = 'without-heartbeat sends none';
    found.push(ignored('heartbeat-interval', why, 'leave one of them out'));
  }
  for (const option of ['purge', 'discard']) {
    if (!isOn(args, option)) continue;
    const why = 'it empties the queues at every start, after a crash too';
    found.push(unwise(option, why, 'run `celery purge` by hand'));
  }
  return found;
}

function graceRules({ args, extraArgs, graceMs }: Subject): Finding[] {
  const hard = args.get('time-limit') as number | undefined;
  const acts = LIMITS['time-limit']?.pools.includes(poolOf({ args, extraArgs })) === true;
  const waitsMs = graceMs ?? GRACE_MS;
  if (hard === undefined || !acts || hard * 1000 <= waitsMs) return [];
  const why =
    `a task may run for ${formatDuration(hard * 1000)}, and a stop, a restart or a recycling ends it after ` +
    formatDuration(waitsMs);
  return [
    unwise(
      'time-limit',
      why,
      `write "STOP: {timeout: ${Math.ceil(hard) + GRACE_MARGIN_S}s}", or a lower limit`,
    ),
  ];
}

function nodeRules(args: Args): Finding[] {
  const hostname = args.get('hostname') as string | undefined;
  if (hostname === undefined) return [];
  if (hostname.replaceAll(NODE_MARKS, '').includes('%')) {
    const why = `Celery ends at a % that is none of %h, %n, %d, %i, %I and %%`;
    return [barred('hostname', why, 'write for example worker@%h')];
  }
  if (hostname.includes('@')) return [];
  const why = `Celery takes it for a host: the node is "celery@${hostname}"`;
  return [otherwise('hostname', why, `write "${hostname}@%h"`)];
}

function queueRules(args: Args): Finding[] {
  const [queues, excluded] = [args.get('queues'), args.get('exclude-queues')] as (string[] | undefined)[];
  if (queues === undefined || excluded === undefined) return [];
  const both = queues.filter((queue) => excluded.includes(queue));
  if (both.length === 0) {
    const why = 'none of them is in queues';
    return [ignored('exclude-queues', why, 'leave it out')];
  }
  if (both.length === queues.length) {
    const why = 'nothing is left to consume';
    return [conflict('exclude-queues', 'queues', why)];
  }
  const why = `${both.join(', ')} stands in both, and is not consumed`;
  return [otherwise('queues', why, `take ${both.join(', ')} out of queues`)];
}

function beatRules(subject: Subject): Finding[] {
  const { name, app, args, instances } = subject;
  if (!hasBeat(subject)) {
    return ['schedule', 'schedule-filename', 'scheduler']
      .filter((option) => args.has(option))
      .map((option) =>
        ignored(option, 'a worker has a schedule only with beat', 'put it into the CeleryBeat entry'),
      );
  }
  const pool = poolOf(subject);
  if (GREEN.includes(pool)) {
    const why = `Celery refuses an embedded beat on ${pool}`;
    return [barred('beat', why, 'add an entry with BACKEND: CeleryBeat')];
  }
  const found = [
    unwise(
      'beat',
      'the schedule stands still whenever this worker stops, and a beat that fails inside is not restarted',
      beatEntry(name, app, args),
    ),
  ];
  if (instances > 1) {
    const why = 'with "beat: true" only one may run, or every periodic task is sent twice';
    const facts = { backend: 'CeleryWorker', why };
    found.push({ option: 'beat', failure: failure('instances-conflict', facts) });
  }
  return found;
}

/** The entry to write instead of `beat: true`, on one line of YAML. */
function beatEntry(name: string, app: string | null, args: Args): string {
  const given = ['schedule', 'schedule-filename', 'scheduler'].flatMap((option) =>
    args.has(option) ? [`${option.replace('-filename', '')}: "${args.get(option) as string}"`] : [],
  );
  const ARGS = given.length === 0 ? '' : `, ARGS: {${given.join(', ')}}`;
  return `take it out and add "${name}_beat: {BACKEND: CeleryBeat, APP: ${app ?? '...'}${ARGS}}"`;
}

/** pool, concurrency, autoscale and how children are made. */
import type { Ignored, Proof, Works } from './proof.ts';
import {
  childCount,
  commandOf,
  CPUS,
  implementation,
  ONE,
  peak,
  prefetch,
  QUICK,
  runners,
  scaling,
  statusOf,
} from './proof-sights.ts';
import { childrenOf } from '../../python/harness.ts';
import { until } from '../../support/rig.ts';

/** A processor that this process may use. */
const A_CPU = /^\d+/.exec(statusOf(process.pid, 'Cpus_allowed_list') ?? '0')?.[0] ?? '0';

const poolProof = (
  pool: 'threads' | 'solo' | 'gevent' | 'eventlet',
  seen: string,
  more: Pick<Works, 'tier' | 'together'>,
): Works => ({
  option: 'pool',
  pool,
  verdict: 'works',
  title: 'the worker itself names it',
  ...more,
  setting: { args: { ...QUICK, pool } },
  see: implementation,
  with: seen,
  without: 'prefork:TaskPool',
});

const concurrencyProof = (
  pool: 'threads' | 'gevent' | 'eventlet',
  more: Pick<Works, 'tier' | 'together'> = { tier: 'long' },
): Works => ({
  option: 'concurrency',
  pool,
  verdict: 'works',
  title: 'so many tasks run at one time',
  ...more,
  setting: { args: { ...QUICK, concurrency: CPUS + 1 } },
  see: (stage) => peak(stage, CPUS + 2, 1),
  with: CPUS + 1,
  without: CPUS,
});

/** Counted by the worker itself: how many run at one time is not exact on green pools. */
const greenScaling = (pool: 'gevent' | 'eventlet'): Works => ({
  option: 'autoscale',
  pool,
  verdict: 'works',
  title: 'it grows by a green thread a second',
  tier: 'long',
  setting: { args: { ...QUICK, autoscale: '3,1', loglevel: 'info' } },
  see: async (stage) => {
    await peak(stage, 6, 2);
    return stage.process.stderr.includes('Scaling up 1 processes.');
  },
  with: true,
  without: false,
});

const startIgnored = (pool: 'threads' | 'solo' | 'gevent' | 'eventlet'): Ignored => ({
  option: 'pool-start-method',
  pool,
  verdict: 'ignored',
  title: 'there are no children',
  since: '5.7',
  tier: 'long',
  setting: { args: { ...ONE, 'pool-start-method': 'spawn' } },
  see: async (stage) => [await runners(stage.client, 2), childCount(stage)],
  with: [[0, 0], 0],
});

export const poolProofs: readonly Proof[] = [
  poolProof('threads', 'thread:TaskPool', { tier: 'long' }),
  poolProof('solo', 'solo:TaskPool', { together: 'solo' }),
  poolProof('gevent', 'gevent:TaskPool', { together: 'gevent' }),
  poolProof('eventlet', 'eventlet:TaskPool', { tier: 'long' }),
  {
    option: 'pool',
    pool: 'prefork',
    verdict: 'works',
    title: '`processes` is prefork, and unlike that wins over the settings',
    tier: 'long',
    setting: { args: { ...ONE, pool: 'processes' }, conf: { worker_pool: 'threads' } },
    see: implementation,
    with: 'prefork:TaskPool',
    without: 'thread:TaskPool',
  },
  {
    option: 'pool',
    pool: 'prefork',
    verdict: 'works',
    title: '`custom` is the class that the environment names',
    tier: 'long',
    setting: {
      args: { ...ONE, pool: 'custom' },
      env: { CELERY_CUSTOM_WORKER_POOL: 'celery.concurrency.thread:TaskPool' },
    },
    see: implementation,
    with: 'thread:TaskPool',
    without: 'prefork:TaskPool',
  },
  {
    option: 'concurrency',
    pool: 'prefork',
    verdict: 'works',
    title: 'so many children',
    setting: { args: { ...QUICK, concurrency: CPUS + 1 } },
    see: async (stage) => childCount(stage),
    with: CPUS + 1,
    without: CPUS,
  },
  {
    option: 'concurrency',
    pool: 'prefork',
    verdict: 'works',
    title: '`auto`: so many children as the worker may use processors',
    since: '5.7',
    tier: 'long',
    setting: { args: { ...QUICK, concurrency: 'auto' }, through: ['taskset', '--cpu-list', A_CPU] },
    see: async (stage) => childCount(stage),
    with: 1,
    without: CPUS,
  },
  {
    option: 'concurrency',
    pool: 'prefork',
    verdict: 'ignored',
    warning: 'option-otherwise',
    title: '0 is as not given',
    tier: 'long',
    setting: { args: { ...QUICK, concurrency: 0 } },
    see: async (stage) => childCount(stage),
    with: CPUS,
  },
  {
    option: 'concurrency',
    pool: 'prefork',
    verdict: 'ignored',
    title: 'autoscale wins',
    tier: 'long',
    setting: { args: { ...QUICK, concurrency: CPUS + 1, autoscale: '2,1' } },
    see: async (stage) => [childCount(stage), await prefetch(stage)],
    with: [1, 2 * 4],
  },
  concurrencyProof('threads'),
  concurrencyProof('gevent', { together: 'gevent' }),
  concurrencyProof('eventlet'),
  {
    option: 'concurrency',
    pool: 'solo',
    verdict: 'works',
    title: 'added by prodserver, it keeps solo from prefetching for every processor',
    together: 'solo',
    setting: { args: QUICK },
    see: prefetch,
    with: 4,
    without: 4 * CPUS,
  },
  {
    option: 'concurrency',
    pool: 'solo',
    verdict: 'ignored',
    warning: 'option-otherwise',
    title: 'one task at a time, whatever it says',
    tier: 'long',
    setting: { args: { ...QUICK, concurrency: 3 } },
    see: (stage) => peak(stage, 3, 0.3),
    with: 1,
  },
  {
    option: 'autoscale',
    pool: 'prefork',
    verdict: 'works',
    title: 'children come with the tasks and go with them',
    setting: { args: { ...QUICK, autoscale: `${CPUS + 2},1` }, env: { AUTOSCALE_KEEPALIVE: '1' } },
    see: (stage) => scaling(stage, CPUS + 3),
    with: [1, CPUS + 2, 'fewer'],
    without: [CPUS, CPUS, 'as many'],
  },
  {
    option: 'autoscale',
    pool: 'prefork',
    verdict: 'works',
    title: 'the larger number is the maximum, in any order',
    tier: 'long',
    setting: { args: { ...QUICK, autoscale: [1, CPUS + 2] }, env: { AUTOSCALE_KEEPALIVE: '1' } },
    see: (stage) => scaling(stage, CPUS + 3),
    with: [1, CPUS + 2, 'fewer'],
    without: [CPUS, CPUS, 'as many'],
  },
  {
    option: 'autoscale',
    pool: 'solo',
    verdict: 'ignored',
    title: 'one task at a time, whatever it says',
    tier: 'long',
    setting: { args: { ...QUICK, autoscale: '3,1' }, env: { AUTOSCALE_KEEPALIVE: '1' } },
    see: (stage) => peak(stage, 3, 1.5),
    with: 1,
  },
  {
    option: 'pool-start-method',
    pool: 'prefork',
    verdict: 'works',
    title: '`spawn`: a child is a new interpreter, and runs tasks',
    since: '5.7',
    setting: { args: { ...ONE, 'pool-start-method': 'spawn' } },
    see: async ({ process, client }) => {
      const { state, value } = await client.run('whoami');
      const pid = value as number;
      await until(() => childrenOf(process.pid).includes(pid), 'the child');
      return { state, own: commandOf(pid) !== commandOf(process.pid) };
    },
    with: { state: 'SUCCESS', own: true },
    without: { state: 'SUCCESS', own: false },
  },
  startIgnored('threads'),
  startIgnored('solo'),
  startIgnored('gevent'),
  startIgnored('eventlet'),
  greenScaling('gevent'),
  greenScaling('eventlet'),
];

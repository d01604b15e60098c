/** What a worker starts beside its pool, what it tells others, and what it loads and writes. */
import type { Proof, Works } from './proof.ts';
import {
  fileIn,
  frequency,
  heartbeatMeanwhile,
  logged,
  ONE,
  QUICK,
  statusOf,
  taskEvents,
} from './proof-sights.ts';
import type { Stage } from './stage.ts';

const TASK_EVENTS = ['task-received', 'task-started', 'task-succeeded'];

const eventProof = (option: 'task-events' | 'events', more: Pick<Works, 'tier' | 'together'>): Works => ({
  option,
  pool: 'prefork',
  verdict: 'works',
  title: 'an event for each step of a task',
  ...more,
  setting: { args: { ...ONE, [option]: true, 'heartbeat-interval': 1 } },
  see: taskEvents,
  with: TASK_EVENTS,
  without: [],
});

/** The step itself says that it starts, in the log of those that do. */
const starts = (step: string) => async (stage: Stage) =>
  (await logged(stage, new RegExp(`Consumer: Starting ${step}`)))[0];

/** Where a worker logs that it is ready. */
async function places(stage: Stage): Promise<Record<string, boolean>> {
  await stage.client.run('whoami');
  const ready = / ready\./;
  return { file: ready.test(fileIn(stage, 'worker.log') ?? ''), stderr: ready.test(stage.process.stderr) };
}

/** An interpreter below /root, for example, is root's alone. */
const PRELOAD = {
  PROVING_PRELOAD:
    'secrets,encodings.idna,kombu.transport.redis,celery.backends.redis,celery.apps.worker,celery.concurrency.solo',
};
const SOLO = { ...QUICK, pool: 'solo', concurrency: 1 };

export const bootstepProofs: readonly Proof[] = [
  eventProof('task-events', { together: 'prefork' }),
  eventProof('events', { tier: 'long' }),
  {
    option: 'without-gossip',
    pool: 'solo',
    verdict: 'works',
    title: 'it does not listen to other workers',
    together: 'solo',
    setting: { args: { ...SOLO, loglevel: 'DEBUG' } },
    see: starts('Gossip'),
    with: false,
    without: true,
  },
  {
    option: 'without-mingle',
    pool: 'solo',
    verdict: 'works',
    title: 'it asks nobody at its start',
    together: 'solo',
    setting: { args: { ...SOLO, loglevel: 'DEBUG' } },
    see: (stage) => logged(stage, /Consumer: Starting Mingle/, /mingle: searching for neighbors/),
    with: [false, false],
    without: [true, true],
  },
  {
    option: 'without-heartbeat',
    pool: 'prefork',
    verdict: 'works',
    title: 'no heartbeat, though there are other events',
    setting: { args: { ...ONE, 'task-events': true, 'without-heartbeat': true } },
    see: heartbeatMeanwhile,
    with: false,
    without: true,
  },
  {
    option: 'heartbeat-interval',
    pool: 'solo',
    verdict: 'works',
    title: 'the seconds between two heartbeats',
    together: 'solo',
    setting: { args: { ...SOLO, 'heartbeat-interval': 1 } },
    see: frequency,
    with: 1,
    without: 2,
  },
  {
    option: 'heartbeat-interval',
    pool: 'solo',
    verdict: 'ignored',
    warning: 'option-otherwise',
    title: '0 is as not given',
    tier: 'long',
    setting: { args: { ...SOLO, 'heartbeat-interval': 0 } },
    see: frequency,
    with: 2,
  },
  {
    option: 'heartbeat-interval',
    pool: 'prefork',
    verdict: 'ignored',
    title: 'there is no heartbeat with without-heartbeat',
    tier: 'long',
    setting: {
      args: { ...ONE, 'task-events': true, 'without-heartbeat': true, 'heartbeat-interval': 1 },
    },
    see: heartbeatMeanwhile,
    with: false,
  },
  {
    option: 'include',
    pool: 'prefork',
    verdict: 'works',
    title: 'the tasks of a module that the application does not import',
    together: 'prefork',
    setting: { args: { ...ONE, include: ['proving_more'] } },
    see: ({ client }) => client.run('more'),
    with: { state: 'SUCCESS', value: 'more' },
    without: { state: 'FAILURE', value: 'NotRegistered' },
  },
  // After those that go together with it, for it ends the worker.
  {
    option: 'loglevel',
    pool: 'prefork',
    verdict: 'works',
    title: 'lines of that level, which there are not by default',
    together: 'prefork',
    setting: { args: { ...ONE, loglevel: 'debug' } },
    see: async ({ client, process }) => {
      await client.run('whoami');
      process.kill('SIGTERM');
      const { stderr } = await process.ended;
      return ['DEBUG', 'INFO'].filter((level) => stderr.includes(`: ${level}/MainProcess]`));
    },
    with: ['DEBUG', 'INFO'],
    without: [],
  },
  {
    option: 'logfile',
    pool: 'solo',
    verdict: 'works',
    title: 'the log goes to a file, and away from the supervisor',
    together: 'files',
    setting: { args: { ...SOLO, logfile: 'worker.log', loglevel: 'INFO' } },
    see: places,
    with: { file: true, stderr: false },
    without: { file: false, stderr: true },
  },
  {
    option: 'uid',
    pool: 'solo',
    verdict: 'works',
    title: 'the user of the process',
    root: true,
    setting: { args: { ...SOLO, uid: '65534' }, env: PRELOAD },
    see: async ({ process, client }) => [
      (await client.run('whoami')).state,
      statusOf(process.pid, 'Uid'),
      statusOf(process.pid, 'Gid'),
    ],
    with: ['SUCCESS', '65534', '65534'],
    without: ['SUCCESS', '0', '0'],
  },
  {
    option: 'gid',
    pool: 'solo',
    verdict: 'works',
    title: 'the group of the process',
    root: true,
    tier: 'long',
    setting: { args: { ...SOLO, uid: '65534', gid: '1' }, env: PRELOAD },
    see: async ({ process }) => [statusOf(process.pid, 'Uid'), statusOf(process.pid, 'Gid')],
    with: ['65534', '1'],
    without: ['65534', '65534'],
  },
  {
    option: 'umask',
    pool: 'solo',
    verdict: 'ignored',
    title: 'only --detach acts on it',
    tier: 'long',
    setting: { args: { ...SOLO, umask: '077' } },
    see: async ({ process }) => statusOf(process.pid, 'Umask') === statusOf(globalThis.process.pid, 'Umask'),
    with: true,
  },
  {
    option: 'executable',
    pool: 'solo',
    verdict: 'ignored',
    title: 'only --detach acts on it',
    tier: 'long',
    setting: { args: { ...SOLO, executable: '/nosuch/python' } },
    see: async ({ client }) => (await client.run('whoami')).state,
    with: 'SUCCESS',
  },
];

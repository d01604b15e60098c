/** One finding of every kind that there is; a kind without one is a compile error. */
import type { CheckCode, CheckStatus, FactsByCheck } from '../../src/doctor/verdict.ts';
import { failure } from '../../src/model/failure.ts';
import { HOLDER, row } from './support.ts';

type Sample<F> = readonly [CheckStatus, Omit<F, 'kind'>];
/** Several kinds may have the same facts. */
type OfKind<F, K> = F extends { readonly kind: infer All } ? (K extends All ? F : never) : never;
type Samples = {
  readonly [C in CheckCode]: {
    readonly [K in FactsByCheck[C]['kind']]: Sample<OfKind<FactsByCheck[C], K>>;
  };
};

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const HOUR = 3_600_000;
const VERSIONS = { celery: '5.6.3', kombu: '5.6.2', billiard: '4.3.0', redis: '8.0.0' };
const problem = failure('control-broken', { socket: '/run/x.sock', detail: 'ECONNRESET' });
const memory = { total: 16 * GiB, available: GiB };
const beat = { pid: 12, app: 'shop', embedded: false, cwd: '/srv/shop', instance: null };
const ours = { ...beat, pid: 10, instance: 'beat.1' };

export const SAMPLES = {
  broker: {
    reached: ['ok', { instances: ['worker.1'] }],
    answers: ['ok', { apps: ['shop'] }],
    unreachable: [
      'bad',
      { instances: ['worker.1', 'beat.1'], url: 'redis://:***@cache/0', error: 'refused' },
    ],
    silent: ['bad', { app: 'shop', problem }],
  },
  tasks: {
    known: ['ok', { instances: ['worker.1'] }],
    registered: ['ok', { apps: ['shop'] }],
    none: ['bad', { instances: ['worker.1', 'worker.2'] }],
    'found-none': ['bad', { app: 'shop', problem: failure('tasks-none', { app: 'shop', django: true }) }],
    foreign: ['bad', { instance: 'worker.1', task: 'shop.gone', count: 1200 }],
  },
  'memory-leak': {
    steady: ['ok', { instances: ['worker.1'] }],
    grows: [
      'bad',
      {
        instance: 'worker.1',
        bytes: 380 * MiB,
        ms: 2 * HOUR,
        tasks: 12_000,
        fullInMs: 5 * HOUR,
        wise: 512 * MiB,
      },
    ],
    replaced: ['warn', { instance: 'worker.1', times: 6, ms: HOUR }],
    'out-of-memory': [
      'bad',
      { instance: 'worker.1', times: 2, at: '2026-11-21T04:00:00.000Z', wise: 2 * GiB },
    ],
  },
  'duplicate-beat': {
    none: ['ok', {}],
    one: ['ok', { beats: [ours] }],
    several: ['bad', { beats: [ours, beat], sure: true }],
  },
  lock: {
    none: ['ok', {}],
    held: ['ok', { instances: ['beat.1'] }],
    elsewhere: ['warn', { instance: 'beat.1', holder: HOLDER }],
    'own-host': ['warn', { instance: 'beat.1', orchestrator: 'Kubernetes' }],
    'two-folders': ['warn', { folders: ['/run/lock/prodserver', '/tmp/prodserver-lock'] }],
    evicts: ['bad', { instance: 'beat.1', file: 'redis://cache/0 shop', refuses: true }],
    failed: ['bad', { instance: 'beat.1', problem }],
  },
  manifest: {
    good: ['ok', { shown: 'prodserver.yaml', names: ['web', 'worker'] }],
    errors: ['bad', { shown: 'prodserver.yaml', errors: 2, first: problem }],
    none: ['warn', { problem: failure('manifest-missing', { searched: ['/srv/prodserver.yaml'] }) }],
  },
  supervisor: {
    runs: ['ok', { pids: [10, 20] }],
    none: ['warn', {}],
    failed: ['bad', { problem }],
    degraded: ['bad', { pid: 10 }],
    warned: ['warn', { pid: 10, problem: failure('parent-death-missing', {}) }],
  },
  processes: {
    up: ['ok', { count: 1 }],
    down: [
      'bad',
      {
        row: row({
          state: 'BACKOFF',
          cause: { kind: 'crash', exit: { code: 1, signal: null } },
          said: ['ValueError: no'],
        }),
      },
    ],
    unstable: ['warn', { instance: 'worker.1', crashes: 5, ms: HOUR }],
    'lines-lost': ['warn', { instance: 'web.1', lines: 1 }],
  },
  'project-check': {
    good: ['ok', { apps: ['shop', 'shop.wsgi'] }],
    found: ['bad', { problem: failure('command-unknown', { command: 'mail', near: 'mails' }) }],
  },
  versions: {
    good: ['ok', { versions: VERSIONS }],
    unseen: ['unknown', {}],
    'known-bad': ['bad', { versions: VERSIONS, trouble: 'cold-stop-loses' }],
  },
  python: {
    found: ['ok', { paths: ['/venv/bin/python'] }],
    missing: ['bad', { path: '/venv/bin/python' }],
    unneeded: ['ok', {}],
  },
  koffi: { loaded: ['ok', {}], missing: ['warn', { detail: 'Cannot find module' }] },
  subreaper: { can: ['ok', {}], cannot: ['warn', {}] },
  flock: {
    works: ['ok', {}],
    failed: ['bad', { problem: failure('lock-tool', { detail: 'flock: errno 38' }), needed: true }],
  },
  setpriv: { works: ['ok', {}], missing: ['bad', { needed: ['web'] }] },
  prlimit: { there: ['ok', {}], unneeded: ['ok', {}], missing: ['bad', { needed: ['web', 'worker'] }] },
  'memory-limit': {
    none: ['ok', memory],
    room: ['ok', { version: 2, limit: GiB, used: null }],
    full: ['warn', { version: 1, limit: GiB, used: 1000 * MiB }],
    short: ['warn', memory],
    unseen: ['unknown', {}],
  },
  cpu: {
    fits: ['ok', { cpus: 1, limited: true }],
    crowded: ['warn', { instance: 'worker.1', slots: 64, cpus: 0.5, byDefault: true }],
  },
  'open-files': {
    enough: ['ok', { soft: Infinity }],
    few: ['warn', { soft: 256, hard: 4096 }],
    unseen: ['unknown', {}],
  },
  limits: {
    granted: ['ok', {}],
    above: ['bad', { name: 'web', limit: 'nofile', wanted: 65_536, hard: 4096 }],
  },
  'process-1': {
    host: ['ok', {}],
    supervisor: ['ok', { name: 'node' }],
    init: ['ok', { name: 'tini' }],
    careless: ['warn', { name: 'python3', zombies: 12 }],
  },
  clock: {
    kept: ['ok', {}],
    free: ['warn', {}],
    unseen: ['unknown', {}],
    set: ['warn', { pid: 10, ms: -HOUR }],
  },
  'runtime-folder': {
    usable: ['ok', { path: '/run/prodserver' }],
    unusable: ['bad', { path: '/run/prodserver', detail: 'it belongs to user 7' }],
  },
  'lock-folder': {
    usable: ['ok', { path: '/run/lock/prodserver' }],
    unneeded: ['ok', {}],
    unusable: ['bad', { path: '/run/lock/prodserver', detail: 'it may not be written' }],
  },
  disk: {
    unneeded: ['ok', {}],
    room: ['ok', { folders: ['/var/log'] }],
    full: ['bad', { folder: '/var/log', free: MiB, needed: GiB }],
    tight: ['warn', { folder: '/var/log', free: 200 * MiB, needed: GiB }],
    'read-only': ['bad', { folder: '/var/log', instance: 'web.1' }],
  },
  'kernel-memory': {
    usual: ['ok', {}],
    strict: ['warn', { left: 10 * MiB }],
    unkillable: ['warn', { score: -1000 }],
  },
  unanswered: { silent: ['unknown', { what: 'disks', ms: 30_000 }] },
} satisfies Samples;

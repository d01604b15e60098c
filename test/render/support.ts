/** Rows, specs and news made by hand. */
import type { ProcessRow, StatusAnswer } from '../../src/control/protocol.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { newPaint } from '../../src/render/paint.ts';
import { NO_LEASE, UNASKED } from '../support/spec.ts';

export const PLAIN = newPaint(false);

export const row = (change: Partial<ProcessRow> = {}): ProcessRow => ({
  name: 'worker',
  instance: 'worker.1',
  supervisor_pid: 10,
  backend: 'CeleryWorker',
  state: 'RUNNING',
  ready: true,
  cause: null,
  pid: 4711,
  uptime_s: 8,
  restarts: 0,
  attempt: 0,
  next_retry_at: null,
  exit: { code: null, signal: null },
  generation: 1,
  replacing: null,
  replacement_failed: null,
  members: [4711, 4720],
  exits: [],
  reloaded_at: null,
  memory: { rss_bytes: 150_000_000, pss_bytes: 100_000_000 },
  growth: [],
  cpu_percent: null,
  tasks: { done: null, failed: null, active: null, per_second: null, registered: null, unknown: null },
  lock: null,
  versions: null,
  log: { file: null, lines_dropped: 0 },
  said: [],
  ...change,
});

export const supervisor = (change: Partial<StatusAnswer['supervisor']> = {}): StatusAnswer['supervisor'] => ({
  pid: 10,
  version: '0.1.0',
  manifest: '/srv/shop/prodserver.yaml',
  started_at: '2026-11-21T04:00:00.000Z',
  degraded: false,
  stopping: false,
  warnings: [],
  log_lines_dropped: 0,
  http: null,
  loop_lag_ms: { p99: 1.5, max: 12 },
  ...change,
});

export const HOLDER = {
  ...NO_LEASE,
  pid: 42,
  supervisorPid: 41,
  since: '2026-11-21T03:00:00.000Z',
  manifest: '/srv/old/prodserver.yaml',
  file: '/run/lock/prodserver/beat.lock',
};

/** One process for each thing that can be said of one. */
export const ROWS: readonly ProcessRow[] = [
  row({ name: 'web', instance: 'web.1', backend: 'GunicornServer', pid: 4700, uptime_s: 183_845 }),
  row({ uptime_s: 90_061, restarts: 2 }),
  row({
    instance: 'worker.2',
    state: 'STARTING',
    ready: false,
    pid: 4712,
    uptime_s: 12.4,
    cause: { kind: 'broker-unreachable', url: 'redis://:***@cache/0', error: 'Connection refused' },
    memory: { rss_bytes: 5000, pss_bytes: null },
  }),
  row({
    name: 'beat',
    instance: 'beat.1',
    backend: 'CeleryBeat',
    state: 'WAITING',
    ready: false,
    pid: null,
    uptime_s: null,
    cause: { kind: 'waiting', hindrance: { kind: 'lock', holder: HOLDER } },
    memory: { rss_bytes: null, pss_bytes: null },
  }),
  row({
    name: 'job',
    instance: 'job.1',
    backend: 'Command',
    state: 'BACKOFF',
    ready: false,
    pid: null,
    uptime_s: null,
    attempt: 3,
    next_retry_at: '2026-11-21T04:05:00.000Z',
    exit: { code: 1, signal: null },
    cause: { kind: 'crash', exit: { code: 1, signal: null } },
    memory: { rss_bytes: null, pss_bytes: null },
    said: ['Traceback', 'ValueError: no'],
  }),
  row({
    name: 'slow',
    instance: 'slow.1',
    state: 'BACKOFF',
    ready: false,
    pid: null,
    uptime_s: null,
    exit: { code: null, signal: 'SIGTERM' },
    cause: { kind: 'start-timeout', exit: { code: null, signal: 'SIGTERM' } },
    memory: { rss_bytes: null, pss_bytes: null },
  }),
  row({
    name: 'gone',
    instance: 'gone.1',
    state: 'FATAL',
    ready: false,
    pid: null,
    uptime_s: null,
    cause: {
      kind: 'failure',
      failure: { code: 'program-missing', facts: { program: 'celery', searched: ['/bin', '/usr/bin'] } },
    },
    memory: { rss_bytes: null, pss_bytes: null },
  }),
  row({
    name: 'off',
    instance: 'off.1',
    state: 'STOPPED',
    ready: false,
    pid: null,
    uptime_s: null,
    cause: { kind: 'manual' },
    memory: { rss_bytes: null, pss_bytes: null },
  }),
];

/** Failures with something that the process said. */
export const FAILED: readonly ProcessRow[] = [
  row({
    name: 'broken',
    instance: 'broken.1',
    state: 'FATAL',
    ready: false,
    pid: null,
    uptime_s: null,
    cause: {
      kind: 'failure',
      failure: { code: 'exit-permanent', facts: { code: 2, output: ['Usage: celery', 'no such option'] } },
    },
    memory: { rss_bytes: null, pss_bytes: null },
  }),
];

export const spec = (change: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name: 'worker',
  instance: 'worker.1',
  index: 1,
  backend: 'CeleryWorker',
  argv: ['/venv/bin/python', '/helpers/prodserver_celery.py', '-A', 'shop.celery.app', 'worker'],
  added: [],
  env: {},
  cwd: '/srv/shop',
  identity: { user: null, group: null, umask: null, limits: {} },
  envFiles: [],
  autostart: true,
  link: true,
  readiness: { kind: 'link' },
  ...UNASKED,
  startTimeoutMs: 60_000,
  stop: [
    { signal: 'SIGTERM', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5000 },
    { signal: 'SIGKILL', waitMs: 1000 },
  ],
  restart: {
    policy: 'always',
    maxAttempts: null,
    initialMs: 1000,
    maxMs: 60_000,
    factor: 2,
    stableAfterMs: 600_000,
  },
  permanentExitCodes: [2],
  singleton: null,
  significant: false,
  log: null,
  ...change,
});

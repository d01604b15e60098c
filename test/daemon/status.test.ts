/** The row of an instance in each state, from machines that went through their lives. */
import { describe, expect, test } from 'vitest';
import { statusAnswer, type ProcessRow } from '../../src/control/protocol.ts';
import { statusRow } from '../../src/daemon/status.ts';
import type { ReplaceCause } from '../../src/model/process.ts';
import type { BeatVitals, Vitals, WorkerVitals } from '../../src/model/vitals.ts';
import type { ProcessStat } from '../../src/os/proc.ts';
import type { Run } from '../../src/supervisor/run.ts';
import type { FailedReplacement } from '../../src/supervisor/ongoing.ts';
import type { Slot } from '../../src/supervisor/slot-face.ts';
import { FakeClock } from '../logs/support.ts';
import { beat, spec } from '../supervisor/instance-support.ts';
import { HELD, HOLDER, life, MISSING, REFUSED, TROUBLE, type Life } from '../supervisor/machine-support.ts';
import { IDLE_WORKER } from '../support/spec.ts';

const STARTED = '2026-11-21T04:00:00.000Z';
/** Every row is made of the one look that is handed in. */
const STATS: readonly ProcessStat[] = [];
const SAID = ['Traceback', 'ValueError: no'];

const newestRun = (pid: number, members: number[], vitals: Vitals | null): Run => ({
  pid,
  tree: {
    members: (stats) => (stats === STATS ? members : []),
    workers: () => [],
    signal: () => undefined,
    kill: () => undefined,
    sweep: () => undefined,
  },
  startedAt: STARTED,
  uptimeMs: () => 8040.4,
  tail: () => SAID,
  versions: () => ({ celery: '5.6.3' }),
  vitals: () => vitals,
  activeTasks: () => (vitals?.kind === 'worker' ? vitals.active : null),
  tasksPerSecond: () => (vitals?.kind === 'worker' ? 4.2 : null),
  broker: () => null,
  pool: () => null,
  stopping: () => false,
  measure: () => undefined,
  footprint: () => null,
  peakBytes: () => null,
  cpuPercent: () => 12.5,
  cpuSeconds: () => 3.5,
  growth: () => [{ ageMs: 8040.4, rssBytes: 5000, processes: 2, tasks: 9 }],
  registered: () => 7,
  pause: () => undefined,
  resume: () => undefined,
  drained: async () => undefined,
  maybeRefused: () => false,
  refusal: async () => null,
});

const VITALS: WorkerVitals = {
  ...IDLE_WORKER,
  counts: { received: 16, succeeded: 9, failed: 3, retried: 2, revoked: 1 },
  active: 1,
  slots: 2,
  unknown: { task: 'shop.gone', count: 2 },
};
const BEAT: BeatVitals = { kind: 'beat', heardAt: 0, nextMs: 5000, sent: 12 };

interface Case {
  readonly vitals?: Vitals;
  readonly restart?: { readonly policy?: 'never' };
  readonly locked?: boolean;
  readonly members?: number[];
  readonly slot?: Partial<Slot>;
  readonly queued?: ReplaceCause | null;
}

/** The row after `story`; the run is there once there was a spawn. */
function rowOf(
  story: (one: Life) => void,
  { locked = false, restart = {}, members = [], slot = {}, queued = null, vitals }: Case = {},
): ProcessRow {
  const one = life({ locked, restart });
  story(one);
  const machine = one.machine();
  const clock = new FakeClock();
  clock.pass(one.now());
  const run = (): Run | null =>
    spawned ? newestRun(100 + machine.generation, members, vitals ?? null) : null;
  const common = {
    spec: locked ? beat() : spec(),
    machine: () => machine,
    run,
    order: () => undefined,
    deaths: () => [],
    measure: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    drained: async () => undefined,
  };
  const instance: Slot = {
    ...common,
    generation: () => 1,
    reform: () => undefined,
    signal: () => null,
    amend: () => undefined,
    all: () => [
      {
        ...common,
        label: common.spec.instance,
        retire: () => undefined,
        generation: 1,
        amend: () => undefined,
      },
    ],
    replacing: () => null,
    failedReplacement: () => null,
    reloadedAt: () => null,
    reloadable: () => null,
    replace: () => false,
    ...slot,
  };
  const spawned = machine.generation > 0 && !['WAITING', 'STOPPED'].includes(machine.state.id);
  const row = statusRow(instance, clock, STATS, 7, queued ? { kind: 'manual' } : null, null);
  expect(statusAnswer.shape.processes.element.parse(row)).toEqual(row);
  return row;
}

const running = (one: Life): void => {
  one.start();
  one.spawned();
  one.ready();
};
const crashed = (one: Life): void => {
  running(one);
  one.exits(1);
  one.swept();
};

const DOWN = {
  ready: false,
  pid: null,
  cpu_percent: null,
  uptime_s: null,
  memory: { rss_bytes: null, pss_bytes: null },
};

describe('a process that does not run', () => {
  test('STOPPED before its first start', () => {
    expect(rowOf(() => undefined)).toEqual({
      name: 'worker',
      instance: 'worker.1',
      supervisor_pid: process.pid,
      backend: 'Command',
      state: 'STOPPED',
      ...DOWN,
      cause: null,
      restarts: 0,
      attempt: 0,
      next_retry_at: null,
      exit: { code: null, signal: null },
      generation: 1,
      replacing: null,
      replacement_failed: null,
      reloaded_at: null,
      members: [],
      exits: [],
      growth: [],
      tasks: { done: null, failed: null, active: null, per_second: null, registered: null, unknown: null },
      lock: null,
      versions: null,
      log: { file: null, lines_dropped: 7 },
      said: [],
    });
  });

  test('STOPPED by order', () => {
    const row = rowOf((one) => {
      running(one);
      one.stop();
      one.exits('SIGTERM');
      one.swept();
    });
    expect(row).toMatchObject({
      state: 'STOPPED',
      ...DOWN,
      cause: { kind: 'manual' },
      exit: { code: null, signal: 'SIGTERM' },
    });
  });

  test('EXITED', () => {
    expect(rowOf(crashed, { restart: { policy: 'never' } })).toMatchObject({
      state: 'EXITED',
      ...DOWN,
      cause: { kind: 'crash', exit: { code: 1, signal: null } },
      exit: { code: 1, signal: null },
      said: SAID,
    });
  });

  test('BACKOFF after a crash, with what it said and when it is tried again', () => {
    const row = rowOf((one) => {
      crashed(one);
      one.spawned();
      one.pass(2000);
      one.exits(1);
      one.swept();
    });
    expect(row).toMatchObject({
      state: 'BACKOFF',
      ...DOWN,
      cause: { kind: 'crash', exit: { code: 1, signal: null } },
      exit: { code: 1, signal: null },
      restarts: 1,
      attempt: 2,
      said: SAID,
      next_retry_at: expect.stringMatching(/^2023-11-14T22:13:2\d\.\d{3}Z$/) as string,
    });
    const waits = Date.parse(row.next_retry_at ?? '') - (1_700_000_000_000 + 2000);
    expect(waits).toBeGreaterThanOrEqual(800);
  });

  test('BACKOFF after a refused spawn', () => {
    const row = rowOf((one) => {
      one.start();
      one.spawnFailed();
    });
    const { code, facts } = REFUSED;
    expect(row).toMatchObject({
      state: 'BACKOFF',
      ...DOWN,
      cause: { kind: 'failure', failure: { code, facts } },
    });
  });

  test('FATAL: there is nothing to execute', () => {
    const row = rowOf((one) => {
      one.start();
      one.spawnFailed(true);
    });
    const { code, facts } = MISSING;
    expect(row).toMatchObject({
      state: 'FATAL',
      ...DOWN,
      cause: { kind: 'failure', failure: { code, facts } },
    });
  });

  test('FATAL: a permanent exit, with what it said', () => {
    const row = rowOf((one) => {
      one.start();
      one.spawned();
      one.exits(2);
      one.swept();
    });
    expect(row).toMatchObject({
      state: 'FATAL',
      cause: { kind: 'failure', failure: { code: 'exit-permanent', facts: { code: 2, output: SAID } } },
      exit: { code: 2, signal: null },
      said: SAID,
    });
  });
});

describe('a process that runs', () => {
  test('STARTING', () => {
    const row = rowOf((one) => {
      one.start();
      one.spawned();
    });
    expect(row).toMatchObject({
      state: 'STARTING',
      ready: false,
      pid: 101,
      uptime_s: 8.04,
      cause: null,
      log: { file: null, lines_dropped: 7 },
      said: [],
    });
  });

  test('STARTING before there is a process', () => {
    expect(rowOf((one) => void one.start())).toMatchObject({ state: 'STARTING', ...DOWN });
  });

  test.each(['STARTING', 'RUNNING'])('%s without a broker', (state) => {
    const row = rowOf((one) => {
      one.start();
      one.spawned();
      if (state === 'RUNNING') one.ready();
      one.brokerLost();
    });
    expect(row).toMatchObject({ state, cause: { kind: 'broker-unreachable', ...TROUBLE } });
  });

  test('RUNNING: memory is that of its whole tree', () => {
    const own = process.pid;
    const one = rowOf(running, { members: [own] });
    expect(one).toMatchObject({
      state: 'RUNNING',
      ready: true,
      pid: 101,
      cpu_percent: 12.5,
      cause: null,
      versions: { celery: '5.6.3' },
    });
    const two = rowOf(running, { members: [own, own] });
    expect(one.memory.rss_bytes).toBeGreaterThan(1_000_000);
    expect(two.memory.rss_bytes).toBeGreaterThan(1.5 * (one.memory.rss_bytes ?? NaN));
  });

  test('RUNNING: memory is not known where a part of it is not', () => {
    const { memory } = rowOf(running, { members: [process.pid, 2 ** 22] });
    expect(memory).toEqual({ rss_bytes: null, pss_bytes: null });
  });

  test('STOPPING has its pid until that is gone', () => {
    const stopping = (one: Life): void => {
      running(one);
      one.stop();
    };
    expect(rowOf(stopping)).toMatchObject({ state: 'STOPPING', ready: false, pid: 101, cause: null });
    const sweeping = rowOf((one) => {
      stopping(one);
      one.exits(0);
    });
    expect(sweeping).toMatchObject({ state: 'STOPPING', ...DOWN, exit: { code: 0, signal: null } });
  });
});

describe('a process that is replaced', () => {
  const replacing = {
    cause: { kind: 'schedule', pattern: '0 4 * * *' },
    phase: 'starting',
    pid: 102,
  } as const;

  test('why, and how far it is', () => {
    const row = rowOf(running, { slot: { generation: () => 2, replacing: () => replacing } });
    expect(row).toMatchObject({ state: 'RUNNING', pid: 101, generation: 2, replacing });
  });

  test('when its turn comes', () => {
    expect(rowOf(running, { queued: { kind: 'manual' } }).replacing).toEqual({
      cause: { kind: 'manual' },
      phase: 'queued',
      pid: null,
      tasks: null,
    });
  });

  test('in vain, with what the successor said', () => {
    const at = STARTED;
    const why = { kind: 'permanent-exit', exit: { code: 2, signal: null } } as const;
    const failedReplacement = (): FailedReplacement => ({ at, generation: 2, why, said: SAID });
    expect(rowOf(running, { slot: { failedReplacement } }).replacement_failed).toEqual({
      at,
      generation: 2,
      cause: { kind: 'failure', failure: { code: 'exit-permanent', facts: { code: 2, output: SAID } } },
    });
  });
});

describe('a lock', () => {
  const unknown = { fence: null, expires_in_s: null };

  test('that is being asked for', () => {
    const row = rowOf((one) => void one.start(), { locked: true });
    expect(row).toMatchObject({
      state: 'WAITING',
      ...DOWN,
      cause: null,
      lock: { holder: null, since: null },
    });
  });

  test('that somebody else has: who, and since when', () => {
    const row = rowOf((one) => void (one.start(), one.refused()), { locked: true });
    expect(row).toMatchObject({
      state: 'WAITING',
      cause: { kind: 'waiting', hindrance: HELD },
      lock: { ...unknown, holder: HOLDER, since: HOLDER.since },
    });
  });

  test('that it has, since its start', () => {
    const story = (one: Life): void => {
      one.start();
      one.acquired();
      one.spawned();
    };
    expect(rowOf(story, { locked: true })).toMatchObject({
      lock: { ...unknown, holder: null, since: STARTED },
    });
    const ended = (one: Life): void => {
      story(one);
      one.exits(1);
      one.swept();
    };
    expect(rowOf(ended, { locked: true })).toMatchObject({ lock: { ...unknown, holder: null, since: null } });
  });
});

test('how memory went, of one that runs', () => {
  expect(rowOf(running).growth).toEqual([{ age_s: 8.04, rss_bytes: 5000, processes: 2, tasks: 9 }]);
  expect(rowOf(crashed, { restart: { policy: 'never' } }).growth).toEqual([]);
});

describe('tasks', () => {
  test('of a worker that runs: those done are all that ran, whatever came of them', () => {
    expect(rowOf(running, { vitals: VITALS }).tasks).toEqual({
      done: 14,
      failed: 3,
      active: 1,
      per_second: 4.2,
      registered: 7,
      unknown: { task: 'shop.gone', count: 2 },
    });
  });

  test('of a worker that has ended: none is active', () => {
    const { tasks } = rowOf(crashed, { restart: { policy: 'never' }, vitals: VITALS });
    expect(tasks).toMatchObject({ done: 14, failed: 3, active: null, per_second: null });
  });

  test('a beat has none', () => {
    expect(rowOf(running, { vitals: BEAT }).tasks).toMatchObject({ done: null, failed: null, active: null });
  });
});

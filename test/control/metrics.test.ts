/** The figures for Prometheus: names, labels and values, and that its own parser takes them in both formats. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expose, wantsOpenMetrics } from '../../src/control/exposition.ts';
import { families, type Family, type Sight, type Tally } from '../../src/control/metrics.ts';
import { PROTOCOL } from '../../src/control/protocol.ts';
import { parseMetrics } from '../support/prometheus.ts';
import { ROOT } from '../support/rig.ts';
import { row, supervisor } from '../render/support.ts';

const LOCK = { holder: null, since: '2026-11-21T03:00:00.000Z', fence: 12, expires_in_s: 22.5 };
const TALLY: Tally = {
  cpuSeconds: 3.25,
  tasks: { succeeded: 9, failed: 3, retried: 2, revoked: 1, unknown: 0 },
  restarts: { crash: 2, memory: 1 },
};

const SIGHT: Sight = {
  status: {
    protocol: PROTOCOL,
    supervisor: supervisor(),
    processes: [
      row({
        tasks: { done: 14, failed: 3, active: 1, per_second: null, registered: 7, unknown: null },
        log: { file: null, lines_dropped: 4 },
      }),
      row({ name: 'beat', instance: 'beat.1', backend: 'CeleryBeat', lock: LOCK, members: [1] }),
      row({
        name: 'beat2',
        instance: 'beat2.1',
        state: 'WAITING',
        ready: false,
        pid: null,
        uptime_s: null,
        members: [],
        memory: { rss_bytes: null, pss_bytes: null },
        lock: LOCK,
      }),
    ],
  },
  tallies: new Map([
    ['worker.1', TALLY],
    ['beat.1', { cpuSeconds: 0, tasks: null, restarts: {} }],
    ['worker.9', TALLY],
  ]),
  healthy: true,
  ready: false,
  now: 1_700_000_060_000,
  startedAt: 1_700_000_000_000,
  own: { rssBytes: 80_000_000, cpuSeconds: 1.5 },
};

/** One line a sample. */
const lines = (all: readonly Family[]): string[] =>
  all.flatMap(({ name, samples }) =>
    samples.map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
    }),
  );

test('every figure', () => {
  expect(lines(families(SIGHT)).join('\n')).toMatchInlineSnapshot(`
    "prodserver_build_info{version="0.1.0"} 1
    prodserver_ready 0
    prodserver_healthy 1
    prodserver_supervisor_start_time_seconds 1700000000
    prodserver_supervisor_uptime_seconds 60
    prodserver_supervisor_degraded 0
    prodserver_supervisor_stopping 0
    prodserver_supervisor_warnings 0
    prodserver_supervisor_loop_lag_p99_seconds 0.0015
    prodserver_supervisor_loop_lag_max_seconds 0.012
    prodserver_supervisor_resident_memory_bytes 80000000
    prodserver_supervisor_cpu_seconds_total 1.5
    prodserver_process_state{process="worker",instance="worker.1",state="STOPPED"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="WAITING"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="STARTING"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="RUNNING"} 1
    prodserver_process_state{process="worker",instance="worker.1",state="BACKOFF"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="STOPPING"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="EXITED"} 0
    prodserver_process_state{process="worker",instance="worker.1",state="FATAL"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="STOPPED"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="WAITING"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="STARTING"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="RUNNING"} 1
    prodserver_process_state{process="beat",instance="beat.1",state="BACKOFF"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="STOPPING"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="EXITED"} 0
    prodserver_process_state{process="beat",instance="beat.1",state="FATAL"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="STOPPED"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="WAITING"} 1
    prodserver_process_state{process="beat2",instance="beat2.1",state="STARTING"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="RUNNING"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="BACKOFF"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="STOPPING"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="EXITED"} 0
    prodserver_process_state{process="beat2",instance="beat2.1",state="FATAL"} 0
    prodserver_process_ready{process="worker",instance="worker.1"} 1
    prodserver_process_ready{process="beat",instance="beat.1"} 1
    prodserver_process_ready{process="beat2",instance="beat2.1"} 0
    prodserver_process_uptime_seconds{process="worker",instance="worker.1"} 8
    prodserver_process_uptime_seconds{process="beat",instance="beat.1"} 8
    prodserver_process_restarts_total{process="worker",instance="worker.1",reason="crash"} 2
    prodserver_process_restarts_total{process="worker",instance="worker.1",reason="oom"} 0
    prodserver_process_restarts_total{process="worker",instance="worker.1",reason="start-timeout"} 0
    prodserver_process_restarts_total{process="worker",instance="worker.1",reason="unresponsive"} 0
    prodserver_process_restarts_total{process="worker",instance="worker.1",reason="memory"} 1
    prodserver_process_restarts_total{process="beat",instance="beat.1",reason="crash"} 0
    prodserver_process_restarts_total{process="beat",instance="beat.1",reason="oom"} 0
    prodserver_process_restarts_total{process="beat",instance="beat.1",reason="start-timeout"} 0
    prodserver_process_restarts_total{process="beat",instance="beat.1",reason="unresponsive"} 0
    prodserver_process_members{process="worker",instance="worker.1"} 2
    prodserver_process_members{process="beat",instance="beat.1"} 1
    prodserver_process_members{process="beat2",instance="beat2.1"} 0
    prodserver_process_resident_memory_bytes{process="worker",instance="worker.1"} 150000000
    prodserver_process_resident_memory_bytes{process="beat",instance="beat.1"} 150000000
    prodserver_process_proportional_memory_bytes{process="worker",instance="worker.1"} 100000000
    prodserver_process_proportional_memory_bytes{process="beat",instance="beat.1"} 100000000
    prodserver_process_cpu_seconds_total{process="worker",instance="worker.1"} 3.25
    prodserver_process_cpu_seconds_total{process="beat",instance="beat.1"} 0
    prodserver_process_log_lines_dropped_total{process="worker",instance="worker.1"} 4
    prodserver_process_log_lines_dropped_total{process="beat",instance="beat.1"} 0
    prodserver_process_log_lines_dropped_total{process="beat2",instance="beat2.1"} 0
    prodserver_tasks_total{process="worker",instance="worker.1",outcome="succeeded"} 9
    prodserver_tasks_total{process="worker",instance="worker.1",outcome="failed"} 3
    prodserver_tasks_total{process="worker",instance="worker.1",outcome="retried"} 2
    prodserver_tasks_total{process="worker",instance="worker.1",outcome="revoked"} 1
    prodserver_tasks_total{process="worker",instance="worker.1",outcome="unknown"} 0
    prodserver_tasks_active{process="worker",instance="worker.1"} 1
    prodserver_lock_held{process="beat",instance="beat.1"} 1
    prodserver_lock_held{process="beat2",instance="beat2.1"} 0
    prodserver_lock_fence{process="beat",instance="beat.1"} 12
    prodserver_lock_lease_expiry_timestamp_seconds{process="beat",instance="beat.1"} 1700000082.5"
  `);
});

test('docs/http.md tells of every figure and no other', () => {
  const text = readFileSync(join(ROOT, 'docs', 'http.md'), 'utf8');
  const told = [...text.matchAll(/^\| `(prodserver_\w+)` +\| (\w+)/gm)].map(([, name, type]) => [name, type]);
  expect(told).toEqual(families(SIGHT).map(({ name, type }) => [name, type]));
});

test('names and types follow the conventions', () => {
  for (const { name, type, help } of families(SIGHT)) {
    expect(name).toMatch(/^prodserver_[a-z0-9_]+$/);
    expect(type === 'counter').toBe(name.endsWith('_total'));
    expect(help).toMatch(/^[^\n]+\.$/);
  }
});

test.each([
  ['text 0.0.4', '*/*', 'text/plain; version=0.0.4; charset=utf-8', false],
  [
    'OpenMetrics',
    'application/openmetrics-text',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
    true,
  ],
])('as %s: what Prometheus reads is what was meant', async (_, accept, type, open) => {
  const all = families(SIGHT);
  const exposition = await expose(all, accept);
  expect(exposition.type).toBe(type);
  const { types, samples } = parseMetrics(exposition.text, open);
  expect([...samples].map(([name, value]) => `${name} ${value}`)).toEqual(lines(all));
  expect([...types]).toEqual(all.map(({ name, type: kind }) => [name.replace(/_total$/, ''), kind]));
});

test('a label is written so that it is read as it is', async () => {
  const strange = 'a"b\\c\nd{}=,é';
  const all: Family[] = [
    {
      name: 'prodserver_x',
      help: 'A \\ b.',
      type: 'gauge',
      samples: [{ labels: { of: strange }, value: 1 }],
    },
  ];
  for (const open of [false, true]) {
    const { text } = await expose(all, open ? 'application/openmetrics-text' : '');
    expect([...parseMetrics(text, open).samples]).toEqual([[`prodserver_x{of="${strange}"}`, 1]]);
  }
});

test('a thousand instances have 31 lines each at most, whatever they did', () => {
  const processes = Array.from({ length: 1000 }, (_, index) =>
    row({ instance: `worker.${index + 1}`, lock: LOCK }),
  );
  const tallies = new Map(processes.map(({ instance }) => [instance, TALLY]));
  const status = { ...SIGHT.status, processes };
  expect(lines(families({ ...SIGHT, status, tallies })).length).toBeLessThan(31_100);
});

test.each([
  ['', false],
  ['*/*', false],
  ['text/plain', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['application/openmetrics-text', true],
  ['application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', true],
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    true,
  ],
  ['text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.5', false],
  ['application/openmetrics-text;version=2.0.0', false],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=no', false],
])('Accept: %s', (accept, open) => {
  expect(wantsOpenMetrics(accept)).toBe(open);
});

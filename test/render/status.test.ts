/** `status` for scripts, for people and for programs. */
import { expect, test } from 'vitest';
import { statusTable } from '../../src/render/status-table.ts';
import { statusJson, statusLines, whyNotRenewed } from '../../src/render/status.ts';
import { widthOf } from '../../src/render/width.ts';
import { FAILED, PLAIN, row, ROWS, supervisor } from './support.ts';

test('the three columns of supervisorctl', () => {
  expect(statusLines(ROWS).join('\n')).toMatchInlineSnapshot(`
    "web.1                            RUNNING   pid 4700, uptime 2 days, 3:04:05
    worker.1                         RUNNING   pid 4711, uptime 1 day, 1:01:01
    worker.2                         STARTING  pid 4712, uptime 0:00:12, broker unreachable: redis://:***@cache/0 (Connection refused), retrying
    beat.1                           WAITING   the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock)
    job.1                            BACKOFF   next start at 2026-11-21T04:05:00.000Z, exit code 1
    slow.1                           BACKOFF   not ready in time, ended by SIGTERM
    gone.1                           FATAL     there is no "celery" in PATH
    off.1                            STOPPED   stopped by order"
  `);
});

test('a line does not end with an announcement of more', () => {
  expect(statusLines(FAILED).join('\n')).not.toMatch(/it said:$/m);
});

test('a long name widens the first column of all', () => {
  const lines = statusLines([row({ instance: `${'n'.repeat(40)}.1` }), row()]);
  expect(lines.map((line) => line.indexOf('RUNNING'))).toEqual([45, 45]);
});

/** 12 s before `job.1` is tried again. */
const now = Date.parse('2026-11-21T04:04:48.000Z');
const paper = (width = Infinity) => ({ width, now, paint: PLAIN });
const exits = [
  {
    at: '2026-11-21T04:00:00.000Z',
    pid: 4600,
    code: null,
    signal: 'SIGKILL',
    uptime_s: 60,
    peak_rss_bytes: 5000,
    reason: 'oom',
  },
];
const tasks = { done: 10_231, failed: 2, active: 3, per_second: 12.5, registered: 7, unknown: null };

test('the table', () => {
  expect(statusTable([supervisor()], ROWS, paper())).toMatchInlineSnapshot(`
    "NAME      STATE     READY   PID   UPTIME  RESTARTS    MEMORY  CPU  DETAIL
    web.1     RUNNING   yes    4700  2 d 3 h  0         95.4 MiB    -
    worker.1  RUNNING   yes    4711  1 d 1 h  2         95.4 MiB    -
    worker.2  STARTING  no     4712     12 s  0          4.9 KiB    -  broker unreachable: redis://:***@cache/0 (Connection refused), retrying
    beat.1    WAITING   no        -        -  0                -    -  the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock)
    job.1     BACKOFF   no        -        -  0                -    -  next try in 12 s; exit code 1
    slow.1    BACKOFF   no        -        -  0                -    -  not ready in time, ended by SIGTERM
    gone.1    FATAL     no        -        -  0                -    -  there is no "celery" in PATH
    off.1     STOPPED   no        -        -  0                -    -  stopped by order
    supervisor pid 10, /srv/shop/prodserver.yaml, since 2026-11-21T04:00:00.000Z"
  `);
});

test('what is notable of a supervisor stands below', () => {
  const some = [
    supervisor({ degraded: true, stopping: true, log_lines_dropped: 3 }),
    supervisor({ pid: 11, log_lines_dropped: 1 }),
  ];
  expect(statusTable(some, [row()], paper())).toMatchInlineSnapshot(`
    "NAME      STATE    READY   PID  UPTIME  RESTARTS    MEMORY  CPU  DETAIL
    worker.1  RUNNING  yes    4711     8 s  0         95.4 MiB    -
    supervisor pid 10, /srv/shop/prodserver.yaml, since 2026-11-21T04:00:00.000Z, stopping, degraded, 3 log lines dropped
    supervisor pid 11, /srv/shop/prodserver.yaml, since 2026-11-21T04:00:00.000Z, 1 log lines dropped"
  `);
});

test('work and its pace, where somebody tells of it', () => {
  const rows = [row({ exits, restarts: 2, tasks, cpu_percent: 103.4 }), row({ instance: 'web.1' })];
  expect(statusTable([], rows, paper())).toMatchInlineSnapshot(`
    "NAME      STATE    READY   PID  UPTIME  RESTARTS    MEMORY     CPU    DONE  ACTIVE  PER S  DETAIL
    worker.1  RUNNING  yes    4711     8 s  2 (oom)   95.4 MiB  103.4%  10,231       3   12.5
    web.1     RUNNING  yes    4711     8 s  0         95.4 MiB       -       -       -      -"
  `);
});

test.each([120, 100, 80, 60, 40, 20, 5])('in %i columns nothing wraps', (width) => {
  const rows = [...ROWS, row({ exits, restarts: 2, tasks, cpu_percent: 103.4, uptime_s: 183_845 })];
  const lines = statusTable([], rows, paper(width)).split('\n');
  expect(lines).toHaveLength(rows.length + 1);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
});

test('80 columns: what matters most', () => {
  const rows = [...ROWS, row({ exits, restarts: 2, tasks, cpu_percent: 103.4, uptime_s: 183_845 })];
  expect(statusTable([], rows, paper(80))).toMatchInlineSnapshot(`
    "NAME      STATE     RESTARTS    MEMORY    DONE  ACTIVE  DETAIL
    web.1     RUNNING   0         95.4 MiB       -       -
    worker.1  RUNNING   2         95.4 MiB       -       -
    worker.2  STARTING  0          4.9 KiB       -       -  broker unreachable: red…
    beat.1    WAITING   0                -       -       -  the lock is held by pid…
    job.1     BACKOFF   0                -       -       -  next try in 12 s; exit …
    slow.1    BACKOFF   0                -       -       -  not ready in time, ende…
    gone.1    FATAL     0                -       -       -  there is no "celery" in…
    off.1     STOPPED   0                -       -       -  stopped by order
    worker.1  RUNNING   2 (oom)   95.4 MiB  10,231       3"
  `);
});

test('80 columns of commands that all run', () => {
  const rows = [row({ exits, restarts: 2, cpu_percent: 3.4 }), row({ instance: 'web.1', cpu_percent: 0 })];
  expect(statusTable([], rows, paper(80))).toMatchInlineSnapshot(`
    "NAME      STATE    READY   PID  UPTIME  RESTARTS    MEMORY   CPU  DETAIL
    worker.1  RUNNING  yes    4711     8 s  2 (oom)   95.4 MiB  3.4%
    web.1     RUNNING  yes    4711     8 s  0         95.4 MiB  0.0%"
  `);
});

test('signs of two cells, and of none', () => {
  const failure = { code: 'start-rate', facts: { ms: 5 } };
  const rows = [
    row({ instance: '工人.1', cause: { kind: 'failure', failure } }),
    row({ instance: 'e\u0301te\u0301.1' }),
    row({ instance: 'a-long-name-that-is-cut.1' }),
  ];
  const lines = statusTable([], rows, paper(30)).split('\n');
  expect(lines.map(widthOf).every((width) => width <= 30)).toBe(true);
  expect(lines.slice(1).map((line) => widthOf(line.slice(0, line.indexOf('RUNNING'))))).toEqual([10, 10, 10]);
});

test('a detail that would act on the terminal', () => {
  const failure = { code: 'internal', facts: { detail: 'a\u001b[2J\u0007b\u202ec' } };
  expect(statusTable([], [row({ cause: { kind: 'failure', failure } })], paper())).toContain(
    'a\ufffdb\ufffdc',
  );
});

test('nothing to show', () => {
  expect(statusLines([])).toEqual([]);
  expect(statusTable([], [], paper())).toBe('NAME  STATE  READY  PID  UPTIME  RESTARTS  MEMORY  CPU  DETAIL');
});

test('one object for programs', () => {
  expect(JSON.stringify(statusJson([supervisor()], ROWS.slice(2, 5)), null, 2)).toMatchInlineSnapshot(`
    "{
      "supervisors": [
        {
          "pid": 10,
          "version": "0.1.0",
          "manifest": "/srv/shop/prodserver.yaml",
          "started_at": "2026-11-21T04:00:00.000Z",
          "degraded": false,
          "stopping": false,
          "log_lines_dropped": 0,
          "http": null,
          "loop_lag_ms": {
            "p99": 1.5,
            "max": 12
          },
          "warnings": []
        }
      ],
      "processes": [
        {
          "name": "worker",
          "instance": "worker.2",
          "supervisor_pid": 10,
          "backend": "CeleryWorker",
          "state": "STARTING",
          "ready": false,
          "pid": 4712,
          "uptime_s": 12.4,
          "restarts": 0,
          "attempt": 0,
          "next_retry_at": null,
          "exit": {
            "code": null,
            "signal": null
          },
          "generation": 1,
          "members": [
            4711,
            4720
          ],
          "exits": [],
          "reloaded_at": null,
          "memory": {
            "rss_bytes": 5000,
            "pss_bytes": null
          },
          "cpu_percent": null,
          "tasks": {
            "done": null,
            "failed": null,
            "active": null,
            "per_second": null,
            "registered": null,
            "unknown": null
          },
          "lock": null,
          "versions": null,
          "log": {
            "file": null,
            "lines_dropped": 0
          },
          "said": [],
          "restart_reason": null,
          "replacing": null,
          "replacement_failed": null,
          "reason": "broker-unreachable",
          "detail": "broker unreachable: redis://:***@cache/0 (Connection refused), retrying"
        },
        {
          "name": "beat",
          "instance": "beat.1",
          "supervisor_pid": 10,
          "backend": "CeleryBeat",
          "state": "WAITING",
          "ready": false,
          "pid": null,
          "uptime_s": null,
          "restarts": 0,
          "attempt": 0,
          "next_retry_at": null,
          "exit": {
            "code": null,
            "signal": null
          },
          "generation": 1,
          "members": [
            4711,
            4720
          ],
          "exits": [],
          "reloaded_at": null,
          "memory": {
            "rss_bytes": null,
            "pss_bytes": null
          },
          "cpu_percent": null,
          "tasks": {
            "done": null,
            "failed": null,
            "active": null,
            "per_second": null,
            "registered": null,
            "unknown": null
          },
          "lock": null,
          "versions": null,
          "log": {
            "file": null,
            "lines_dropped": 0
          },
          "said": [],
          "restart_reason": null,
          "replacing": null,
          "replacement_failed": null,
          "reason": "lock-held",
          "detail": "the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock)"
        },
        {
          "name": "job",
          "instance": "job.1",
          "supervisor_pid": 10,
          "backend": "Command",
          "state": "BACKOFF",
          "ready": false,
          "pid": null,
          "uptime_s": null,
          "restarts": 0,
          "attempt": 3,
          "next_retry_at": "2026-11-21T04:05:00.000Z",
          "exit": {
            "code": 1,
            "signal": null
          },
          "generation": 1,
          "members": [
            4711,
            4720
          ],
          "exits": [],
          "reloaded_at": null,
          "memory": {
            "rss_bytes": null,
            "pss_bytes": null
          },
          "cpu_percent": null,
          "tasks": {
            "done": null,
            "failed": null,
            "active": null,
            "per_second": null,
            "registered": null,
            "unknown": null
          },
          "lock": null,
          "versions": null,
          "log": {
            "file": null,
            "lines_dropped": 0
          },
          "said": [
            "Traceback",
            "ValueError: no"
          ],
          "restart_reason": null,
          "replacing": null,
          "replacement_failed": null,
          "reason": "crash",
          "detail": "exit code 1"
        }
      ]
    }"
  `);
});

test('reason is a word, detail a sentence', () => {
  const { processes } = statusJson([], ROWS) as {
    processes: { reason: string | null; detail: string | null }[];
  };
  expect(processes.map(({ reason, detail }) => [reason, detail])).toMatchInlineSnapshot(`
    [
      [
        null,
        null,
      ],
      [
        null,
        null,
      ],
      [
        "broker-unreachable",
        "broker unreachable: redis://:***@cache/0 (Connection refused), retrying",
      ],
      [
        "lock-held",
        "the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock)",
      ],
      [
        "crash",
        "exit code 1",
      ],
      [
        "start-timeout",
        "not ready in time, ended by SIGTERM",
      ],
      [
        "program-missing",
        "there is no "celery" in PATH",
      ],
      [
        "manual",
        "stopped by order",
      ],
    ]
  `);
});

test('a replacement, and one that failed', () => {
  const cause = { kind: 'max-tasks', done: 10_231, limit: 10_000 } as const;
  const exit = { code: 1, signal: null };
  const rows = [
    row({ replacing: { cause, phase: 'starting', pid: 4800, tasks: null } }),
    row({
      instance: 'worker.2',
      generation: 2,
      replacing: { cause, phase: 'draining', pid: 4712, tasks: null },
    }),
    row({
      instance: 'worker.3',
      replacing: { cause: { kind: 'manual' }, phase: 'queued', pid: null, tasks: null },
    }),
    row({
      instance: 'worker.4',
      replacement_failed: { at: '2026-11-21T04:00:00.000Z', generation: 2, cause: { kind: 'crash', exit } },
    }),
  ];
  expect(statusLines(rows).join('\n')).toMatchInlineSnapshot(`
    "worker.1                         RUNNING   pid 4711, uptime 0:00:08, replacing: 10,231 tasks, limit 10,000; the new one starts, pid 4800
    worker.2                         RUNNING   pid 4711, uptime 0:00:08, replacing: 10,231 tasks, limit 10,000; the old one ends, pid 4712
    worker.3                         RUNNING   pid 4711, uptime 0:00:08, replacing: as a command asks; waits for its turn
    worker.4                         RUNNING   pid 4711, uptime 0:00:08, could not be replaced: exit code 1"
  `);
  const { processes } = statusJson([], rows) as { processes: Record<string, unknown>[] };
  expect(
    processes
      .map(({ generation, replacing, replacement_failed }) =>
        JSON.stringify({ generation, replacing, replacement_failed }),
      )
      .join('\n'),
  ).toMatchInlineSnapshot(`
    "{"generation":1,"replacing":{"reason":"max-tasks","detail":"10,231 tasks, limit 10,000","phase":"starting","pid":4800,"tasks":null},"replacement_failed":null}
    {"generation":2,"replacing":{"reason":"max-tasks","detail":"10,231 tasks, limit 10,000","phase":"draining","pid":4712,"tasks":null},"replacement_failed":null}
    {"generation":1,"replacing":{"reason":"manual","detail":"as a command asks","phase":"queued","pid":null,"tasks":null},"replacement_failed":null}
    {"generation":1,"replacing":null,"replacement_failed":{"at":"2026-11-21T04:00:00.000Z","generation":2,"reason":"crash","detail":"exit code 1"}}"
  `);
});

test('why one was not restarted: what came of this order, not of one before it', () => {
  const exit = { code: 1, signal: null };
  const at = '2026-11-21T04:00:00.000Z';
  const failed = row({ replacement_failed: { at, generation: 2, cause: { kind: 'crash', exit } } });
  const stopped = row({ state: 'STOPPED', cause: { kind: 'manual' } });
  const fatal = FAILED[0] ?? row();
  expect([failed, stopped, fatal].map((one) => whyNotRenewed(one, at))).toEqual([
    'worker.1: exit code 1',
    'worker.1: STOPPED (stopped by order)',
    'broken.1: FATAL (exit code 2: another attempt cannot help)',
  ]);
  expect(whyNotRenewed(failed, '2026-11-21T04:00:00.001Z')).toBe('worker.1: left alone after that');
});

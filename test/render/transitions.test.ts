/** What a life looks like in the log, line by line, with the machine's own steps. */
import { expect, test } from 'vitest';
import { failure } from '../../src/model/failure.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { newTextPresenter } from '../../src/render/news.ts';
import { newStory, type Told } from './story.ts';
import { HOLDER, PLAIN, spec } from './support.ts';

const exited = (how: number | string): Told => ({
  type: 'exited',
  exit: typeof how === 'number' ? { code: how, signal: null } : { code: null, signal: how },
  refusal: null,
});
const TROUBLE = { url: 'redis://:***@cache/0', error: 'Connection refused' };

/** The lines of a chain of events, each so many milliseconds after the one before. */
function lines(
  chain: readonly (readonly [ms: number, event: Told])[],
  change: Partial<ProcessSpec> = {},
): string {
  const tell = newStory(spec(change));
  const presenter = newTextPresenter(['worker.1'], PLAIN);
  return chain
    .flatMap(([ms, event]) => tell(ms, event))
    .flatMap((news) => presenter.lines(news))
    .join('\n');
}

const START: readonly (readonly [number, Told])[] = [
  [0, { type: 'start-ordered' }],
  [20, { type: 'spawned', pid: 100 }],
];
const RUN: readonly (readonly [number, Told])[] = [...START, [1500, { type: 'became-ready' }]];

test('start, run, stop', () => {
  expect(lines([...RUN, [5000, { type: 'stop-ordered' }], [800, exited(0)], [10, { type: 'swept' }]]))
    .toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1.5 s)
    prodserver | worker.1 RUNNING -> STOPPING (SIGTERM to pid 100, up to 10 s)
    prodserver | worker.1 STOPPING -> STOPPED (exit code 0 after 7.3 s)"
  `);
});

test('a stop that climbs to the end of its ladder', () => {
  expect(
    lines([
      ...RUN,
      [5000, { type: 'stop-ordered' }],
      [10_000, { type: 'timer' }],
      [5000, { type: 'timer' }],
      [10, exited('SIGKILL')],
      [10, { type: 'swept' }],
    ]),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1.5 s)
    prodserver | worker.1 RUNNING -> STOPPING (SIGTERM to pid 100, up to 10 s)
    prodserver | worker.1 STOPPING (SIGQUIT to pid 100, up to 5 s)
    prodserver | worker.1 STOPPING (SIGKILL the whole tree of pid 100, up to 1 s)
    prodserver | worker.1 STOPPING -> STOPPED (ended by SIGKILL after 22 s)"
  `);
});

test('a crash is followed by a start at once, the next ones wait', () => {
  expect(
    lines([
      ...RUN,
      [60_000, exited('SIGSEGV')],
      [5, { type: 'swept' }],
      [5, { type: 'spawned', pid: 101 }],
      [100, exited(1)],
      [5, { type: 'swept' }],
      [1000, { type: 'timer' }],
      [5, { type: 'spawned', pid: 102 }],
      [100, { type: 'became-ready' }],
    ]),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1.5 s)
    prodserver | worker.1 RUNNING -> STARTING (ended by SIGSEGV; started again: pid 101)
    prodserver | worker.1 STARTING -> BACKOFF (exit code 1 after 105 ms; next start in 2 s)
    prodserver | worker.1 BACKOFF -> STARTING (pid 102)
    prodserver | worker.1 STARTING -> RUNNING (pid 102, ready after 100 ms)"
  `);
});

test('not ready in time', () => {
  expect(lines([...START, [60_000, { type: 'timer' }], [100, exited('SIGTERM')], [5, { type: 'swept' }]]))
    .toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> STOPPING (not ready within 1 min: SIGTERM to pid 100, up to 10 s)
    prodserver | worker.1 STOPPING -> BACKOFF (not ready in time, ended by SIGTERM; next start in 995 ms)"
  `);
});

test('a broker that cannot be reached, at the start and later', () => {
  expect(
    lines([
      ...START,
      [3000, { type: 'broker-lost', trouble: TROUBLE }],
      [4000, { type: 'broker-lost', trouble: TROUBLE }],
      [9000, { type: 'broker-found' }],
      [500, { type: 'became-ready' }],
      [9000, { type: 'broker-lost', trouble: TROUBLE }],
      [9000, { type: 'broker-lost', trouble: { ...TROUBLE, error: 'timed out' } }],
      [9000, { type: 'broker-found' }],
    ]),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING (broker unreachable: redis://:***@cache/0 (Connection refused), retrying; the start timeout stands still)
    prodserver | worker.1 STARTING (the broker answers again)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 17 s)
    prodserver | worker.1 RUNNING (broker unreachable: redis://:***@cache/0 (Connection refused), retrying)
    prodserver | worker.1 RUNNING (broker unreachable: redis://:***@cache/0 (timed out), retrying)
    prodserver | worker.1 RUNNING (the broker answers again)"
  `);
});

test('a broker that cannot be reached until the process is up', () => {
  expect(
    lines([...START, [3000, { type: 'broker-lost', trouble: TROUBLE }], [500, { type: 'became-ready' }]]),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING (broker unreachable: redis://:***@cache/0 (Connection refused), retrying; the start timeout stands still)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 3.5 s)"
  `);
});

test('a lock that somebody else holds, and another after that', () => {
  expect(
    lines(
      [
        [0, { type: 'start-ordered' }],
        [10, { type: 'lock-refused', hindrance: { kind: 'lock', holder: HOLDER } }],
        [1000, { type: 'timer' }],
        [10, { type: 'lock-refused', hindrance: { kind: 'lock', holder: HOLDER } }],
        [1000, { type: 'timer' }],
        [
          10,
          {
            type: 'lock-refused',
            hindrance: { kind: 'lock', holder: { ...HOLDER, pid: 43, since: null, manifest: null } },
          },
        ],
        [1000, { type: 'timer' }],
        [10, { type: 'lock-acquired' }],
        [10, { type: 'spawned', pid: 100 }],
      ],
      { singleton: { kind: 'name', name: 'x' } },
    ),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> WAITING (asking for its lock)
    prodserver | worker.1 WAITING (the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock))
    prodserver | worker.1 WAITING (the lock is held by pid 43 (/run/lock/prodserver/beat.lock))
    prodserver | worker.1 WAITING -> STARTING (pid 100)"
  `);
});

test('stopped while it waits for its lock', () => {
  expect(
    lines(
      [
        [0, { type: 'start-ordered' }],
        [10, { type: 'lock-refused', hindrance: { kind: 'lock', holder: HOLDER } }],
        [500, { type: 'stop-ordered' }],
      ],
      { singleton: { kind: 'name', name: 'x' } },
    ),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> WAITING (asking for its lock)
    prodserver | worker.1 WAITING (the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock))
    prodserver | worker.1 WAITING -> STOPPED"
  `);
});

test('an end for good', () => {
  expect(lines([...START, [900, exited(2)], [5, { type: 'swept' }]])).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> FATAL (exit code 2: another attempt cannot help)"
  `);
  const restart = { ...spec().restart, policy: 'never' as const };
  expect(lines([...RUN, [900, exited(0)], [5, { type: 'swept' }]], { restart })).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1.5 s)
    prodserver | worker.1 RUNNING -> EXITED (exit code 0 after 2.4 s)"
  `);
  const once = { ...spec().restart, maxAttempts: 1 };
  expect(lines([...START, [900, exited(1)], [5, { type: 'swept' }]], { restart: once }))
    .toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> FATAL (given up after 1 attempts; the last: exit code 1)"
  `);
});

test('a program that is not there, and a system that has no room', () => {
  const missing = failure('program-missing', { program: 'celery', searched: ['/bin', '/usr/bin'] });
  const refused = failure('spawn-refused', { errno: 'EAGAIN', detail: 'fork' });
  const started: readonly [number, Told] = [0, { type: 'start-ordered' }];
  expect(
    lines([started, [5, { type: 'spawn-failed', failure: missing, permanent: true }]]),
  ).toMatchInlineSnapshot(`"prodserver | worker.1 STOPPED -> FATAL (there is no "celery" in PATH)"`);
  expect(
    lines([
      started,
      [5, { type: 'spawn-failed', failure: refused, permanent: false }],
      [2000, { type: 'stop-ordered' }],
    ]),
  ).toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> BACKOFF (the system refused to start a process: EAGAIN; next start in 1 s)
    prodserver | worker.1 BACKOFF -> STOPPED"
  `);
});

test('a kill at once', () => {
  expect(lines([...RUN, [5000, { type: 'kill-ordered' }], [10, exited('SIGKILL')], [10, { type: 'swept' }]]))
    .toMatchInlineSnapshot(`
    "prodserver | worker.1 STOPPED -> STARTING (pid 100)
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1.5 s)
    prodserver | worker.1 RUNNING -> STOPPING (SIGKILL the whole tree of pid 100, up to 1 s)
    prodserver | worker.1 STOPPING -> STOPPED (ended by SIGKILL after 6.5 s)"
  `);
});

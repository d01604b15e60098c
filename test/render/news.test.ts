/** Every kind of news, for people and as JSON. */
import pino from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { failure } from '../../src/model/failure.ts';
import { newJsonPresenter, newTextPresenter } from '../../src/render/news.ts';
import { newPaint } from '../../src/render/paint.ts';
import { newMachine } from '../../src/supervisor/machine.ts';
import type { News } from '../../src/supervisor/news.ts';
import type { Machine, Policy } from '../../src/supervisor/state.ts';
import { newStory } from './story.ts';
import { PLAIN, spec } from './support.ts';

/** An error whose stack is the same everywhere. */
function fault(): Error {
  const error = new Error('x is undefined', { cause: new Error('deeper') });
  error.stack = 'Error: x is undefined\n    at step (machine.ts:1:2)';
  (error.cause as Error).stack = 'Error: deeper\n    at deep (state.ts:3:4)';
  return error;
}

const line = (instance: string, stream: 'stdout' | 'stderr', text: string, cut = false): News => ({
  type: 'line',
  line: { instance, stream, text, cut },
});
const tell = newStory(spec());
const MANUAL = { kind: 'manual' } as const;
const MEMORY = {
  kind: 'memory',
  memory: 'pss',
  usedBytes: 537_185_485,
  limitBytes: 512 * 1024 ** 2,
  hard: false,
} as const;
type Failed = Extract<News, { type: 'replacement-failed' }>;
const failedBy = (why: Failed['why'], change: Partial<Failed> = {}): News => ({
  type: 'replacement-failed',
  spec: spec(),
  cause: MANUAL,
  serving: 1,
  generation: 2,
  why,
  state: 'RUNNING',
  ...change,
});
const ready: Machine = {
  ...newMachine({} as Policy, 0),
  state: { id: 'RUNNING', since: 9000, generation: 1, pid: 102, trouble: null },
};

const ALL: readonly News[] = [
  {
    type: 'begun',
    manifest: '/srv/shop/prodserver.yaml',
    pid: 10,
    instances: ['web.1', 'worker.1'],
  },
  { type: 'failed', failure: failure('subreaper-missing', { detail: 'koffi is not installed' }) },
  ...tell(0, { type: 'start-ordered' }),
  ...tell(5, { type: 'spawned', pid: 100 }),
  line('worker.1', 'stdout', 'hello'),
  line('web.1', 'stderr', ''),
  line('worker.1', 'stderr', 'x'.repeat(10), true),
  ...tell(1000, { type: 'became-ready' }),
  ...tell(1000, { type: 'exited', exit: { code: 1, signal: null }, refusal: null }),
  ...tell(5, { type: 'swept' }),
  ...tell(5, { type: 'spawned', pid: 101 }),
  ...tell(5, { type: 'exited', exit: { code: 2, signal: null }, refusal: null }),
  ...tell(5, { type: 'swept' }),
  { type: 'ordered', signal: 'SIGTERM', order: 'stop' },
  { type: 'ordered', signal: null, order: 'stop' },
  { type: 'ordered', signal: 'SIGINT', order: 'step' },
  { type: 'ordered', signal: 'SIGTERM', order: 'kill' },
  { type: 'listening', address: '127.0.0.1:9180', token: false },
  { type: 'listening', address: '0.0.0.0:9180', token: true },
  { type: 'reopened', any: false },
  { type: 'reopened', any: true },
  { type: 'ordered', signal: null, order: 'restart' },
  { type: 'ordered', signal: 'SIGHUP', order: 'update' },
  {
    type: 'stopping',
    waitingFor: [
      { instance: 'web.1', pid: 99, tasks: null, elapsedMs: 12_000, totalMs: 45_000 },
      { instance: 'worker.1', pid: null, tasks: 2, elapsedMs: 500, totalMs: 60_000 },
    ],
  },
  { type: 'replacing', spec: spec(), generation: 2, cause: MEMORY },
  {
    type: 'changed',
    spec: spec(),
    generation: 2,
    from: { id: 'STOPPED', since: 0, ordered: false },
    machine: ready,
    at: 9000,
    uptimeMs: 2100,
  },
  { type: 'replaced', spec: spec(), cause: MEMORY, tasks: 10_231, readyMs: 2100, drainedMs: 400 },
  { type: 'replacing', spec: spec(), generation: null, cause: { ...MEMORY, hard: true, memory: 'main' } },
  {
    type: 'replaced',
    spec: spec(),
    cause: { kind: 'max-tasks', done: 10_231, limit: 10_000 },
    tasks: 10_232,
    readyMs: 949,
    drainedMs: 61_000,
  },
  {
    type: 'replaced',
    spec: spec(),
    cause: { kind: 'max-age', ageMs: 86_400_000, limitMs: 82_800_000 },
    tasks: 1,
    readyMs: null,
    drainedMs: 0,
  },
  {
    type: 'replaced',
    spec: spec(),
    cause: { kind: 'schedule', pattern: '0 4 * * *' },
    tasks: null,
    readyMs: 2000,
    drainedMs: 400,
  },
  { type: 'replaced', spec: spec(), cause: MANUAL, tasks: 7, readyMs: 2000, drainedMs: 400 },
  failedBy({ kind: 'crash', exit: { code: 1, signal: null } }),
  failedBy({ kind: 'permanent-exit', exit: { code: 2, signal: null } }, { state: 'BACKOFF' }),
  failedBy({ kind: 'failure', failure: failure('successor-silent', { ms: 30_000 }) }),
  failedBy({ kind: 'start-timeout', exit: { code: 0, signal: null } }, { generation: 1 }),
  { type: 'crashed', error: fault() },
  { type: 'crashed', error: 'not even an Error' },
  { type: 'dump', state: { supervisors: 1, names: ['web'] } },
  { type: 'over' },
];

test('for people', () => {
  const presenter = newTextPresenter(['web.1', 'worker.1'], PLAIN);
  expect(ALL.flatMap((news) => presenter.lines(news)).join('\n')).toMatchInlineSnapshot(`
    "prodserver | pid 10, /srv/shop/prodserver.yaml: web.1, worker.1
    prodserver | warning: orphaned grandchildren cannot be adopted or reaped (koffi is not installed) [subreaper-missing]
    prodserver |   install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini
    prodserver | worker.1 STOPPED -> STARTING (pid 100)
    worker.1   | hello
    web.1      | 
    worker.1   | xxxxxxxxxx [cut]
    prodserver | worker.1 STARTING -> RUNNING (pid 100, ready after 1 s)
    prodserver | worker.1 RUNNING -> STARTING (exit code 1; started again: pid 101)
    prodserver | worker.1 STARTING -> FATAL (exit code 2: another attempt cannot help)
    prodserver | SIGTERM: stopping in order (again: faster; a third time: kill)
    prodserver | stopping, as a command asks
    prodserver | SIGINT: every stop takes its next step
    prodserver | SIGTERM: killing what is left
    prodserver | listening for HTTP on 127.0.0.1:9180
    prodserver | listening for HTTP on 0.0.0.0:9180, with a token
    prodserver | SIGUSR1: there are no log files to reopen
    prodserver | SIGUSR1: log files reopened
    prodserver | restarting, as a command asks
    prodserver | SIGHUP: reading the manifest again
    prodserver | stopping: waiting for web.1 (pid 99, 12 s of 45 s), worker.1 (2 tasks running, 500 ms of 1 min)
    prodserver | worker.1: replacing it: 512.3 MiB PSS > 512 MiB; starting worker.1.g2
    prodserver | worker.1.g2 STOPPED -> RUNNING (pid 102, ready after 2.1 s)
    prodserver | worker.1 recycled: 512.3 MiB PSS > 512 MiB after 10,231 tasks; successor ready in 2.1 s; drained in 0.4 s
    prodserver | worker.1: replacing it: 512.3 MiB RSS of its main process > 512 MiB, the hard limit; it stops before it starts
    prodserver | worker.1 recycled: 10,231 tasks, limit 10,000; successor ready in 0.9 s; drained in 1 min 1 s
    prodserver | worker.1 recycled: 1 d old, limit 23 h, after 1 task; drained in 0.0 s
    prodserver | worker.1 recycled: its schedule "0 4 * * *"; successor ready in 2 s; drained in 0.4 s
    prodserver | worker.1 restarted, as a command asks, after 7 tasks; successor ready in 2 s; drained in 0.4 s
    prodserver | worker.1: could not be replaced (as a command asks): worker.1.g2: exit code 1; worker.1 goes on
    prodserver | worker.1: could not be replaced (as a command asks): worker.1.g2: exit code 2: another attempt cannot help; worker.1 is BACKOFF
    prodserver | worker.1: could not be replaced (as a command asks): worker.1.g2: it was ready, and reported nothing for 30 s; worker.1 goes on
    prodserver | worker.1: could not be replaced (as a command asks): not ready in time, exit code 0
    prodserver | a fault of prodserver itself; supervision goes on
    prodserver | Error: x is undefined
    prodserver |     at step (machine.ts:1:2)
    prodserver | caused by: Error: deeper
    prodserver |     at deep (state.ts:3:4)
    prodserver | a fault of prodserver itself; supervision goes on
    prodserver | not even an Error
    prodserver | state: {"supervisors":1,"names":["web"]}
    prodserver | everything has ended"
  `);
  expect(presenter.lost(1, 'stdout')).toMatchInlineSnapshot(
    `"prodserver | 1 log line dropped: nobody read them in time"`,
  );
  expect(presenter.lost(2, 'file')).toMatchInlineSnapshot(
    `"prodserver | 2 log lines dropped: they could not be written in time"`,
  );
  expect(presenter.lost(12_000, 'stdout')).toMatchInlineSnapshot(
    `"prodserver | 12000 log lines dropped: nobody read them in time"`,
  );
});

describe('as JSON', () => {
  const newPresenter = (): ReturnType<typeof newJsonPresenter> =>
    newJsonPresenter(
      (write) => pino({ base: { pid: 10 }, timestamp: () => ',"time":1700000000000' }, { write }),
      () => 1_700_000_000_000,
    );

  test('one object a line', () => {
    const presenter = newPresenter();
    expect(ALL.flatMap((news) => presenter.lines(news)).join('\n')).toMatchInlineSnapshot(`
      "{"level":30,"time":1700000000000,"pid":10,"msg":"pid 10, /srv/shop/prodserver.yaml: web.1, worker.1"}
      {"level":40,"time":1700000000000,"pid":10,"code":"subreaper-missing","facts":{"detail":"koffi is not installed"},"msg":"warning: orphaned grandchildren cannot be adopted or reaped (koffi is not installed) [subreaper-missing]\\n  install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","generation":1,"from":"STOPPED","to":"STARTING","msg":"worker.1 STARTING (pid 100)"}
      {"time":1700000000000,"process":"worker","instance":"worker.1","stream":"stdout","line":"hello"}
      {"time":1700000000000,"process":"web","instance":"web.1","stream":"stderr","line":""}
      {"time":1700000000000,"process":"worker","instance":"worker.1","stream":"stderr","line":"xxxxxxxxxx","cut":true}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","generation":1,"from":"STARTING","to":"RUNNING","msg":"worker.1 RUNNING (pid 100, ready after 1 s)"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","generation":1,"from":"RUNNING","to":"STARTING","msg":"worker.1 STARTING (exit code 1; started again: pid 101)"}
      {"level":50,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","generation":1,"from":"STARTING","to":"FATAL","msg":"worker.1 FATAL (exit code 2: another attempt cannot help)"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGTERM: stopping in order (again: faster; a third time: kill)"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"stopping, as a command asks"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGINT: every stop takes its next step"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGTERM: killing what is left"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"listening for HTTP on 127.0.0.1:9180"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"listening for HTTP on 0.0.0.0:9180, with a token"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGUSR1: there are no log files to reopen"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGUSR1: log files reopened"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"restarting, as a command asks"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"SIGHUP: reading the manifest again"}
      {"level":30,"time":1700000000000,"pid":10,"waiting_for":[{"instance":"web.1","pid":99,"tasks":null,"elapsedMs":12000,"totalMs":45000},{"instance":"worker.1","pid":null,"tasks":2,"elapsedMs":500,"totalMs":60000}],"msg":"stopping: waiting for web.1 (pid 99, 12 s of 45 s), worker.1 (2 tasks running, 500 ms of 1 min)"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"memory","generation":2,"msg":"worker.1: replacing it: 512.3 MiB PSS > 512 MiB; starting worker.1.g2"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","generation":2,"from":"STOPPED","to":"RUNNING","msg":"worker.1.g2 RUNNING (pid 102, ready after 2.1 s)"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"memory","tasks":10231,"ready_ms":2100,"drained_ms":400,"msg":"worker.1 recycled: 512.3 MiB PSS > 512 MiB after 10,231 tasks; successor ready in 2.1 s; drained in 0.4 s"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"memory","generation":null,"msg":"worker.1: replacing it: 512.3 MiB RSS of its main process > 512 MiB, the hard limit; it stops before it starts"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"max-tasks","tasks":10232,"ready_ms":949,"drained_ms":61000,"msg":"worker.1 recycled: 10,231 tasks, limit 10,000; successor ready in 0.9 s; drained in 1 min 1 s"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"max-age","tasks":1,"ready_ms":null,"drained_ms":0,"msg":"worker.1 recycled: 1 d old, limit 23 h, after 1 task; drained in 0.0 s"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"schedule","tasks":null,"ready_ms":2000,"drained_ms":400,"msg":"worker.1 recycled: its schedule \\"0 4 * * *\\"; successor ready in 2 s; drained in 0.4 s"}
      {"level":30,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"manual","tasks":7,"ready_ms":2000,"drained_ms":400,"msg":"worker.1 restarted, as a command asks, after 7 tasks; successor ready in 2 s; drained in 0.4 s"}
      {"level":40,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"manual","generation":2,"msg":"worker.1: could not be replaced (as a command asks): worker.1.g2: exit code 1; worker.1 goes on"}
      {"level":40,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"manual","generation":2,"msg":"worker.1: could not be replaced (as a command asks): worker.1.g2: exit code 2: another attempt cannot help; worker.1 is BACKOFF"}
      {"level":40,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"manual","generation":2,"msg":"worker.1: could not be replaced (as a command asks): worker.1.g2: it was ready, and reported nothing for 30 s; worker.1 goes on"}
      {"level":40,"time":1700000000000,"pid":10,"process":"worker","instance":"worker.1","reason":"manual","generation":1,"msg":"worker.1: could not be replaced (as a command asks): not ready in time, exit code 0"}
      {"level":50,"time":1700000000000,"pid":10,"stack":"Error: x is undefined\\n    at step (machine.ts:1:2)\\ncaused by: Error: deeper\\n    at deep (state.ts:3:4)","msg":"a fault of prodserver itself; supervision goes on"}
      {"level":50,"time":1700000000000,"pid":10,"stack":"not even an Error","msg":"a fault of prodserver itself; supervision goes on"}
      {"level":30,"time":1700000000000,"pid":10,"state":{"supervisors":1,"names":["web"]},"msg":"state"}
      {"level":30,"time":1700000000000,"pid":10,"msg":"everything has ended"}"
    `);
    expect(presenter.lost(1, 'stdout')).toMatchInlineSnapshot(
      `"{"level":40,"time":1700000000000,"dropped":1,"msg":"1 log line dropped: nobody read them in time"}"`,
    );
  });

  test('every line is an object with its time, and a child’s line breaks nothing', () => {
    const presenter = newPresenter();
    const nasty = line('worker.1', 'stdout', '"}\u2028\u001B[31m\ttab\rback');
    for (const text of [...ALL, nasty].flatMap((news) => presenter.lines(news))) {
      expect(text).not.toMatch(/[\n\r]/);
      expect(JSON.parse(text)).toMatchObject({ time: 1_700_000_000_000 });
    }
    expect(JSON.parse(presenter.lines(nasty)[0] ?? '')).toMatchObject({
      process: 'worker',
      instance: 'worker.1',
      stream: 'stdout',
      line: '"}\u2028\u001B[31m\ttab\rback',
    });
  });
});

test('each process has its colour', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', '1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const presenter = newTextPresenter(['web.1', 'worker.1'], newPaint(true));
  const two = [line('web.1', 'stdout', 'a'), line('worker.1', 'stdout', 'b')];
  const [web, worker] = two.flatMap((news) => presenter.lines(news));
  expect(web).toBe('\u001B[36mweb.1      | \u001B[39ma');
  expect(worker).toBe('\u001B[33mworker.1   | \u001B[39mb');
});

test('the prefix is as wide as the longest name', () => {
  const presenter = newTextPresenter(['a-name-that-is-long.1', 'b.1'], PLAIN);
  expect(presenter.lines(line('b.1', 'stdout', 'x'))).toEqual(['b.1                   | x']);
  expect(presenter.lines({ type: 'over' })).toEqual(['prodserver            | everything has ended']);
});

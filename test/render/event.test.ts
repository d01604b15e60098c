/** News as events. */
import { expect, test } from 'vitest';
import type { EventBody } from '../../src/control/records.ts';
import { failure } from '../../src/model/failure.ts';
import { eventLines, eventsLostText, newEventMaker } from '../../src/render/event.ts';
import { newPaint } from '../../src/render/paint.ts';
import { newStory } from './story.ts';
import { PLAIN, spec } from './support.ts';

const one = (body: EventBody) => ({ id: 1, time: '2026-05-01T12:00:00.000Z', supervisor_pid: 10, ...body });

test('a life: each event with its states, its reason and its exit; a step in between is none', () => {
  const tell = newStory(spec());
  const eventOf = newEventMaker();
  const events = [
    ...tell(0, { type: 'start-ordered' }),
    ...tell(5, { type: 'spawned', pid: 100 }),
    ...tell(900, { type: 'became-ready' }),
    ...tell(60_000, { type: 'exited', exit: { code: null, signal: 'SIGKILL' }, refusal: null }),
    ...tell(1, { type: 'swept' }),
    ...tell(0, { type: 'spawned', pid: 101 }),
    ...tell(7, { type: 'stop-ordered' }),
    ...tell(9, { type: 'exited', exit: { code: 0, signal: null }, refusal: null }),
    ...tell(1, { type: 'swept' }),
  ].flatMap((news) => eventOf(news) ?? []);
  const words = events.map(({ level, from, to, reason, pid, exit }) =>
    [level, from, to, reason, pid, exit?.code ?? exit?.signal ?? null].join(' '),
  );
  expect([words, events.map(({ message }) => message)]).toMatchInlineSnapshot(`
    [
      [
        "info STOPPED STARTING  100 ",
        "info STARTING RUNNING  100 ",
        "info RUNNING STARTING  101 ",
        "info STARTING STOPPING manual 101 ",
        "info STOPPING STOPPED manual  0",
      ],
      [
        "worker.1 STOPPED -> STARTING (pid 100)",
        "worker.1 STARTING -> RUNNING (pid 100, ready after 900 ms)",
        "worker.1 RUNNING -> STARTING (ended by SIGKILL; started again: pid 101)",
        "worker.1 STARTING -> STOPPING (SIGTERM to pid 101, up to 10 s)",
        "worker.1 STOPPING -> STOPPED (exit code 0 after 17 ms)",
      ],
    ]
  `);
});

test('what is no change of state', () => {
  const eventOf = newEventMaker();
  const facts = (['process', 'instance', 'level', 'reason'] as const).map((key) => key);
  const seen = [
    eventOf({ type: 'dump', state: {} }),
    eventOf({ type: 'line', line: { instance: 'web.1', stream: 'stdout', text: 'hello', cut: false } }),
    eventOf({ type: 'ordered', signal: 'SIGTERM', order: 'stop' }),
    eventOf({ type: 'failed', failure: failure('subreaper-missing', { detail: 'no koffi' }) }),
    eventOf({ type: 'removed', spec: spec() }),
    eventOf({ type: 'decided', instance: 'web.1', state: 'FATAL' }),
    eventOf({ type: 'over' }),
  ].map((event) => event && [event.type, ...facts.map((key) => event[key]), event.message]);
  expect(seen).toMatchInlineSnapshot(`
    [
      null,
      null,
      [
        "ordered",
        null,
        null,
        "info",
        "stop",
        "SIGTERM: stopping in order (again: faster; a third time: kill)",
      ],
      [
        "failed",
        null,
        null,
        "warn",
        "subreaper-missing",
        "warning: orphaned grandchildren cannot be adopted or reaped (no koffi) [subreaper-missing]
      install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini",
      ],
      [
        "removed",
        "worker",
        "worker.1",
        "info",
        null,
        "worker.1 removed",
      ],
      [
        "decided",
        "web",
        "web.1",
        "info",
        null,
        "stopping everything, since web.1 is FATAL",
      ],
      [
        "over",
        null,
        null,
        "info",
        null,
        "everything has ended",
      ],
    ]
  `);
});

test('for people: as start shows it, each line with its prefix', () => {
  const eventOf = newEventMaker();
  const failed = eventOf({ type: 'failed', failure: failure('subreaper-missing', { detail: 'no koffi' }) });
  const [changed] = newStory(spec())(0, { type: 'start-ordered' });
  if (failed === null || changed === undefined) throw new Error('no events');
  expect(eventLines(one(failed), PLAIN, '')).toMatchInlineSnapshot(`
    [
      "prodserver | warning: orphaned grandchildren cannot be adopted or reaped (no koffi) [subreaper-missing]",
      "prodserver |   install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini",
    ]
  `);
  expect(
    eventLines(
      one({ ...failed, from: 'STARTING', to: 'RUNNING', message: 'web.1 STARTING -> RUNNING (pid 1)' }),
      newPaint(true),
      'T ',
    ),
  ).toMatchInlineSnapshot(`
    [
      "T [2mprodserver | [22mweb.1 STARTING -> [32mRUNNING[39m (pid 1)",
    ]
  `);
  expect(eventsLostText(1, PLAIN)).toBe('prodserver | 1 event dropped: nobody read them in time');
});

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
  expect([words, events.map(({ message }) => message)]).toMatchInlineSnapshot();
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
  expect(seen).toMatchInlineSnapshot();
});

test('for people: as start shows it, each line with its prefix', () => {
  const eventOf = newEventMaker();
  const failed = eventOf({ type: 'failed', failure: failure('subreaper-missing', { detail: 'no koffi' }) });
  const [changed] = newStory(spec())(0, { type: 'start-ordered' });
  if (failed === null || changed === undefined) throw new Error('no events');
  expect(eventLines(one(failed), PLAIN, '')).toMatchInlineSnapshot();
  expect(
    eventLines(
      one({ ...failed, from: 'STARTING', to: 'RUNNING', message: 'web.1 STARTING -> RUNNING (pid 1)' }),
      newPaint(true),
      'T ',
    ),
  ).toMatchInlineSnapshot();
  expect(eventsLostText(1, PLAIN)).toBe('prodserver | 1 event dropped: nobody read them in time');
});

/** Keeps the last events and lines, and lets whoever asks read on. */
import { pour } from '../control/pour.ts';
import type { EventBody, EventRecord } from '../control/records.ts';
import type { Control } from '../control/server.ts';
import { newHistory } from '../logs/history.ts';
import { newTurns } from '../logs/turns.ts';
import type { Clock } from '../model/clock.ts';
import type { Piece, StreamName } from '../model/line.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { News } from '../supervisor/news.ts';
import { newEventFeed, newLineFeed, type Bell } from './feeds.ts';

/** Some hours of a set in trouble, a month of one that works; about a megabyte where none is unusually long. */
const EVENT_LIMIT = 1000;
/** What one event may say: the stack of a fault, the findings of a manifest. Characters. */
const MESSAGE_LIMIT = 8 * 1024;
/** Each costs a descriptor, and some 100 KiB while it is slow. */
const READER_LIMIT = 64;

export interface Chronicle {
  note(news: News): void;
  keep(spec: Pick<ProcessSpec, 'instance'>, stream: StreamName, pieces: readonly Piece[]): void;
  readonly stream: Control['stream'];
  /** All has been told: resolves when every reader has it, or has had its time. */
  close(): Promise<void>;
}

/** `eventOf`: null for what is no event. */
export function newChronicle(clock: Clock, eventOf: (news: News) => EventBody | null): Chronicle {
  const history = newHistory();
  const kept: EventRecord[] = [];
  const turns = newTurns(clock);
  const lines = newBell();
  const events = newBell();
  const epoch = clock.wall().toString(36);
  let id = 0;
  let readers = 0;
  let over = false;
  let whenNone: () => void = () => undefined;

  return {
    note(news) {
      const body = eventOf(news);
      if (body === null) return;
      id += 1;
      const time = new Date(clock.wall()).toISOString();
      const message = body.message.slice(0, MESSAGE_LIMIT);
      kept.push({ id, time, supervisor_pid: process.pid, ...body, message });
      if (kept.length > EVENT_LIMIT) kept.shift();
      events.ring();
    },
    keep({ instance }, stream, pieces) {
      history.add(instance, stream, pieces, clock.wall());
      lines.ring();
    },
    stream(kind, asked, reader) {
      if (readers >= READER_LIMIT || over) return false;
      readers += 1;
      const gone = (): void => {
        readers -= 1;
        if (readers === 0) whenNone();
      };
      const feed =
        kind === 'logs'
          ? newLineFeed(
              history,
              asked,
              lines.bell(() => over),
              gone,
            )
          : newEventFeed(
              kept,
              asked,
              epoch,
              events.bell(() => over),
              gone,
            );
      pour(feed, reader, clock, (work) => turns.add(work));
      return true;
    },
    async close() {
      over = true;
      const none = new Promise<void>((done) => (whenNone = done));
      lines.ring();
      events.ring();
      if (readers > 0) await none;
    },
  };
}

function newBell(): { ring(): void; bell(over: () => boolean): Bell } {
  const watchers = new Set<() => void>();
  return {
    ring() {
      for (const more of watchers) more();
    },
    bell: (over) => ({
      watch(more) {
        watchers.add(more);
        return () => void watchers.delete(more);
      },
      over,
    }),
  };
}

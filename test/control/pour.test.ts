/** A reader that is slow, stuck or gone. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { pour, type Feed, type StreamReader } from '../../src/control/pour.ts';
import { FakeClock } from '../logs/support.ts';

/** Takes so many parts until it is full. */
class FakeReader extends EventEmitter {
  readonly said: string[] = [];
  room = Infinity;
  destroyed = false;
  writableEnded = false;

  writeHead(status: number, head: Record<string, string>): void {
    this.said.push(`${status} ${head['content-type']}`);
  }
  flushHeaders(): void {}
  write(text: string): boolean {
    this.said.push(text);
    this.room -= 1;
    return this.room > 0;
  }
  end(): void {
    this.writableEnded = true;
    this.said.push('end');
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.said.push('destroyed');
    this.emit('close');
  }
}

function begin(parts: string[], room = Infinity) {
  const clock = new FakeClock();
  const reader = new FakeReader();
  reader.room = room;
  const state = { over: false, closed: 0, more: (): void => undefined };
  const feed: Feed = {
    type: 'application/x-ndjson',
    read: () => parts.shift() ?? null,
    over: () => state.over,
    watch: (more) => void (state.more = more),
    close: () => void (state.closed += 1),
  };
  // Everybody has their turn at once.
  pour(feed, reader as unknown as StreamReader, clock, (work) => {
    while (work());
    return () => undefined;
  });
  return { clock, reader, state, parts };
}

test('what there is, then what comes, then the end', () => {
  const { clock, reader, state, parts } = begin(['a', 'b']);
  expect(reader.said).toEqual(['200 application/x-ndjson', 'a', 'b']);
  parts.push('c');
  state.more();
  parts.push('d');
  state.over = true;
  state.more();
  expect(reader.said.slice(3)).toEqual(['c', 'd', 'end']);
  reader.emit('close');
  expect([state.closed, clock.armed]).toEqual([1, 0]);
});

test('a full reader is given nothing more until it has read; after ten minutes it is cut off', () => {
  const { clock, reader, state } = begin(['a', 'b', 'c', 'd'], 2);
  state.more();
  expect(reader.said.slice(1)).toEqual(['a', 'b']);
  reader.room = 1;
  reader.emit('drain');
  expect(reader.said.slice(1)).toEqual(['a', 'b', 'c']);
  clock.pass(599_999);
  expect(reader.destroyed).toBe(false);
  clock.pass(1);
  expect([reader.destroyed, state.closed, clock.armed]).toEqual([true, 1, 0]);
});

test('at the end a full reader has a second; so has one that does not take the rest', () => {
  const full = begin(['a', 'b'], 1);
  full.state.over = true;
  full.state.more();
  full.clock.pass(1000);
  expect(full.reader.said.slice(1)).toEqual(['a', 'destroyed']);

  const silent = begin([]);
  silent.state.over = true;
  silent.state.more();
  silent.clock.pass(1000);
  expect(silent.reader.said.slice(1)).toEqual(['end', 'destroyed']);
});

test('one that has gone is written to no more', () => {
  const { reader, state, parts } = begin(['a']);
  reader.emit('error', new Error('EPIPE'));
  parts.push('b');
  state.more();
  expect(reader.said.slice(1)).toEqual(['a', 'destroyed']);
  expect(state.closed).toBe(1);
});

test('a stream that has a word for it says every 15 s that it lives, but to nobody who is full', () => {
  const clock = new FakeClock();
  const reader = new FakeReader();
  const feed: Feed = {
    type: 'text/event-stream',
    beat: ':\n\n',
    read: () => null,
    over: () => false,
    watch: () => undefined,
    close: () => undefined,
  };
  pour(feed, reader as unknown as StreamReader, clock, (work) => {
    while (work());
    return () => undefined;
  });
  clock.pass(14_999);
  expect(reader.said).toEqual(['200 text/event-stream']);
  reader.room = 2;
  clock.pass(60_001);
  expect(reader.said.slice(1)).toEqual([':\n\n', ':\n\n']);
  reader.room = 2;
  reader.emit('drain');
  clock.pass(15_000);
  expect(reader.said.slice(1)).toEqual([':\n\n', ':\n\n', ':\n\n']);
  reader.destroy();
  expect(clock.armed).toBe(0);
});

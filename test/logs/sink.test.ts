/** A reader that is slow, stuck, back again or gone. */
import { describe, expect, test } from 'vitest';
import { newSink, type Sink } from '../../src/logs/sink.ts';
import type { WhenFull } from '../../src/model/spec.ts';
import { FakeClock, FakeOutlet, turn } from './support.ts';

const KIB = 1024;
/** A line of so many bytes with its end. */
const line = (bytes: number, char = 'x'): string => `${char.repeat(bytes - 1)}\n`;
const write = (sink: Sink, text: string): boolean => sink.write(Buffer.from(text), 1);

interface World {
  readonly sink: Sink;
  readonly outlet: FakeOutlet;
  readonly clock: FakeClock;
  /** Every call of pause and resume. */
  readonly pressure: string[];
}

function newWorld(whenFull: WhenFull = 'drop'): World {
  const outlet = new FakeOutlet();
  const clock = new FakeClock();
  const pressure: string[] = [];
  const sink = newSink(outlet, clock, { lost: (count) => `[${count} lost]\n`, whenFull });
  sink.onPressure(
    () => pressure.push('pause'),
    () => pressure.push('resume'),
  );
  return { sink, outlet, clock, pressure };
}

function fill(sink: Sink, bytes: number): void {
  for (let written = 0; written < bytes; written += KIB) write(sink, line(KIB));
}

/** Reads `room` bytes at a time until the sink waits no more, and gives up where it waits for ever. */
function readAll(outlet: FakeOutlet, room = Infinity, before = (): void => undefined): void {
  for (let reads = 0; outlet.waitedFor; reads += 1) {
    if (reads === 10_000) throw new Error('the sink waits for ever');
    before();
    outlet.read(room);
  }
}

describe('a reader that reads', () => {
  test('gets every line, those of one turn in one write', async () => {
    const { sink, outlet } = newWorld();
    write(sink, 'one\n');
    write(sink, 'two\n');
    expect(outlet.text).toBe('');
    await turn();
    expect([outlet.text, outlet.writes]).toEqual(['one\ntwo\n', 1]);
    write(sink, 'three\n');
    await turn();
    expect([outlet.text, outlet.writes]).toEqual(['one\ntwo\nthree\n', 2]);
  });

  test('gets characters that were torn between two writes whole', async () => {
    const { sink, outlet } = newWorld();
    const taken: Buffer[] = [];
    outlet.write = (bytes) => {
      taken.push(Buffer.from(bytes.subarray(0, 2)));
      return Math.min(2, bytes.length);
    };
    write(sink, '表🐍é\n');
    await turn();
    readAll(outlet, 2);
    expect(Buffer.concat(taken).toString()).toBe('表🐍é\n');
  });
});

describe('a slow reader', () => {
  test('pauses the sources past 256 KiB and lets them go on below 64', async () => {
    const { sink, outlet, pressure } = newWorld();
    outlet.room = 0;
    fill(sink, 256 * KIB);
    await turn();
    expect(pressure).toEqual([]);
    write(sink, line(KIB));
    expect(pressure).toEqual(['pause']);
    outlet.read(193 * KIB);
    expect(pressure).toEqual(['pause']);
    outlet.read(1);
    expect(pressure).toEqual(['pause', 'resume']);
  });

  test('loses nothing while it reads at all', async () => {
    const { sink, outlet, clock } = newWorld();
    outlet.room = 0;
    fill(sink, 1000 * KIB);
    await turn();
    readAll(outlet, 10 * KIB, () => clock.pass(900));
    expect(outlet.text).toHaveLength(1000 * KIB);
    expect(sink.dropped()).toBe(0);
  });
});

describe('a stuck reader', () => {
  test('lets the sources go on after a second', async () => {
    const { sink, outlet, clock, pressure } = newWorld();
    outlet.room = 0;
    fill(sink, 300 * KIB);
    await turn();
    expect(pressure).toEqual(['pause']);
    clock.pass(999);
    expect(pressure).toEqual(['pause']);
    clock.pass(1);
    expect(pressure).toEqual(['pause', 'resume']);
    fill(sink, 100 * KIB);
    expect(pressure).toEqual(['pause', 'resume']);
  });

  test('never makes the queue longer than 1 MiB; the rest is dropped and counted', async () => {
    const { sink, outlet } = newWorld();
    outlet.room = 0;
    fill(sink, 3 * KIB * KIB);
    await turn();
    expect(sink.dropped()).toBe(2 * KIB);
    readAll(outlet);
    expect(outlet.text).toBe(`${line(KIB).repeat(KIB)}[${2 * KIB} lost]\n`);
  });

  test('is told of the loss once, and of the next loss again', async () => {
    const { sink, outlet } = newWorld();
    for (const [round, extra] of [1, 3].entries()) {
      outlet.room = 0;
      fill(sink, (KIB + extra) * KIB);
      await turn();
      outlet.text = '';
      readAll(outlet);
      expect(outlet.text.replaceAll(line(KIB), ''), `round ${round}`).toBe(`[${extra} lost]\n`);
    }
    expect(sink.dropped()).toBe(4);
  });

  test('that comes back is one whose pressure counts again', async () => {
    const { sink, outlet, clock, pressure } = newWorld();
    outlet.room = 0;
    fill(sink, 300 * KIB);
    await turn();
    clock.pass(1000);
    outlet.read(300 * KIB);
    outlet.room = 0;
    fill(sink, 300 * KIB);
    expect(pressure).toEqual(['pause', 'resume', 'pause']);
  });
});

test('with block the sources wait for as long as it takes, and nothing is dropped', async () => {
  const { sink, outlet, clock, pressure } = newWorld('block');
  outlet.room = 0;
  fill(sink, 300 * KIB);
  await turn();
  clock.pass(3_600_000);
  expect(pressure).toEqual(['pause']);
  readAll(outlet);
  expect([pressure, sink.dropped(), outlet.text.length]).toEqual([['pause', 'resume'], 0, 300 * KIB]);
});

test('the word about a loss inside a line begins a line', async () => {
  const { sink, outlet } = newWorld();
  outlet.room = 0;
  expect(write(sink, 'x'.repeat(KIB * KIB))).toBe(true);
  expect(sink.write(Buffer.from('one\ntwo\n'), 2)).toBe(false);
  await turn();
  readAll(outlet);
  expect(outlet.text).toBe(`${'x'.repeat(KIB * KIB)}\n[2 lost]\n`);
});

test('the line about the loss goes out at once', async () => {
  const { sink, outlet } = newWorld();
  outlet.room = 0;
  fill(sink, (KIB + 1) * KIB);
  await turn();
  outlet.read(Infinity);
  expect(outlet.waitedFor).toBe(false);
});

test('lines of wide characters do not pass the bound', async () => {
  const { sink, outlet } = newWorld();
  outlet.room = 0;
  for (let written = 0; written < 4; written += 1) write(sink, `${'表'.repeat(100 * KIB)}\n`);
  await turn();
  outlet.read(Infinity);
  expect(Buffer.byteLength(outlet.text.replace(/\[.*/s, ''))).toBeLessThanOrEqual(KIB * KIB);
});

describe('a reader that is gone', () => {
  test('makes it silent, and the sources go on', async () => {
    const { sink, outlet, clock, pressure } = newWorld();
    outlet.room = 0;
    fill(sink, 300 * KIB);
    await turn();
    outlet.read(null);
    expect(pressure).toEqual(['pause', 'resume']);
    const { writes } = outlet;
    fill(sink, 3 * KIB * KIB);
    await turn();
    expect(outlet.writes).toBe(writes);
    expect(sink.dropped()).toBe(0);
    await sink.close(1000);
    expect(outlet.closed).toBe(true);
    expect(clock.armed).toBe(0);
  });
});

describe('the end', () => {
  test('waits for what is queued', async () => {
    const { sink, outlet, clock } = newWorld();
    write(sink, 'last words\n');
    await sink.close(2000);
    expect([outlet.text, outlet.closed, clock.armed]).toEqual(['last words\n', true, 0]);
  });

  test('has nothing to wait for', async () => {
    const { sink, outlet } = newWorld();
    await sink.close(2000);
    expect(outlet.closed).toBe(true);
  });

  test('waits for a slow reader until it has read', async () => {
    const { sink, outlet } = newWorld();
    outlet.room = 0;
    write(sink, 'last words\n');
    await turn();
    let over = false;
    const closed = sink.close(2000).then(() => (over = true));
    outlet.read(4);
    await turn();
    expect(over).toBe(false);
    outlet.read(Infinity);
    await closed;
    expect(outlet.text).toBe('last words\n');
  });

  test('waits no longer than its bound for a stuck one', async () => {
    const { sink, outlet, clock } = newWorld();
    outlet.room = 0;
    write(sink, 'never read\n');
    await turn();
    let over = false;
    const closed = sink.close(2000).then(() => (over = true));
    clock.pass(1999);
    await turn();
    expect(over).toBe(false);
    clock.pass(1);
    await closed;
    expect([outlet.closed, clock.armed]).toEqual([true, 0]);
  });

  test('a reader that goes meanwhile ends the wait', async () => {
    const { sink, outlet } = newWorld();
    outlet.room = 0;
    write(sink, 'never read\n');
    await turn();
    const closed = sink.close(2000);
    outlet.read(null);
    await closed;
    expect(outlet.closed).toBe(true);
  });

  test('waits for what was written in the same turn', async () => {
    const { sink, outlet } = newWorld();
    outlet.room = 0;
    write(sink, 'never read\n');
    const closed = sink.close(2000);
    await turn();
    outlet.read(Infinity);
    await closed;
    expect(outlet.text).toBe('never read\n');
  });
});

test('a reader that comes back after the end is left alone', async () => {
  const { sink, outlet, clock } = newWorld();
  outlet.room = 0;
  write(sink, 'never read\n');
  await turn();
  const closed = sink.close(10);
  clock.pass(10);
  await closed;
  expect(() => outlet.read(Infinity)).not.toThrow();
});

/** A stream's lines in slices: whole, in order, fair to others, and only while they are wanted. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { textOf } from '../../src/logs/framer.ts';
import { newReader, type Reader } from '../../src/logs/reader.ts';
import { newTurns } from '../../src/logs/turns.ts';
import { FakeClock, turn } from './support.ts';

interface World {
  readonly source: PassThrough;
  readonly reader: Reader;
  readonly lines: string[];
}

function newWorld(turns = newTurns(new FakeClock()), lines: string[] = [], name = ''): World {
  const source = new PassThrough();
  const reader = newReader(source, turns, (pieces) => {
    for (const piece of pieces) lines.push(`${name}${textOf(piece)}${piece.cut ? '...' : ''}`);
  });
  return { source, reader, lines };
}

const turnsPass = async (count = 5): Promise<void> => {
  for (let passed = 0; passed < count; passed += 1) await turn();
};

test('lines come whole and in order, the last without an end too', async () => {
  const { source, reader, lines } = newWorld();
  const numbers = Array.from({ length: 20_000 }, (_, index) => String(index));
  source.write(numbers.join('\n'));
  await turnsPass();
  source.write('\nlast');
  await turnsPass();
  await reader.close();
  expect(lines).toEqual([...numbers, 'last']);
});

test('the end of the stream is the end of its last line', async () => {
  const { source, lines } = newWorld();
  source.end('one\nlast');
  await turnsPass();
  expect(lines).toEqual(['one', 'last']);
});

test('a flood takes no more than its time of one turn, and others have theirs', async () => {
  const clock = new FakeClock();
  const turns = newTurns({ ...bound(clock), now: () => (clock.pass(1), clock.now()) });
  const lines: string[] = [];
  const flood = newWorld(turns, lines, 'flood');
  const calm = newWorld(turns, lines, 'calm');
  flood.source.write('\n'.repeat(200 * 1024));
  calm.source.write('here\n');
  await turn();
  await turn();
  // 5 ms at a millisecond for each 4 KiB of one of them.
  expect(lines.length).toBeLessThanOrEqual(2 * 6 * 4096);
  expect(lines).toContain('calmhere');
  await turnsPass(60);
  expect(lines).toHaveLength(200 * 1024 + 1);
});

const bound = (clock: FakeClock) => ({
  wall: () => clock.wall(),
  after: (ms: number, fire: () => void) => clock.after(ms, fire),
});

test('paused it passes nothing on, and its writer has to wait; then all comes', async () => {
  const { source, reader, lines } = newWorld();
  reader.pause();
  let room = true;
  for (let written = 0; written < 100; written += 1) room = source.write(`${'x'.repeat(1023)}\n`);
  await turnsPass();
  expect([lines.length, room]).toEqual([0, false]);
  reader.resume();
  await turnsPass();
  expect(lines).toHaveLength(100);
});

test('paused in the middle it stops there', async () => {
  const world = newWorld();
  const { source, reader, lines } = world;
  source.once('data', () => setImmediate(() => reader.pause()));
  source.write('x\n'.repeat(30_000));
  await turn();
  const passed = lines.length;
  await turnsPass();
  expect(lines).toHaveLength(passed);
  reader.resume();
  await turnsPass();
  expect(lines).toHaveLength(30_000);
});

test('released it reads on, whatever it is told', async () => {
  const { source, reader, lines } = newWorld();
  reader.pause();
  source.write('one\n');
  reader.release();
  reader.pause();
  source.write('two\nhalf');
  await turnsPass();
  await reader.close();
  expect(lines).toEqual(['one', 'two', 'half']);
});

import { expect, test } from 'vitest';
import { newSpawnRate } from '../../src/supervisor/spawn-rate.ts';
import { FakeClock } from '../logs/support.ts';

test('a burst starts at once, then one after the other', () => {
  const rate = newSpawnRate(10, 3, new FakeClock());
  expect(['a', 'b', 'c', 'd', 'e'].map((one) => rate.turn(one))).toEqual([0, 0, 0, 100, 200]);
});

test('a turn that was given is kept, and taken once', () => {
  const clock = new FakeClock();
  const rate = newSpawnRate(10, 1, clock);
  expect([rate.turn('a'), rate.turn('b'), rate.turn('b')]).toEqual([0, 100, 100]);
  clock.pass(60);
  expect(rate.turn('b')).toBe(40);
  clock.pass(40);
  expect([rate.turn('b'), rate.turn('b')]).toEqual([0, 100]);
});

test('nobody starves: those who come again do not pass those who wait', () => {
  const clock = new FakeClock();
  const rate = newSpawnRate(10, 1, clock);
  const names = ['a', 'b', 'c', 'd'];
  const starts: string[] = [];
  for (let now = 0; now <= 2000; now += 10, clock.pass(10)) {
    for (const name of names) if (rate.turn(name) === 0) starts.push(name);
  }
  expect(starts.length).toBe(21);
  expect(starts.join('')).toBe('abcd'.repeat(6).slice(0, 21));
});

test('after a quiet time the whole burst is there again, and no more', () => {
  const clock = new FakeClock();
  const rate = newSpawnRate(10, 2, clock);
  const together = (): number[] => ['a', 'b', 'c'].map((one) => rate.turn(one));
  expect(together()).toEqual([0, 0, 100]);
  clock.pass(60_000);
  expect(rate.turn('c')).toBe(0);
  expect(together()).toEqual([0, 0, 100]);
});

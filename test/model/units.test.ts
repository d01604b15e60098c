import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, nearest, parseDuration, parseSize } from '../../src/model/units.ts';

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['1ms', 1],
    ['500ms', 500],
    ['1s', 1000],
    ['1.5s', 1500],
    ['90s', 90_000],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['1h30m10s5ms', 5_410_005],
    ['0.5h', 1_800_000],
    ['30d', 2_592_000_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    ' ',
    '5',
    '1.5',
    's',
    'ms',
    '1 s',
    ' 1s',
    '1s ',
    '-1s',
    '+1s',
    '.5s',
    '1.s',
    '1,5s',
    '1e3s',
    '1S',
    '1M',
    '1w',
    '1sec',
    '1h 30m',
    '1h30',
    'Infinity',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test.each([
    [0, '0 ms'],
    [350, '350 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1234, '1.2 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [34_400, '34 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_499, '59 min 59 s'],
    [3_599_500, '1 h'],
    [11_040_000, '3 h 4 min'],
    [86_369_000, '23 h 59 min'],
    [86_370_000, '1 d'],
    [183_600_000, '2 d 3 h'],
    [8_640_000_000, '100 d'],
  ])('%i ms for people', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('a size', () => {
  test.each([
    ['0B', 0],
    ['512B', 512],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['512MiB', 536_870_912],
    ['1GB', 1_000_000_000],
    ['1.5GiB', 1_610_612_736],
    ['2TB', 2_000_000_000_000],
    ['1TiB', 1_099_511_627_776],
    ['0.3B', 0],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '512', 'MiB', '1 MiB', '1mib', '1kB', '1K', '1M', '-1B', '1iB', '1BB', '1MiB2KiB', '1.MiB'])(
    '%j is none',
    (text) => {
      expect(parseSize(text)).toBeNull();
    },
  );

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [47_500_493, '45.3 MiB'],
    [2 * 1024 ** 3, '2.0 GiB'],
    [1024 ** 4, '1024.0 GiB'],
  ])('%i bytes for people', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('the nearest word', () => {
  const OPTIONS = ['concurrency', 'loglevel', 'max-tasks-per-child', 'pool', 'queues', 'without-gossip'];

  test.each([
    ['concurency', 'concurrency'],
    ['concurrency', 'concurrency'],
    ['cnocurrency', 'concurrency'],
    ['CONCURRENCY', 'concurrency'],
    ['max_tasks_per_child', 'max-tasks-per-child'],
    ['max tasks per child', 'max-tasks-per-child'],
    ['log-level', 'loglevel'],
    ['poll', 'pool'],
    ['queue', 'queues'],
    ['without-gosip', 'without-gossip'],
  ])('%s: %s', (word, candidate) => {
    expect(nearest(word, OPTIONS)).toBe(candidate);
  });

  test.each(['', 'autoscale', 'hostname', 'xyz', 'concurrencyconcurrency'])('%j is near to none', (word) => {
    expect(nearest(word, OPTIONS)).toBeNull();
  });

  test('a swap of neighbours is one slip, and the first of equals wins', () => {
    expect(nearest('baet', ['beta', 'beat'])).toBe('beat');
    expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
    expect(nearest('web', [])).toBeNull();
  });
});

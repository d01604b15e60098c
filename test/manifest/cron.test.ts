import { expect, test } from 'vitest';
import { isCronPattern, nextRun } from '../../src/manifest/cron.ts';

const after = (pattern: string, timezone: string | null, from: string): string | undefined =>
  nextRun(pattern, timezone, new Date(from))?.toISOString();

test('goes by the clock of its time zone, in summer and in winter', () => {
  expect(after('0 4 * * *', 'Europe/Berlin', '2026-07-01T00:00:00Z')).toBe('2026-07-01T02:00:00.000Z');
  expect(after('0 4 * * *', 'Europe/Berlin', '2026-12-01T00:00:00Z')).toBe('2026-12-01T03:00:00.000Z');
});

test('an hour that the clock leaves out comes at its end, and one that it shows twice comes once', () => {
  expect(after('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
  const first = after('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z');
  expect(first).toBe('2026-10-25T00:30:00.000Z');
  expect(after('30 2 * * *', 'Europe/Berlin', first ?? '')).toBe('2026-10-26T01:30:00.000Z');
});

test('six fields begin with the seconds', () => {
  expect(after('*/10 * * * * *', 'UTC', '2026-01-01T00:00:03Z')).toBe('2026-01-01T00:00:10.000Z');
});

test('an instant that has just come is not the next one', () => {
  expect(after('0 4 * * *', 'UTC', '2026-01-01T04:00:00Z')).toBe('2026-01-02T04:00:00.000Z');
});

test.each([
  ['0 4 * * *', true],
  ['0 4 * * MON-FRI', true],
  ['0 0 L * *', true],
  ['* * * * * *', true],
  ['0 4 29 2 *', true],
  ['0 4 30 2 *', false],
  ['* * * * * * 2030', false],
  ['@daily', false],
  ['* * * *', false],
  ['0 4 * * *\n', false],
])('%j: %s', (text, valid) => {
  expect(isCronPattern(text)).toBe(valid);
});

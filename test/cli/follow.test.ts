/** What is asked of the supervisors, and how their answers become one. */
import { describe, expect, test } from 'vitest';
import { askedOf, mergeByTime, pastOf } from '../../src/cli/follow.ts';
import type { Flags } from '../../src/cli/verb.ts';
import type { LiveRecord, LostRecord } from '../../src/control/records.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const at = (second: number, text: string) => ({ time: new Date(NOW + second * 1000).toISOString(), text });
const lost: LostRecord = { lost: 3, instance: 'a.1' };

describe('the merge', () => {
  test('by time over all, each in its own order; the last of them', () => {
    const lists = [
      [at(1, 'a1'), at(4, 'a4'), at(3, 'a3, when the clock was put back')],
      [at(2, 'b2'), lost, at(4, 'b4')],
      [],
    ];
    const texts = (count: number | null) =>
      mergeByTime<ReturnType<typeof at>>(lists, count).map((one) => ('text' in one ? one.text : 'lost'));
    expect(texts(null)).toEqual(['a1', 'b2', 'lost', 'a4', 'a3, when the clock was put back', 'b4']);
    expect(texts(2)).toEqual(['a3, when the clock was put back', 'b4']);
    expect(texts(0)).toEqual([]);
  });

  test('the past ends at its mark, and the rest can be read on', async () => {
    const all: (ReturnType<typeof at> | LostRecord | LiveRecord)[] = [
      at(1, 'old'),
      { live: true },
      at(2, 'new'),
    ];
    const rest = (async function* () {
      yield* all;
    })();
    expect(await pastOf(rest)).toEqual([at(1, 'old')]);
    expect(await rest.next()).toEqual({ done: false, value: at(2, 'new') });
    expect(await pastOf(rest)).toEqual([]);
  });
});

describe('what is asked', () => {
  const DEFAULT = { count: 100, since: null, follow: false, names: null };
  test.each<[Flags, object]>([
    [{}, DEFAULT],
    [
      { follow: true, lines: '5' },
      { ...DEFAULT, count: 5, follow: true },
    ],
    [{ lines: 'all' }, { ...DEFAULT, count: null }],
    [{ since: '10m' }, { ...DEFAULT, count: null, since: NOW - 600_000 }],
    [
      { since: '2026-05-01T11:00:00Z', lines: '0' },
      { ...DEFAULT, count: 0, since: NOW - 3_600_000 },
    ],
    [{ since: '2026-05-01' }, { ...DEFAULT, count: null, since: new Date(2026, 4, 1).getTime() }],
    [
      { since: '2026-05-01 09:30' },
      { ...DEFAULT, count: null, since: new Date(2026, 4, 1, 9, 30).getTime() },
    ],
  ])('%j', (flags, value) => {
    expect(askedOf([], flags, NOW)).toEqual({ ok: true, value });
  });

  test.each<[Flags, string]>([
    [{ lines: '-1' }, '-n must be a number, or all, not "-1"'],
    [{ lines: '1e3' }, '-n must be a number, or all, not "1e3"'],
    ...['yesterday', '10', '2026-13-01', '2026-05-01T25:00'].map((since): [Flags, string] => [
      { since },
      `--since must be a duration such as 10m or a time such as 2026-05-01T12:00, not "${since}"`,
    ]),
  ])('%j is not understood', (flags, detail) => {
    expect(askedOf([], flags, NOW)).toMatchObject({ ok: false, error: { code: 'usage', facts: { detail } } });
  });
});

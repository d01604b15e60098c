import { describe, expect, test } from 'vitest';
import { look, newMemory, type Memory, type Sign } from '../../src/health/vital-signs.ts';
import type { LinkLiveness } from '../../src/model/spec.ts';
import type { BeatVitals, Vitals, WorkerVitals } from '../../src/model/vitals.ts';
import { IDLE_WORKER, LINK_LIVENESS } from '../support/spec.ts';

const SECOND = 1000;

/** One that works: it has just said so, and nothing is wrong. */
const WELL: WorkerVitals = { ...IDLE_WORKER, slots: 4, polling: true, canaries: 1 };

type Says = Partial<WorkerVitals>;

/** A life told in parts: for so many seconds, looked at once a second, it says this. What was wrong, and when. */
function live(
  policy: Partial<LinkLiveness>,
  ...parts: readonly { readonly s: number; readonly says: (at: number, into: number) => Says | null }[]
): { at: number; sign: Sign }[] {
  const found: { at: number; sign: Sign }[] = [];
  let memory: Memory = newMemory(0);
  let vitals: Vitals = { ...WELL, heardAt: 0 };
  let now = 0;
  for (const { s, says } of parts) {
    for (let into = 1; into <= s; into += 1) {
      now += SECOND;
      const said = says(now, into * SECOND);
      if (said !== null) vitals = { ...WELL, heardAt: now, ...said };
      const { signs, memory: next } = look({ ...LINK_LIVENESS, ...policy }, vitals, memory, now);
      memory = next;
      found.push(...signs.map((sign) => ({ at: now / SECOND, sign })));
    }
  }
  return found;
}

const well = (s: number, says: Says = {}) => ({ s, says: () => says });
const silence = (s: number) => ({ s, says: () => null });
const hung = (target: string, got: string, needsBroker: boolean): Sign => ({
  kind: 'hung',
  trouble: { probe: 'celery', target, got },
  needsBroker,
});
const busy = (age: number, active = 4): Says => ({ active, oldest: { task: 'orders.slow', ageMs: age } });

describe('the loop beside the tasks', () => {
  test('all is well', () => {
    expect(live({}, well(3600))).toEqual([]);
    expect(live({}, well(3600, busy(5)))).toEqual([]);
  });

  test('silence: after its time, while the broker answers', () => {
    expect(live({}, well(10), silence(31))).toEqual([
      { at: 41, sign: hung('consumer loop', 'no turn for 31 s', true) },
    ]);
    expect(live({}, well(10), silence(30))).toEqual([]);
  });

  test('a loop that stands still while a thread goes on to report', () => {
    expect(live({}, well(10), { s: 31, says: (_, into) => ({ loopAgeMs: into }) })).toEqual([
      { at: 41, sign: hung('consumer loop', 'no turn for 31 s', true) },
    ]);
  });

  test('tasks are no excuse, nor have they to be', () => {
    expect(live({}, well(10, busy(5)), silence(31))).toHaveLength(1);
  });

  test('what was before the watch does not count', () => {
    const { signs } = look(
      LINK_LIVENESS,
      { ...WELL, heardAt: 0, loopAgeMs: 60_000 },
      newMemory(50_000),
      51_000,
    );
    expect(signs).toEqual([]);
  });
});

describe('the loop between the tasks (solo)', () => {
  const SOLO = { loop: 'between' } as const;
  const one = (at: number): Says => ({
    ...busy(at, 1),
    slots: 1,
    loopAgeMs: at,
    canaryMs: at,
    polling: false,
  });

  test('an hour in a task is nothing, nor is the moment after it', () => {
    const after = (_: number, into: number): Says => ({
      slots: 1,
      loopAgeMs: 3600_000 + into,
      canaryMs: 3600_000 + into,
    });
    expect(live(SOLO, { s: 3600, says: (_, into) => one(into) }, { s: 5, says: after }, well(60))).toEqual(
      [],
    );
  });

  test('without a task the loop has to turn', () => {
    expect(live(SOLO, well(10), { s: 31, says: (_, into) => ({ slots: 1, loopAgeMs: into }) })).toEqual([
      { at: 41, sign: hung('consumer loop', 'no turn for 31 s', true) },
    ]);
    expect(live(SOLO, well(10), silence(31))).toHaveLength(1);
  });

  test('silence in a task may be C code that holds the interpreter, for ten times as long', () => {
    expect(live(SOLO, well(10, one(5)), silence(300))).toEqual([]);
    expect(live(SOLO, well(10, one(5)), silence(301))).toEqual([
      { at: 311, sign: hung('process', 'no report for 301 s, with a task running', false) },
    ]);
  });
});

describe('the loop with the tasks (gevent, eventlet)', () => {
  const GREEN = { loop: 'with' } as const;

  test('a task blocks it: whatever the broker does', () => {
    const blocked = (_: number, into: number): Says => ({ ...busy(into, 1), slots: 100, loopAgeMs: into });
    expect(live(GREEN, { s: 31, says: blocked })).toEqual([
      { at: 31, sign: hung('hub', 'no turn for 31 s', false) },
    ]);
  });

  test('without a task it may be the broker', () => {
    expect(live(GREEN, { s: 31, says: (_, into) => ({ loopAgeMs: into }) })).toEqual([
      { at: 31, sign: hung('hub', 'no turn for 31 s', true) },
    ]);
  });
});

describe('one that does not consume', () => {
  test('a canary that does not come back', () => {
    expect(live({}, well(10), { s: 31, says: (_, into) => ({ canaryMs: into }) })).toEqual([
      { at: 41, sign: hung('consumer', 'a message to itself is unanswered for 31 s', true) },
    ]);
  });

  test('a broker that is asked for nothing', () => {
    expect(live({}, well(10), well(16, { polling: false }))).toEqual([
      { at: 26, sign: hung('consumer', 'asks the broker for nothing for 16 s', true) },
    ]);
    expect(live({}, well(15, { polling: false }), well(1), well(15, { polling: false }))).toEqual([]);
    expect(live({}, well(100, { polling: null }))).toEqual([]);
  });

  test('with all slots taken it does not have to; afterwards its time begins', () => {
    const full = (s: number) => ({
      s,
      says: (_: number, into: number): Says => ({ ...busy(into), canaryMs: into, polling: false }),
    });
    const deaf = (s: number) => ({
      s,
      says: (_: number, into: number): Says => ({ canaryMs: 600_000 + into, polling: null }),
    });
    expect(live({}, full(600), deaf(30))).toEqual([]);
    expect(live({}, full(600), deaf(31))).toHaveLength(1);
    expect(live({}, full(600), well(15, { polling: false }))).toEqual([]);
    expect(live({}, full(600), well(16, { polling: false }))).toHaveLength(1);
  });

  test('one slot free is enough, and so is not to know', () => {
    const deaf = (says: Says) => ({
      s: 31,
      says: (_: number, into: number): Says => ({ ...says, canaryMs: into }),
    });
    expect(live({}, deaf(busy(5, 3)))).toHaveLength(1);
    expect(live({}, deaf({ ...busy(5, 3), slots: null }))).toHaveLength(1);
  });
});

describe('slots that are stuck', () => {
  const LIMIT = { taskMs: 60 * SECOND };
  const taken = (s: number) => ({ s, says: (_: number, into: number): Says => busy(into) });

  test('only where there is a limit', () => {
    expect(live({}, taken(3600))).toEqual([]);
    const [first] = live(LIMIT, taken(61));
    expect(first).toEqual({ at: 61, sign: { kind: 'stuck', task: 'orders.slow', ageMs: 61_000, slots: 4 } });
  });

  test('not while a slot is free, nor while another one gets on', () => {
    expect(live(LIMIT, { s: 300, says: (_, into) => busy(into, 3) })).toEqual([]);
    const turning = (_: number, into: number): Says => ({
      ...busy(into),
      counts: { received: 9, succeeded: Math.floor(into / 50_000), failed: 0, retried: 0, revoked: 0 },
    });
    expect(live(LIMIT, { s: 300, says: turning })).toEqual([]);
  });
});

describe('children that end again and again', () => {
  const ending = (perSecond: number, slots: number | null = 2) => ({
    s: 180,
    says: (at: number): Says => ({
      slots,
      childExits: Math.floor((at / SECOND) * perSecond),
      counts: { received: 0, succeeded: at / SECOND, failed: 0, retried: 0, revoked: 0 },
    }),
  });

  test('six a minute for each slot are borne', () => {
    expect(live({}, ending(0.2))).toEqual([]);
    expect(live({}, ending(0))).toEqual([]);
    expect(live({}, ending(10, null))).toEqual([]);
  });

  test('more are told, with what was done in that time', () => {
    expect(live({}, ending(1))[0]).toEqual({
      at: 14,
      sign: { kind: 'churn', exits: 13, done: 13, ms: 13_000 },
    });
  });
});

describe('beat', () => {
  const vitals = (nextMs: number): BeatVitals => ({ kind: 'beat', heardAt: 100_000, nextMs, sent: 1 });
  const at = (now: number, nextMs: number, since = 0): readonly Sign[] =>
    look({ ...LINK_LIVENESS, loop: 'beat' }, vitals(nextMs), newMemory(since), now).signs;

  test('a tick that is late, counted from when it was to come', () => {
    expect(at(430_000, 300_000)).toEqual([]);
    expect(at(431_000, 300_000)).toEqual([hung('scheduler', 'a tick is 31 s late', true)]);
    expect(at(131_000, 0)).toEqual([hung('scheduler', 'a tick is 31 s late', true)]);
  });

  test('not for what came before the watch', () => {
    expect(at(600_000, 300_000, 590_000)).toEqual([]);
    expect(at(621_000, 300_000, 590_000)).toHaveLength(1);
  });
});

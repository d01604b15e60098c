import { describe, expect, test } from 'vitest';
import {
  newLease,
  step,
  type AcquireReply,
  type LeaseEvent,
  type LeaseOrder,
} from '../../src/singleton/lease.ts';
import { leaseTimings } from '../../src/model/lease-timings.ts';

const T = leaseTimings({});
/** The same run, up for an hour and as long as the test. */
const server = (now: number) => ({ run: 'r1', uptimeMs: 3_600_000 + now, evicts: false });

type Acquired = Extract<AcquireReply, { kind: 'acquired' }>;

/** One would-be holder, with all that it has ordered. */
class Holder {
  private lease = newLease();

  at(now: number, event: LeaseEvent): readonly LeaseOrder[] {
    const { lease, orders } = step(this.lease, event, now, T);
    this.lease = lease;
    return orders;
  }

  asked = (now: number, token = 'x') => this.at(now, { type: 'asked', token });

  woke = (now: number) => this.at(now, { type: 'woke' });

  acquired(now: number, change: Partial<Acquired> = {}, sentAt = now): readonly LeaseOrder[] {
    const reply: Acquired = {
      kind: 'acquired',
      fence: 7,
      previous: null,
      released: null,
      again: false,
      server: server(now),
      ...change,
    };
    return this.at(now, { type: 'answered', sentAt, reply });
  }

  /** A look at the lease 5 of another, which runs out at `runsOut`. */
  sees(now: number, runsOut: number, change: { fence?: number; run?: string } = {}): readonly LeaseOrder[] {
    this.asked(now);
    const { fence = 5, run = 'r1' } = change;
    const reply: AcquireReply = {
      kind: 'held',
      fence,
      ttlMs: 30_000,
      leftMs: runsOut - now,
      server: { ...server(now), run },
    };
    return this.at(now, { type: 'answered', sentAt: now, reply });
  }

  renewed = (now: number, sentAt = now, token = 'x') => this.at(now, { type: 'renewed', sentAt, token });
}

const RELEASED = { previous: { fence: 6, ttlMs: 30_000 }, released: { fence: 6, run: 'r1' } };

function granted(): Holder {
  const holder = new Holder();
  holder.asked(0);
  holder.acquired(0, RELEASED);
  return holder;
}

describe('who may start', () => {
  test('at once after a clean release in the same run of the server', () => {
    const holder = new Holder();
    expect(holder.asked(1000)).toEqual([{ do: 'acquire', token: 'x' }]);
    expect(holder.acquired(1100, RELEASED, 1000)).toEqual([
      { do: 'grant', fence: 7, stopAt: 15_000, killAt: 23_000 },
      { do: 'wake', at: 6000 },
    ]);
  });

  test.each<[string, Partial<Acquired>, number]>([
    ['nothing is known of anybody before', {}, 30_300],
    ['nobody released', { previous: RELEASED.previous }, 30_300],
    ['an older one released', { ...RELEASED, released: { fence: 5, run: 'r1' } }, 30_300],
    ['it was released in another run', { ...RELEASED, released: { fence: 6, run: 'r0' } }, 30_300],
    ['it was ours already', { ...RELEASED, again: true }, 30_300],
    ['the one before had a longer TTL', { previous: { fence: 6, ttlMs: 60_000 } }, 60_600],
  ])('after the TTL, where %s', (_, change, until) => {
    const holder = new Holder();
    holder.asked(0);
    expect(holder.acquired(0, change)).toEqual([
      { do: 'delay', fence: 7, until },
      { do: 'wake', at: 5000 },
    ]);
  });

  test('renews through the delay, and is granted when asked after it', () => {
    const holder = new Holder();
    holder.asked(0);
    holder.acquired(0);
    for (let now = 5000; now <= 30_000; now += 5000) {
      expect(holder.woke(now)).toEqual([
        { do: 'renew', token: 'x' },
        { do: 'wake', at: now + 9000 },
      ]);
      expect(holder.renewed(now)).toEqual([{ do: 'wake', at: now + 5000 }]);
    }
    expect(holder.asked(30_299)).toEqual([{ do: 'delay', fence: 7, until: 30_300 }]);
    expect(holder.asked(30_300)).toEqual([{ do: 'grant', fence: 7, stopAt: 44_000, killAt: 52_000 }]);
  });

  test('nobody twice', () => {
    expect(granted().asked(1)).toEqual([{ do: 'yield' }]);
  });

  test('nobody by an answer that is older than a stop would be', () => {
    const holder = new Holder();
    holder.asked(0);
    expect(holder.acquired(14_000, RELEASED, 0)).toEqual([{ do: 'yield' }]);
    expect(holder.asked(14_001, 'y')).toEqual([{ do: 'acquire', token: 'x' }]);
  });
});

describe('who has watched', () => {
  const gone = { previous: { fence: 5, ttlMs: 30_000 } };
  /** Looks each second from 0 to 40 s at a lease that was last renewed at 10 s. */
  const watcher = (): Holder => {
    const holder = new Holder();
    for (let now = 0; now < 40_000; now += 1000) {
      expect(holder.sees(now, now < 10_000 ? now + 28_000 : 40_000)).toEqual([{ do: 'yield' }]);
    }
    holder.asked(40_100);
    return holder;
  };

  test('starts at once when the lease has run out', () => {
    expect(watcher().acquired(40_100, gone)).toMatchObject([{ do: 'grant' }, { do: 'wake' }]);
  });

  test.each<[string, Partial<Acquired>]>([
    ['the server was restarted', { ...gone, server: { ...server(40_100), run: 'r2' } }],
    ['the server evicts', { ...gone, server: { ...server(40_100), evicts: true } }],
    ["the server's clock was set forward", { ...gone, server: server(45_000) }],
    ['another had it in between', { previous: { fence: 6, ttlMs: 30_000 } }],
    ['the fence is gone', {}],
  ])('waits where %s', (_, change) => {
    expect(watcher().acquired(40_100, change)).toMatchObject([
      { do: 'delay', until: 70_400 },
      { do: 'wake' },
    ]);
  });

  test('waits where the last look was too long ago', () => {
    expect(watcher().acquired(44_000, gone)).toMatchObject([{ do: 'delay', until: 74_300 }, { do: 'wake' }]);
  });

  test('waits where the lease vanished early', () => {
    const holder = new Holder();
    for (let now = 0; now < 40_000; now += 1000) holder.sees(now, now + 28_000);
    holder.asked(40_000);
    expect(holder.acquired(40_000, gone)).toMatchObject([{ do: 'delay', until: 70_300 }, { do: 'wake' }]);
  });

  test.each<[string, (holder: Holder) => void]>([
    ['it began', () => undefined],
    ['another got it', (holder) => holder.sees(19_000, 40_000, { fence: 4 })],
    ['the server was restarted', (holder) => holder.sees(19_000, 40_000, { run: 'r0' })],
    ['the lease was suddenly shorter', (holder) => holder.sees(19_000, 47_000)],
  ])('waits for what is left of a TTL since %s', (_, before) => {
    const holder = new Holder();
    before(holder);
    for (let now = 20_000; now < 40_000; now += 1000) holder.sees(now, 40_000);
    holder.asked(40_100);
    expect(holder.acquired(40_100, gone)).toMatchObject([{ do: 'delay', until: 50_300 }, { do: 'wake' }]);
  });
});

describe('the holder', () => {
  test('has its deadlines moved by each acknowledged renewal, from when it was sent', () => {
    const holder = granted();
    expect(holder.woke(5003)).toEqual([
      { do: 'renew', token: 'x' },
      { do: 'wake', at: 14_000 },
    ]);
    expect(holder.renewed(6500, 5004)).toEqual([
      { do: 'extend', stopAt: 19_004, killAt: 27_004 },
      { do: 'wake', at: 10_003 },
    ]);
    expect(holder.renewed(6600, 6550, 'another')).toEqual([]);
  });

  test('is asked to renew again a period after a renewal that failed, and wakes as often as it must', () => {
    const holder = granted();
    holder.woke(5000);
    expect(holder.at(7000, { type: 'failed', command: 'renew', sentAt: 5000 })).toEqual([
      { do: 'wake', at: 10_000 },
    ]);
    expect(holder.woke(9990)).toEqual([{ do: 'wake', at: 10_000 }]);
  });

  test('is stopped when no renewal was acknowledged, and is not let live longer by a later one', () => {
    const holder = granted();
    holder.woke(5000);
    expect(holder.woke(14_000)).toEqual([{ do: 'stop', why: 'silent', killAt: 22_000 }]);
    expect(holder.renewed(14_100, 5000)).toEqual([{ do: 'renew', token: 'x' }]);
    expect(holder.renewed(14_200, 14_100)).toEqual([{ do: 'wake', at: 19_100 }]);
    expect(holder.at(18_000, { type: 'ended' })).toEqual([{ do: 'release', token: 'x', fence: 7 }]);
  });

  test('is stopped late with the deadline that it had', () => {
    expect(granted().woke(60_000)).toEqual([
      { do: 'stop', why: 'silent', killAt: 22_000 },
      { do: 'renew', token: 'x' },
    ]);
  });

  test.each([
    [6000, 14_000],
    [13_000, 21_000],
  ])('is stopped at once when it is taken, at %d', (now, killAt) => {
    const holder = granted();
    holder.woke(5000);
    expect(holder.at(now, { type: 'refused', token: 'x' })).toEqual([{ do: 'stop', why: 'taken', killAt }]);
    expect(holder.woke(20_000)).toEqual([]);
    expect(holder.asked(20_000)).toEqual([{ do: 'yield' }]);
    expect(holder.at(21_000, { type: 'ended' })).toEqual([]);
    expect(holder.asked(21_000, 'y')).toEqual([{ do: 'acquire', token: 'y' }]);
  });

  test('releases when its child has ended, and seeks with another token', () => {
    const holder = granted();
    expect(holder.at(4000, { type: 'ended' })).toEqual([{ do: 'release', token: 'x', fence: 7 }]);
    expect(holder.asked(4001, 'y')).toEqual([{ do: 'acquire', token: 'y' }]);
  });

  test('has nothing to release when the lease has run out', () => {
    expect(granted().at(30_000, { type: 'ended' })).toEqual([]);
  });
});

describe('who is not yet', () => {
  const delayed = (): Holder => {
    const holder = new Holder();
    holder.asked(0);
    holder.acquired(0);
    return holder;
  };

  test('uses its token again where an answer was lost', () => {
    const holder = new Holder();
    holder.asked(0);
    expect(holder.at(2000, { type: 'failed', command: 'acquire', sentAt: 0 })).toEqual([]);
    expect(holder.asked(3000, 'y')).toEqual([{ do: 'acquire', token: 'x' }]);
  });

  test('sends one acquire at a time', () => {
    const holder = new Holder();
    holder.asked(0);
    expect(holder.asked(1, 'y')).toEqual([]);
  });

  test('seeks anew with the same token after silence, and with another when it was taken', () => {
    const silent = delayed();
    expect(silent.woke(14_000)).toEqual([]);
    expect(silent.asked(14_001, 'y')).toEqual([{ do: 'acquire', token: 'x' }]);
    const taken = delayed();
    expect(taken.at(6000, { type: 'refused', token: 'x' })).toEqual([]);
    expect(taken.asked(6001, 'y')).toEqual([{ do: 'acquire', token: 'y' }]);
  });

  test('lets a lease run out that it gives up in its delay', () => {
    const holder = delayed();
    expect(holder.at(1000, { type: 'abandoned' })).toEqual([]);
    expect(holder.woke(5000)).toEqual([]);
    expect(holder.asked(6000, 'y')).toEqual([{ do: 'acquire', token: 'x' }]);
  });

  test('gives back what comes when nobody wants it any more, if nobody can be alive', () => {
    const holder = new Holder();
    holder.asked(0);
    holder.at(1, { type: 'abandoned' });
    expect(holder.acquired(2, RELEASED)).toEqual([{ do: 'release', token: 'x', fence: 7 }]);
    holder.asked(10, 'y');
    holder.at(11, { type: 'abandoned' });
    expect(holder.acquired(12)).toEqual([]);
    expect(holder.asked(13, 'z')).toEqual([{ do: 'acquire', token: 'y' }]);
  });
});

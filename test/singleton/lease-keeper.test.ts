/** What a keeper does between the machine of the lease, a store and the process. */
import { expect, test } from 'vitest';
import { LEASE } from '../../src/model/lease-timings.ts';
import type { LockAnswer } from '../../src/singleton/holder.ts';
import { EvictingError } from '../../src/singleton/redis-store.ts';
import { turn } from '../logs/support.ts';
import {
  acquired,
  BOOT_MS,
  deadlines,
  FILE,
  granted,
  gripOf,
  held,
  HOLDER,
  run,
  world,
} from './keeper-support.ts';
import { NOTE } from './redis-support.ts';

test('granted: the process gets its deadlines, hears of each renewal, and others hear of the process', async () => {
  const here = world();
  const { store, keeper, boot } = here;
  expect(keeper.holding()).toBeNull();
  const grip = await granted(here);
  const [asked] = store.calls;
  expect(asked).toEqual({
    act: 'acquire',
    args: [expect.stringMatching(/^[0-9a-f]{32}$/), LEASE.ttlMs, { ...NOTE, pid: null }],
  });
  const token = asked?.args[0];
  expect(grip).toMatchObject({ fd: null, feeds: true });
  expect(JSON.parse(grip.env['PRODSERVER_LEASE'] ?? '')).toEqual(deadlines(BOOT_MS));
  expect(keeper.holding()).toEqual({ fence: 12, expiresInMs: LEASE.ttlMs });

  // A renewal before the process is there: it is fed what stands then.
  await here.renewed(1);
  const anchor = BOOT_MS + LEASE.renewEveryMs;
  const { lines, losses } = run(grip);
  await turn();
  expect(lines()).toEqual([deadlines(anchor)]);
  expect(store.last).toEqual({ act: 'tell', args: [token, { ...NOTE, pid: 4712 }] });

  // The renewal counts from when it was sent.
  await here.pass(LEASE.renewEveryMs);
  expect(store.last).toEqual({ act: 'renew', args: [token, LEASE.ttlMs] });
  const sentAt = boot();
  await here.pass(1500);
  expect(lines()).toHaveLength(1);
  await store.answer(true);
  expect(lines()).toEqual([deadlines(anchor), deadlines(sentAt)]);
  expect(keeper.holding()).toEqual({ fence: 12, expiresInMs: LEASE.ttlMs - 1500 });
  // Each is sent so long after the one before was, whenever that was answered.
  await here.pass(LEASE.renewEveryMs - 1500);
  expect(store.count('renew')).toBe(3);
  expect(losses).toEqual([]);
});

test('released only when nothing is left of the run, once; and then nothing is waited for any more', async () => {
  const here = world();
  const { store, keeper, clock } = here;
  const grip = await granted(here);
  run(grip);
  await here.renewed(3);
  expect(store.count('release')).toBe(0);
  const over = grip.ended();
  expect(store.last).toEqual({ act: 'release', args: [store.calls[0]?.args[0], 12] });
  let isOver = false;
  void over?.then(() => (isOver = true));
  await turn();
  expect(isOver).toBe(false);
  expect(keeper.holding()).toBeNull();
  await store.answer(undefined);
  expect(isOver).toBe(true);
  expect(grip.ended()).toBeNull();
  // A timer would keep the supervisor from ending.
  expect(clock.armed).toBe(0);
  await here.pass(60_000);
  expect(store.count('renew')).toBe(3);
  expect(store.count('release')).toBe(1);
});

test('a release that fails is over too: the lease runs out', async () => {
  const here = world();
  const grip = await granted(here);
  const over = grip.ended();
  await here.store.answer(new Error('gone'));
  await expect(over).resolves.toBeUndefined();
  const again = await granted(here);
  expect(JSON.parse(again.env['PRODSERVER_LEASE'] ?? '')).toEqual(deadlines(BOOT_MS));
});

test('each lease has a token of its own', async () => {
  const here = world();
  for (let times = 0; times < 2; times += 1) {
    const over = (await granted(here)).ended();
    await here.store.answer(undefined);
    await over;
  }
  const tokens = here.store.calls.filter(({ act }) => act === 'acquire').map(({ args }) => args[0]);
  expect(new Set(tokens).size).toBe(2);
});

test('held by another: who that is', async () => {
  const { keeper, store } = world();
  const answer = keeper.take();
  await store.answer(held);
  expect(await answer).toEqual({
    kind: 'held',
    hindrance: { kind: 'lock', holder: HOLDER },
    againMs: 1000,
  });
  expect(keeper.holding()).toBeNull();
});

test('ours, but not yet: it is renewed meanwhile, and granted when the delay is over', async () => {
  const here = world();
  const { keeper, store } = here;
  const first = keeper.take();
  await store.answer(acquired({ released: null }));
  const delayMs = LEASE.ttlMs * (1 + LEASE.drift);
  const delay = (leftMs: number) => ({
    kind: 'held',
    hindrance: { kind: 'lock-delay', file: FILE, fence: 12, leftMs },
    againMs: Math.min(leftMs, 1000),
  });
  expect(await first).toEqual(delay(delayMs));
  await here.renewed(6);
  expect(await keeper.take()).toEqual(delay(delayMs - 6 * LEASE.renewEveryMs));
  await here.pass(delayMs - 6 * LEASE.renewEveryMs);
  const grip = gripOf(await keeper.take());
  // From the last renewal, not from the end of the delay.
  expect(JSON.parse(grip.env['PRODSERVER_LEASE'] ?? '')).toEqual(deadlines(BOOT_MS + 6 * LEASE.renewEveryMs));
  expect(store.count('acquire')).toBe(1);
});

test('abandoned in its delay it is left to run out, and taken up again with its token', async () => {
  const here = world();
  const { keeper, store, clock } = here;
  const first = keeper.take();
  await store.answer(acquired({ released: null }));
  await first;
  await here.renewed(1);
  keeper.abandon();
  expect(clock.armed).toBe(0);
  await here.pass(20_000);
  expect(store.calls.map(({ act }) => act)).toEqual(['acquire', 'renew']);
  void keeper.take();
  expect(store.last).toEqual(store.calls[0]);
});

test('abandoned while the store is asked: what comes of it is not granted to anybody', async () => {
  const { keeper, store } = world();
  let told: LockAnswer | null = null;
  void keeper.take().then((answer) => (told = answer));
  keeper.abandon();
  await store.answer(acquired());
  expect(told).toMatchObject({ kind: 'held', hindrance: { kind: 'lock' } });
  // Nobody before us is alive, and nothing of ours was.
  expect(store.last).toMatchObject({ act: 'release' });
  expect(keeper.holding()).toBeNull();
});

test('silence: stopped at the deadline with its grace, and renewed on, which gives it no more time', async () => {
  const here = world();
  const { store, keeper } = here;
  const grip = await granted(here);
  const { lines, losses } = run(grip);
  await turn();
  for (const at of [5000, 10_000]) {
    await here.pass(at === 5000 ? 5000 : LEASE.renewEveryMs);
    await store.answer(new Error('no answer within 2 s'));
  }
  await here.pass(LEASE.renewDeadlineMs - 10_000 - 1);
  expect(losses).toEqual([]);
  await here.pass(1);
  expect(losses).toEqual([{ file: FILE, why: 'silent', graceMs: LEASE.killGraceMs }]);
  expect(lines().at(-1)).toEqual(deadlines(BOOT_MS));
  await here.pass(1000);
  await store.answer(true);
  expect(lines().at(-1)).toEqual(deadlines(BOOT_MS));
  expect(losses).toHaveLength(1);
  expect(keeper.holding()).toMatchObject({ fence: 12 });
  void grip.ended();
  expect(store.last).toMatchObject({ act: 'release', args: [store.calls[0]?.args[0], 12] });
});

test('after a sleep of the machine the grace is what is left of it, none at worst; the lines stay in order', async () => {
  for (const [asleepMs, graceMs] of [
    [LEASE.renewDeadlineMs + 3000, LEASE.killGraceMs - 3000],
    [3_600_000, 0],
  ] as const) {
    const here = world();
    const grip = await granted(here);
    const { lines, losses } = run(grip);
    here.sleep(asleepMs);
    // Timers stand still in sleep: this is how long one may be late.
    here.clock.pass(1000);
    await turn();
    expect(losses).toEqual([{ file: FILE, why: 'silent', graceMs: Math.max(0, graceMs - 1000) }]);
    for (const { stop, kill } of lines()) expect(stop).toBeLessThanOrEqual(kill);
  }
});

test('an end that the dead-man brought about before our timer is told as the loss that it is', async () => {
  const here = world();
  const grip = await granted(here);
  const { losses } = run(grip);
  grip.exited();
  expect(losses).toEqual([]);
  here.sleep(LEASE.renewDeadlineMs);
  grip.exited();
  expect(losses).toEqual([{ file: FILE, why: 'silent', graceMs: LEASE.killGraceMs }]);
});

test('taken: stopped at once, killed after the grace, never renewed again, and not released', async () => {
  const here = world();
  const { store, keeper, boot } = here;
  const grip = await granted(here);
  const { lines, losses } = run(grip);
  await here.pass(LEASE.renewEveryMs);
  await store.answer(false);
  expect(losses).toEqual([{ file: FILE, why: 'taken', graceMs: LEASE.killGraceMs }]);
  const now = boot() / 1000;
  expect(lines().at(-1)).toEqual({ v: 1, fence: 12, stop: now, kill: now + LEASE.killGraceMs / 1000 });
  // It is another's now.
  expect(keeper.holding()).toBeNull();
  await here.pass(30_000);
  expect(grip.ended()).toBeNull();
  expect(store.count('renew')).toBe(1);
  expect(store.count('release')).toBe(0);
  expect(losses).toHaveLength(1);
});

test('lost between the grant and the start: the process hears of it at once, with what is left of the grace', async () => {
  const here = world();
  const grip = await granted(here);
  await here.pass(LEASE.renewEveryMs);
  await here.store.answer(false);
  await here.pass(3000);
  const { lines, losses } = run(grip);
  await turn();
  expect(losses).toEqual([{ file: FILE, why: 'taken', graceMs: LEASE.killGraceMs - 3000 }]);
  const lostAt = (BOOT_MS + LEASE.renewEveryMs) / 1000;
  expect(lines()).toEqual([{ v: 1, fence: 12, stop: lostAt, kill: lostAt + LEASE.killGraceMs / 1000 }]);
});

test('lost before a start that never came: the next run hears nothing of it', async () => {
  const here = world();
  const grip = await granted(here);
  await here.pass(LEASE.renewEveryMs);
  await here.store.answer(false);
  expect(grip.ended()).toBeNull();
  const { losses } = run(await granted(here));
  expect(losses).toEqual([]);
});

test('a process whose feed is gone is no fault, and one without a feed neither', async () => {
  const here = world();
  const grip = await granted(here);
  const { feed, losses } = run(grip);
  feed.destroy(new Error('EPIPE'));
  await here.renewed(2);
  expect(losses).toEqual([]);
  void grip.ended();
  await here.store.answer(undefined);
  (await granted(here)).spawned(1, null, () => undefined);
  await here.renewed(1);
});

test('what the store says of its trouble is told; the next asking has the same token', async () => {
  const { keeper, store } = world();
  const first = keeper.take();
  await store.answer(new Error('connect ECONNREFUSED 127.0.0.1:6379'));
  expect(await first).toEqual({
    kind: 'held',
    hindrance: { kind: 'lock-store', file: FILE, error: 'connect ECONNREFUSED 127.0.0.1:6379' },
  });
  const second = keeper.take();
  expect(store.calls[1]?.args[0]).toBe(store.calls[0]?.args[0]);
  await store.answer(new EvictingError('allkeys-lru'));
  expect(await second).toMatchObject({
    kind: 'failed',
    permanent: false,
    failure: { code: 'lock-evicted', facts: { file: FILE, policy: 'allkeys-lru' } },
  });
});

test('an answer that comes too late to be used is no grant', async () => {
  const here = world();
  const answer = here.keeper.take();
  await here.pass(LEASE.renewDeadlineMs);
  await here.store.answer(acquired());
  expect(await answer).toMatchObject({
    kind: 'held',
    hindrance: { kind: 'lock', holder: { file: FILE, pid: null } },
  });
  expect(here.keeper.holding()).toBeNull();
});

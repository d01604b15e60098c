/** What is tried, and what is taken away to see that the trials can see. */
import type { LeaseEvent } from '../../../src/singleton/lease-state.ts';
import { leaseTimings, type LeaseTimings } from '../../../src/model/lease-timings.ts';
import { FAULTS, type FaultName } from './faults.ts';
import type { Random } from './random.ts';
import type { Plan } from './trial.ts';

const ALL = Object.keys(FAULTS) as FaultName[];

/** All hosts with the same timings, on two hosts or three. */
const alike =
  (make: (random: Random) => LeaseTimings) =>
  (random: Random): readonly LeaseTimings[] => {
    const one = make(random);
    return random.chance(0.75) ? [one, one] : [one, one, one];
  };

const anyScale = (random: Random): LeaseTimings =>
  leaseTimings({ ttlMs: random.chance(0.7) ? 30_000 : Math.round(random.between(3000, 90_000)) });

export const DEFAULTS: Plan = {
  timings: alike(anyScale),
  faults: ALL,
  mostFaults: 4,
  pollMs: null,
  weakness: { alter: (event) => event, deadMan: true, patient: false },
  server: { constantRun: false, forgetsTtl: false, exact: false, evicting: 0.1 },
};

/**
 * R + G + K + L as long as they may be. Then there is nothing left for a server whose clock is wrong, or is set by less
 * than its uptime shows (it has whole seconds only).
 */
export const TIGHT: Plan = {
  ...DEFAULTS,
  timings: alike(() => leaseTimings({ killGraceMs: 10_690 })),
  faults: ALL.filter((name) => name !== 'server clock forward'),
  server: { ...DEFAULTS.server, exact: true },
};

/**
 * Each host with another TTL. Where the server forgets the record of the fence, a host with a short one cannot know of a
 * holder with a long one: all hosts must have the same, or the server must keep its data.
 */
export const MIXED: Plan = {
  ...DEFAULTS,
  timings: (random) => [0, 1, 2].map(() => leaseTimings({ ttlMs: random.pick([15_000, 30_000, 45_000]) })),
  faults: ALL.filter((name) => !/restarted|promoted|flushed/.test(name)),
};

const weak = (change: Partial<Plan['weakness']>, ...faults: FaultName[]): Plan => ({
  ...DEFAULTS,
  faults,
  weakness: { ...DEFAULTS.weakness, ...change },
});

/** Says of every lease that it was released, and in this run. */
function unmarked(event: LeaseEvent): LeaseEvent {
  if (event.type !== 'answered' || event.reply.kind !== 'acquired') return event;
  const { run } = event.reply.server;
  const lie = { again: false, previous: { fence: 1, ttlMs: 1 }, released: { fence: 1, run } };
  return { ...event, reply: { ...event.reply, ...lie } };
}

/** Each must show overlaps. */
export const BROKEN = {
  'R is too long': {
    ...DEFAULTS,
    timings: alike(() => leaseTimings({ renewDeadlineMs: 20_000 })),
    faults: ['both cut', 'requests cut'],
  },
  'no dead-man': weak({ deadMan: false }, 'supervisor paused'),
  'the anchor is the answer': weak(
    { patient: true, alter: (event, now) => ('sentAt' in event ? { ...event, sentAt: now } : event) },
    'replies slow',
    'requests cut',
  ),
  'no start delay': weak({ alter: unmarked }, 'server restarted without data'),
  'a run that is not told': {
    ...DEFAULTS,
    faults: ['server restarted from old data', 'replica promoted', 'stopped for a while'],
    server: { ...DEFAULTS.server, constantRun: true },
  },
  'a longer TTL is forgotten': {
    ...DEFAULTS,
    timings: () => [leaseTimings({ ttlMs: 60_000 }), ...[1, 2].map(() => leaseTimings({ ttlMs: 15_000 }))],
    faults: ['lease removed', 'host lost', 'both cut'],
    server: { ...DEFAULTS.server, forgetsTtl: true },
  },
} as const satisfies Record<string, Plan>;

/** Late answers, rightly used: no overlap. What 'the anchor is the answer' has too, without being wrong. */
export const PATIENT = weak({ patient: true }, 'replies slow', 'requests cut', 'both cut');

/** One fault only, with the defaults, and a look each second: how long a takeover takes. */
export const only = (fault: FaultName): Plan => ({
  ...weak({}, fault),
  timings: () => [leaseTimings({}), leaseTimings({})],
  mostFaults: 1,
  pollMs: 1000,
  server: { ...DEFAULTS.server, evicting: 0, exact: true },
});

/** What the model is made of: policies, the answers of the world, and the deeds that drive it. */
import * as fc from 'fast-check';
import type { Event, Policy } from '../../src/supervisor/state.ts';
import { BOUNDS } from './machine-support.ts';
import { EVENT_TYPES } from './machine-samples.ts';

/** How the world answers: each answer takes the next of a list that comes round. Milliseconds. */
export interface Fate {
  readonly chance: number;
  readonly lock: 'acquired' | 'refused' | 'failed' | 'broken';
  readonly lockMs: number;
  readonly spawn: 'runs' | 'refused' | 'missing';
  readonly spawnMs: number;
  /** From the spawn; null: never by itself. */
  readonly readyMs: number | null;
  readonly endMs: number | null;
  readonly code: number;
  /** An end with a code is that of what stood before the program. */
  readonly refused: boolean;
  /** From the signal; null: it is ignored. */
  readonly termMs: number | null;
  readonly quitMs: number | null;
  readonly killMs: number;
  /** From the end to the news of it. */
  readonly lagMs: number;
  readonly sweepMs: number;
}

export type Deed =
  | { readonly do: 'next' }
  | { readonly do: 'wait'; readonly ms: number }
  | {
      readonly do: 'order';
      readonly type: 'start-ordered' | 'stop-ordered' | 'step-ordered' | 'kill-ordered' | 'hindrance-changed';
    }
  | { readonly do: 'retire'; readonly next: 'begin' | 'rest' }
  | { readonly do: 'lose'; readonly graceMs: number }
  | { readonly do: 'end'; readonly code: number }
  | { readonly do: 'tell'; readonly type: 'became-ready' | 'broker-lost' | 'broker-found' | 'fell-silent' }
  | { readonly do: 'stale'; readonly type: Event['type']; readonly back: number };

const ms = (max: number) => fc.integer({ min: 0, max });
const maybe = <T>(weight: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary }, { weight: 10 - weight, arbitrary: fc.constant(null) });
const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 3 * others.length, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

export const policies: fc.Arbitrary<Policy> = fc.record({
  startTimeoutMs: fc.integer({ min: 1, max: 20_000 }),
  stop: fc
    .tuple(
      fc.array(
        fc.record({ signal: fc.constantFrom('SIGTERM' as const, 'SIGQUIT' as const), waitMs: ms(5000) }),
        { maxLength: 2 },
      ),
      fc.integer({ min: 10, max: 1000 }),
    )
    .map(([rungs, waitMs]) => [...rungs, { signal: 'SIGKILL', waitMs }] as unknown as Policy['stop']),
  restart: fc.record({
    policy: often<Policy['restart']['policy']>('always', 'on-failure', 'never'),
    maxAttempts: maybe(3, fc.integer({ min: 1, max: 5 })),
    initialMs: fc.constantFrom(100, 1000, 3000),
    maxMs: fc.constantFrom(1000, 8000, 60_000),
    factor: fc.constantFrom(1, 1.5, 2),
    stableAfterMs: fc.constantFrom(5000, 60_000),
  }),
  permanentExitCodes: fc.constantFrom([], [2]),
  locked: fc.boolean(),
  live: fc.boolean(),
  stackDump: fc.constantFrom(null, 'SIGUSR1' as const),
});

export const fates: fc.Arbitrary<Fate> = fc.record({
  chance: fc.integer({ min: 0, max: 999 }).map((share) => share / 1000),
  lock: often<Fate['lock']>('acquired', 'acquired', 'refused', 'refused', 'failed', 'broken'),
  lockMs: ms(50),
  spawn: often<Fate['spawn']>('runs', 'runs', 'refused', 'missing'),
  spawnMs: ms(BOUNDS.spawnMs),
  readyMs: maybe(7, ms(15_000)),
  endMs: maybe(6, fc.oneof(ms(3000), ms(100_000))),
  code: fc.constantFrom(0, 1, 1, 2),
  termMs: maybe(6, ms(8000)),
  quitMs: maybe(5, ms(8000)),
  killMs: ms(BOUNDS.killMs),
  lagMs: ms(BOUNDS.lagMs),
  sweepMs: ms(BOUNDS.sweepMs),
  refused: fc.integer({ min: 0, max: 19 }).map((one) => one === 0),
});

export const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Deed>({ do: 'next' }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(ms(50), ms(5000)) }) },
  { weight: 2, arbitrary: fc.constant<Deed>({ do: 'order', type: 'start-ordered' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      type: fc.constantFrom(
        'stop-ordered' as const,
        'step-ordered' as const,
        'kill-ordered' as const,
        'hindrance-changed' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retire' as const),
      next: fc.constantFrom('begin' as const, 'begin' as const, 'rest' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), graceMs: ms(3000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), code: fc.constantFrom(0, 1, 2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('tell' as const),
      type: fc.constantFrom(
        'became-ready' as const,
        'broker-lost' as const,
        'broker-found' as const,
        'fell-silent' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('stale' as const),
      type: fc.constantFrom(...EVENT_TYPES),
      back: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

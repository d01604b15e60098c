/**
 * Faults from a printed seed upon pairs of hosts that want one lease, several pairs at once: most of the time is spent
 * waiting for a lease to run out.
 */
import { newChance } from '../support/chance.ts';
import { ACTS, CLOCK } from '../support/lease-acts.ts';
import { expectOneBeat, tellFigures } from '../support/lease-figures.ts';
import { runPair } from '../support/lease-pair.ts';

const PAIRS = 4;
/** Seconds. All other timings of the lease scale with it. */
const TTL_S = 8;
/** A fault and what it takes to get over it, on a machine with other work. Milliseconds. */
const FAULT_MS = 30_000;

/** Longer than the wait for a send that never comes, which tells more. Milliseconds. */
export const timeoutOf = (faults: number): number => 300_000 + (faults / PAIRS) * FAULT_MS;

/** Fails with the story of the pair in which more than one beat sent, or none. */
export async function leaseFaults(python: string, seed: number, count: number): Promise<void> {
  process.stderr.write(`lease faults: PRODSERVER_LEASE_SEED=${seed} PRODSERVER_LEASE_FAULTS=${count}\n`);
  const clocks = Array.from({ length: PAIRS }, (_, pair) => pair % 2 === 0);
  const hands = deal(seed, count, clocks);
  const results = await Promise.all(
    hands.map((faults, pair) =>
      runPair({
        python,
        ttl: TTL_S,
        faults,
        seed: seed + pair + 1,
        hasClocks: clocks[pair] === true,
        isNaive: false,
      }),
    ),
  );
  const kinds: Record<string, number> = {};
  for (const name of hands.flat()) kinds[name] = (kinds[name] ?? 0) + 1;
  tellFigures({ seed, kinds, results });
  expectOneBeat({ seed, kinds, results });
}

/** Which pair gets which faults: each kind as often as another, those of the clock where there is one. */
function deal(seed: number, count: number, clocks: readonly boolean[]): string[][] {
  const chance = newChance(seed);
  const hands = clocks.map((): string[] => []);
  const deck: string[] = [];
  while (deck.length < count) deck.push(...shuffled(Object.keys(ACTS), chance));
  for (const name of deck.slice(0, count)) {
    const able = hands.filter((_, pair) => name !== CLOCK || clocks[pair] === true);
    const shortest = Math.min(...able.map(({ length }) => length));
    able.find(({ length }) => length === shortest)?.push(name);
  }
  return hands;
}

function shuffled<T>(items: readonly T[], chance: () => number): T[] {
  return items
    .map((item) => ({ item, rank: chance() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Any orders, at any time, in a world that answers late, twice or never. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { STATE_NAMES } from '../../src/model/process.ts';
import type { Effect } from '../../src/supervisor/state.ts';
import { deeds, fates, policies } from './machine-arbitraries.ts';
import { EVENT_TYPES } from './machine-samples.ts';
import { type Tally, World } from './machine-world.ts';

const SEED = Number(process.env['PRODSERVER_TEST_SEED'] ?? 20_260_101);
/** The long tier runs this file too, by machine.model.long.test.ts, with ten times as much. */
const SCALE = process.env['PRODSERVER_TEST_TIER'] === 'long' ? 10 : 1;
const RUNS = 4000 * SCALE;
const STEPS = 200_000 * SCALE;
/** How often each state, effect and event comes about at least, and each of the finer ones. */
const OFTEN = 500;
const SOMETIMES = 100;

const EFFECTS: Record<Effect['do'], true> = {
  'take-lock': true,
  'abandon-lock': true,
  spawn: true,
  'watch-readiness': true,
  'watch-liveness': true,
  'stop-watching': true,
  signal: true,
  'kill-tree': true,
  sweep: true,
  arm: true,
  disarm: true,
};

const FINER = [
  'WAITING asking',
  'WAITING held',
  'STARTING unspawned',
  'STARTING paused',
  'RUNNING without broker',
  'BACKOFF crash',
  'BACKOFF start-timeout',
  'BACKOFF unresponsive',
  'BACKOFF failure',
  'STOPPING spawning 0',
  'STOPPING spawning 2',
  'STOPPING signalled 0',
  'STOPPING signalled 1',
  'STOPPING signalled 2',
  'STOPPING sweeping',
  'FATAL failure',
  'FATAL permanent-exit',
  'FATAL attempts',
];

test('whatever happens, the invariants hold', () => {
  const tally: Tally = { steps: 0, seen: new Map() };
  fc.assert(
    fc.property(
      policies,
      fc.array(fates, { minLength: 1, maxLength: 12 }),
      fc.array(deeds, { maxLength: 320, size: 'max' }),
      (policy, fates, deeds) => {
        const world = new World(policy, fates, tally);
        try {
          for (const deed of deeds) world.act(deed);
          world.finish();
        } catch (error) {
          throw new Error(world.log.slice(-15).join('\n'), { cause: error });
        }
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
  process.stdout.write(`${tally.steps} steps in ${RUNS} lives, seed ${SEED}\n`);
  expect(tally.steps).toBeGreaterThanOrEqual(STEPS);
  const rarer = (names: readonly string[], count: number): string[] =>
    names.filter((name) => (tally.seen.get(name) ?? 0) < count);
  expect(rarer([...STATE_NAMES, ...Object.keys(EFFECTS), ...EVENT_TYPES], OFTEN)).toEqual([]);
  expect(rarer(FINER, SOMETIMES)).toEqual([]);
});

/**
 * Two supervisors, one lease, faults: never two beats that send. And the lease that everybody writes first, of which the same
 * judge sees that two do. PRODSERVER_LEASE_SEED repeats a run, PRODSERVER_LEASE_FAULTS gives its length.
 */
import { expect, inject, test } from 'vitest';
import { expectOneBeat, tellFigures } from '../support/lease-figures.ts';
import { runPair, runPairs } from './lease-faults.ts';

const SEED = Number(process.env['PRODSERVER_LEASE_SEED'] ?? 20_261_121);
const FAULTS = Number(process.env['PRODSERVER_LEASE_FAULTS'] ?? 60);
/** Seconds. A fault and what it takes to get over it. */
const FAULT_S = 30;
const PAIRS = 4;
/** Seconds. All other timings of the lease scale with it. */
const TTL_S = 6;

test('the naive lease lets two beats send, and the judge sees it', async () => {
  const faults = ['owner frozen past its lease', 'owner killed'];
  const result = await runPair({
    python: inject('python'),
    seed: SEED,
    faults,
    hasClocks: false,
    isNaive: true,
    ttl: 2,
  });
  const { overlaps, story } = result;
  process.stderr.write(`naive lease: ${JSON.stringify({ faults, beats: result.beats, overlaps })}\n`);
  expect(overlaps.length, story).toBeGreaterThanOrEqual(faults.length);
});

const timeout = (60 + (FAULTS / PAIRS) * FAULT_S) * 1000;
test(`${FAULTS} faults, seed ${SEED}: one beat`, { timeout }, async () => {
  const total = await runPairs({
    python: inject('python'),
    seed: SEED,
    faults: FAULTS,
    pairs: PAIRS,
    ttl: TTL_S,
  });
  tellFigures(total);
  expectOneBeat(total);
});

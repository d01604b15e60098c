/**
 * Two supervisors, one lease, faults: never two beats that send. And the lease that everybody writes first, of which the same
 * judge sees that two do. PRODSERVER_LEASE_SEED repeats a run, PRODSERVER_LEASE_FAULTS gives its length.
 */
import { expect, inject, test } from 'vitest';
import { runPair } from '../support/lease-pair.ts';
import { leaseFaults, timeoutOf } from './lease-faults.ts';

const SEED = Number(process.env['PRODSERVER_LEASE_SEED'] ?? 20_261_121);
const FAULTS = Number(process.env['PRODSERVER_LEASE_FAULTS'] ?? 20);

test('the naive lease lets two beats send, and the judge sees it', async () => {
  const faults = ['owner frozen past its lease', 'owner killed'];
  const python = inject('python');
  const result = await runPair({ python, seed: SEED, faults, hasClocks: false, isNaive: true, ttl: 2 });
  const { beats, overlaps, story } = result;
  process.stderr.write(`naive lease: ${JSON.stringify({ faults, beats, overlaps })}\n`);
  expect(overlaps.length, story).toBeGreaterThanOrEqual(faults.length);
});

test(`${FAULTS} faults, seed ${SEED}: one beat`, { timeout: timeoutOf(FAULTS) }, () =>
  leaseFaults(inject('python'), SEED, FAULTS),
);

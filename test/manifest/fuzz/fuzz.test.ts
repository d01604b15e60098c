/**
 * Random documents: no crash, none takes a second, every finding has a place, nothing that is printed has a stack, a control
 * character or a secret. `PRODSERVER_TEST_SEED` tries others, and is the document itself with `PRODSERVER_FUZZ_COUNT=1`.
 */
import { expect, test } from 'vitest';
import { everyKey, ownManifests } from '../mutation/subjects.ts';
import { documentOf, fuzz } from './run.ts';

const LONG = process.env['PRODSERVER_TEST_TIER'] === 'long';
const SEED = Number(process.env['PRODSERVER_TEST_SEED'] ?? (LONG ? 50_000_000 : 20_261_121));
const COUNT = Number(process.env['PRODSERVER_FUZZ_COUNT'] ?? (LONG ? 50_000 : 600));

test(`${COUNT} documents from seed ${SEED}`, () => {
  const samples = [everyKey, ...ownManifests()].map(({ text }) => text);
  const { valid, findings, codes, slowestMs, faults } = fuzz(SEED, COUNT, samples);
  process.stdout.write(
    `fuzz: ${COUNT} documents from seed ${SEED}, ${valid} of them valid, ${findings} findings of ${codes.size} codes, ` +
      `the slowest took ${Math.round(slowestMs)} ms, ${faults.length} faults\n`,
  );
  if (COUNT === 1) process.stdout.write(`${JSON.stringify(documentOf(SEED, samples))}\n`);
  expect(faults.slice(0, 20)).toEqual([]);
  expect(codes.size).toBeGreaterThan(COUNT > 500 ? 15 : -1);
});

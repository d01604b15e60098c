/** PRODSERVER_CHAOS_SEED repeats a run, PRODSERVER_CHAOS_SECONDS gives its length. */
import { test } from 'vitest';
import { chaos } from './chaos.ts';

const SEED = Number(process.env['PRODSERVER_CHAOS_SEED'] ?? 20_261_121);
const SECONDS = Number(process.env['PRODSERVER_CHAOS_SECONDS'] ?? 60);

test(`${SECONDS} s of faults, seed ${SEED}`, { timeout: (SECONDS + 150) * 1000 }, () => chaos(SEED, SECONDS));

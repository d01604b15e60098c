/** An hour, from a seed of its own each time; PRODSERVER_CHAOS_SEED repeats one. */
import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { chaos } from './chaos.ts';

const SEED = Number(process.env['PRODSERVER_CHAOS_SEED'] ?? randomInt(2 ** 31));
const SECONDS = Number(process.env['PRODSERVER_CHAOS_SECONDS'] ?? 3600);

test(`${SECONDS} s of faults, seed ${SEED}`, { timeout: (SECONDS + 300) * 1000 }, () => chaos(SEED, SECONDS));

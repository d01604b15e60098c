/** Fifty clients at once for a minute, from a seed of its own each time; PRODSERVER_STORM_SEED repeats one. */
import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { storm } from './storm.ts';

const SEED = Number(process.env['PRODSERVER_STORM_SEED'] ?? randomInt(2 ** 31));

test(`no order is lost among fifty clients in a minute, seed ${SEED}`, { timeout: 300_000 }, async () =>
  storm({ seed: SEED, orders: 60, pauseMs: 2000 }),
);

/** Fifty clients at once; PRODSERVER_STORM_SEED repeats a run. */
import { test } from 'vitest';
import { storm } from './storm.ts';

const SEED = Number(process.env['PRODSERVER_STORM_SEED'] ?? 20_261_122);

test(`no order is lost among fifty clients, seed ${SEED}`, async () =>
  storm({ seed: SEED, orders: 4, pauseMs: 2500 }));

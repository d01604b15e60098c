/** A thousand faults, from a seed of their own each time; PRODSERVER_LEASE_SEED repeats one. */
import { randomInt } from 'node:crypto';
import { inject, test } from 'vitest';
import { leaseFaults, timeoutOf } from './lease-faults.ts';

const SEED = Number(process.env['PRODSERVER_LEASE_SEED'] ?? randomInt(2 ** 31));
const FAULTS = Number(process.env['PRODSERVER_LEASE_FAULTS'] ?? 1000);

test(`${FAULTS} faults, seed ${SEED}: one beat`, { timeout: timeoutOf(FAULTS) }, () =>
  leaseFaults(inject('python'), SEED, FAULTS),
);

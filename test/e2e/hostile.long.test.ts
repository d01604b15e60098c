/** More of what comes over the control socket, from a seed of its own each time; PRODSERVER_HOSTILE_SEED repeats one. */
import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { beHostile } from './hostile.ts';

const SEED = Number(process.env['PRODSERVER_HOSTILE_SEED'] ?? randomInt(2 ** 31));

test(`20,000 bad requests while 1,000 connections stay, seed ${SEED}`, { timeout: 600_000 }, async () =>
  beHostile(SEED, 20_000, 1000),
);

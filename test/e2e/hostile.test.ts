/** What comes over the control socket harms nobody; PRODSERVER_HOSTILE_SEED repeats a run. */
import { test } from 'vitest';
import { beHostile } from './hostile.ts';

const SEED = Number(process.env['PRODSERVER_HOSTILE_SEED'] ?? 20_261_122);

test(`300 bad requests while 100 connections stay, seed ${SEED}`, async () => beHostile(SEED, 300, 100));

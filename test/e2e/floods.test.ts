/** Floods of output: supervision goes on, memory and lag stay bounded, and what is lost is counted. */
import { test } from 'vitest';
import { flood } from '../support/flood.ts';

test('10 s, with a reader that stalls for a third of it', { timeout: 120_000 }, async () => flood(10_000));

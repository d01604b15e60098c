/** The flood of floods.test.ts, for minutes. */
import { test } from 'vitest';
import { flood } from '../support/flood.ts';

test('3 min, with a reader that stalls for a minute', async () => flood(180_000));

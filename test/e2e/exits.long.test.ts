import { test } from 'vitest';
import { CODES, endBeforeReady } from './exits.ts';

test('each of the 256 exit codes before it was ready: never leaves it, whatever it is', () =>
  endBeforeReady(CODES));

import { describe, test } from 'vitest';
import { endAfterReady, endBeforeReady } from './exits.ts';

const ALL = Array.from({ length: 256 }, (_, code) => code);

describe('each of the 256 exit codes', () => {
  test('after it was ready, all at once: on-failure tells 0 from the others', () => endAfterReady(ALL));
  test('before it was ready: never leaves it, whatever it is', () => endBeforeReady(ALL));
});

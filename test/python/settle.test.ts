import { inject, test } from 'vitest';
import { SHOP_PINS } from './harness.ts';
import { settledStop } from './settle.ts';

const shop = { python: inject('python'), pins: SHOP_PINS };

test.each([
  ['prefork', 'early'],
  ['prefork', 'late'],
] as const)('%s, acknowledged %s: what is begun is not given back', async (pool, acks) => {
  await settledStop(shop, pool, acks);
});

import { inject } from 'vitest';
import { pinned, SHOP_PINS } from '../../python/harness.ts';
import { inScope, testAll } from './proof.ts';
import { limitProofs } from './proofs-limits.ts';

const scope = { version: pinned(SHOP_PINS, 'celery'), long: false };

testAll(inScope(limitProofs, scope), () => inject('python'));

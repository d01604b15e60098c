import { inject } from 'vitest';
import { pinned, SHOP_PINS } from '../../python/harness.ts';
import { inScope, testAll } from './proof.ts';
import { rejectedProofs } from './proofs-rejected.ts';

const scope = { version: pinned(SHOP_PINS, 'celery'), long: false };

testAll(inScope(rejectedProofs, scope), () => inject('python'));

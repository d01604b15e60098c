import { inject } from 'vitest';
import { pinned, SHOP_PINS } from '../../python/harness.ts';
import { inScope, testAll } from './proof.ts';
import { queueProofs } from './proofs-queues.ts';

const scope = { version: pinned(SHOP_PINS, 'celery'), long: false };

testAll(inScope(queueProofs, scope), () => inject('python'));

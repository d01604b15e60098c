import { inject } from 'vitest';
import { pinned, SHOP_PINS } from '../../python/harness.ts';
import { inScope, testAll } from './proof.ts';
import { embeddedBeatProofs } from './proofs-embedded-beat.ts';
import { bootstepProofs } from './proofs-bootsteps.ts';

const scope = { version: pinned(SHOP_PINS, 'celery'), long: false };

testAll(inScope([...bootstepProofs, ...embeddedBeatProofs], scope), () => inject('python'));

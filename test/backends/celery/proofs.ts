/** All that is proven of the worker's options. */
import type { Proof } from './proof.ts';
import { embeddedBeatProofs } from './proofs-embedded-beat.ts';
import { bootstepProofs } from './proofs-bootsteps.ts';
import { limitProofs } from './proofs-limits.ts';
import { poolProofs } from './proofs-pool.ts';
import { queueProofs } from './proofs-queues.ts';
import { rejectedProofs } from './proofs-rejected.ts';

export const workerProofs: readonly Proof[] = [
  ...poolProofs,
  ...limitProofs,
  ...queueProofs,
  ...bootstepProofs,
  ...embeddedBeatProofs,
  ...rejectedProofs,
];

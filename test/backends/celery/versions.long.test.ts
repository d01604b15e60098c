/** Every proof of the worker's options in the oldest and in the newest Celery. */
import { beforeAll, describe } from 'vitest';
import { celeryPython, MAKING_MS } from '../../support/celery-versions.ts';
import { inScope, testAll } from './proof.ts';
import { workerProofs } from './proofs.ts';

const VERSIONS = ['5.4.0', '5.7.0'];

describe.each(VERSIONS)('Celery %s', (version) => {
  let python = '';

  beforeAll(async () => {
    python = await celeryPython(version);
  }, MAKING_MS);

  testAll(inScope(workerProofs, { version, long: true }), () => python, { alone: true });
});

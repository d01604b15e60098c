/** Every proof of the worker's options in the oldest and in the newest Celery. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { ensurePython } from '../../../fixtures/venv.ts';
import { ROOT } from '../../support/rig.ts';
import { inScope, testAll } from './proof.ts';
import { workerProofs } from './proofs.ts';

const VERSIONS = ['5.4.0', '5.7.0'];

const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);

describe.each(VERSIONS)('Celery %s', (version) => {
  const requirements = join(ROOT, 'test', 'python', 'requirements', `celery-${version}.txt`);
  const folder = join(ROOT, '.cache', 'venvs', `celery-${version}`);
  let python = '';

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    python = await ensurePython(folder, { exact: true, log, requirements });
  }, 900_000);

  testAll(inScope(workerProofs, { version, long: true }), () => python);
});

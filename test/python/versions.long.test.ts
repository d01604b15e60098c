/** The launcher and the link in every minor version of Celery that we support, with every pool. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { ensurePython } from '../../fixtures/venv.ts';
import { ROOT } from '../support/rig.ts';
import { deafBeat, deafWorker, lifeOfBeat, lifeOfWorker } from './cases.ts';
import { settledStop } from './settle.ts';
import { canariesOfWorker, countsOfWorker } from './vitals.ts';

/** The oldest, the newest of each minor version since, and the newest. */
const VERSIONS = ['5.4.0', '5.5.3', '5.6.3', '5.7.0'];
const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'] as const;

const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);

describe.each(VERSIONS)('Celery %s', (version) => {
  const pins = join(import.meta.dirname, 'requirements', `celery-${version}.txt`);
  const folder = join(ROOT, '.cache', 'venvs', `celery-${version}`);
  let python = '';

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    python = await ensurePython(folder, { exact: true, log, requirements: pins });
  }, 900_000);

  test.each(POOLS)('%s: from init to stopped', async (pool) => {
    await lifeOfWorker({ python, pins }, pool);
  });

  test.each(POOLS)('%s: deaf to the environment', async (pool) => {
    await deafWorker({ python, pins }, pool);
  });

  test.each(POOLS)('%s: every end of a task is counted', async (pool) => {
    await countsOfWorker({ python, pins }, pool);
  });

  test.each(POOLS)('%s: canaries come back, through Redis', async (pool) => {
    await canariesOfWorker({ python, pins }, pool, 'redis');
  });

  test.each(POOLS)('%s: canaries come back, through RabbitMQ', async (pool) => {
    await canariesOfWorker({ python, pins }, pool, 'rabbitmq');
  });

  test.each(POOLS.flatMap((pool) => [[pool, 'early'] as const, [pool, 'late'] as const]))(
    '%s, acknowledged %s: a stop gives back what is not begun, and nothing else',
    async (pool, acks) => {
      await settledStop({ python, pins }, pool, acks);
    },
  );

  test('beat: from init to its end', async () => {
    await lifeOfBeat({ python, pins });
  });

  test('beat: deaf to the environment', async () => {
    await deafBeat({ python, pins });
  });
});

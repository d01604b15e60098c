/** The launcher and the link in every minor version of Celery that we support, with every pool. */
import { beforeAll, describe, test } from 'vitest';
import { celeryPython, MAKING_MS, pinsOf } from '../support/celery-versions.ts';
import { deafBeat, deafWorker, lifeOfBeat, lifeOfWorker } from './cases.ts';
import { keepsToLease } from './fence.ts';
import { runsOnce } from './once.ts';
import { settledStop } from './settle.ts';
import { canariesOfWorker, countsOfWorker } from './vitals.ts';

/** The oldest, the newest of each minor version since, and the newest. */
const VERSIONS = ['5.4.0', '5.5.3', '5.6.3', '5.7.0'];
const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'] as const;

describe.each(VERSIONS)('Celery %s', (version) => {
  const pins = pinsOf(version);
  let python = '';

  beforeAll(async () => {
    python = await celeryPython(version);
  }, MAKING_MS);

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

  test.each(POOLS)('%s: two messages of one due time run once', async (pool) => {
    await runsOnce({ python, pins }, pool);
  });

  test('beat: keeps to its lease, and names what it sends', async () => {
    await keepsToLease(python);
  });

  test('beat: from init to its end', async () => {
    await lifeOfBeat({ python, pins });
  });

  test('beat: deaf to the environment', async () => {
    await deafBeat({ python, pins });
  });
});

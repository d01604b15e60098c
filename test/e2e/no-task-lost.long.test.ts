/** All pools, both ways to acknowledge, the oldest and the newest Celery; on RabbitMQ too. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { celeryPython, MAKING_MS } from '../support/celery-versions.ts';
import { runNumbered } from '../support/numbered.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { Rig, ROOT } from '../support/rig.ts';

const VERSIONS = ['5.4.0', '5.7.0'];
const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'];
/** Two lives more than are asked for: those that overlap share their tasks. */
const TASKS = Number(process.env['PRODSERVER_TASKS'] ?? 2200);
/** A second: of a life of ten seconds and more, the replacement is the smaller part. */
const RATE = 10;
/** One line a run, for docs/proof.md. */
const TABLE = join(ROOT, '.cache', 'no-task-lost.txt');

const CASES = ['redis', 'rabbitmq'].flatMap((broker) =>
  POOLS.flatMap((pool) => (['early', 'late'] as const).map((acks) => ({ broker, pool, acks }))),
);

describe.each(VERSIONS)('Celery %s', (version) => {
  let python = '';

  beforeAll(async () => {
    python = await celeryPython(version);
  }, MAKING_MS);

  test.each(CASES)('$broker, $pool, acknowledged $acks', async ({ broker, pool, acks }) => {
    const rig = new Rig();
    const own = broker === 'rabbitmq' ? { broker: (await startRabbitMq(rig)).url } : {};
    const run = { python, pool, acks, tasks: TASKS, maxTasks: TASKS / 11, rate: RATE, ...own };
    const result = await runNumbered(run);
    const { lost, doubled, replacements, ratio, story } = result;
    const figures = [replacements, lost.length, doubled.length, ratio.toFixed(2)].join(' | ');
    appendFileSync(TABLE, `| ${version} | ${broker} | ${pool} | ${acks} | ${TASKS} | ${figures} |\n`);
    expect(lost, story).toEqual([]);
    expect(doubled, story).toEqual([]);
    expect(replacements, story).toBeGreaterThanOrEqual(8);
  });
});

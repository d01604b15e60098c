/** The pairs of a broker and a place for results that brokers.test.ts leaves out. */
import { test } from 'vitest';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import { expectWork } from './brokers.ts';

test('on files, with results in the database', () => expectWork('', null));

test('on Redis, with results in Redis', async () => {
  const { url } = await startRedis(new Rig());
  await expectWork(url, url.replace(/\d+$/, '2'));
});

test('on files, with results in Redis', async () => {
  await expectWork('', (await startRedis(new Rig())).url);
});

test('on Redis, with results in the database', async () => {
  await expectWork((await startRedis(new Rig())).url, null);
});

test('on RabbitMQ, with results in Redis', async () => {
  const rig = new Rig();
  const [redis, rabbit] = await Promise.all([startRedis(rig), startRabbitMq(rig)]);
  await expectWork(rabbit.url, redis.url);
});

/** Each broker and each place for results; every pair of them is in the long tier. */
import { expect, test } from 'vitest';
import { brokerAnswers } from '../../src/os/broker.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';
import { expectWork } from './brokers.ts';

test('on files, with results in the database', () => expectWork('', null));

test('on Redis, with results in Redis', async () => {
  const { url } = await startRedis(new Rig());
  await expectWork(url, url.replace(/\d+$/, '2'));
});

test('on RabbitMQ, with results in the database', async () => {
  const rig = new Rig();
  const rabbit = await startRabbitMq(rig);
  await expectWork(rabbit.url, null);
  // As the supervisor asks it, before it calls a worker hung.
  expect(await brokerAnswers(rabbit.url, 5000)).toBe(true);
  process.kill(rabbit.pid, 'SIGSTOP');
  expect(await brokerAnswers(rabbit.url, 300)).toBe(false);
  process.kill(rabbit.pid, 'SIGCONT');
  expect(rig.survivors()).toContain(rabbit.pid);
  await rabbit.stop();
  await until(() => rig.survivors().length === 0, 'the helpers of RabbitMQ to end');
});

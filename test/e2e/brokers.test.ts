/** A broker and a place for results that no other test has together; every other pair is in the long tier. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { brokerAnswers } from '../../src/os/broker.ts';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { Rig, until } from '../support/rig.ts';
import { expectWork } from './brokers.ts';

/** A signal that stops a process stops each of its threads, one after the other. */
const isFrozen = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.startsWith('T'),
  );

test('on RabbitMQ, with results in the database', async () => {
  const rig = new Rig();
  const rabbit = await startRabbitMq(rig);
  await expectWork(rabbit.url, null);
  // As the supervisor asks it, before it calls a worker hung.
  expect(await brokerAnswers(rabbit.url, 5000)).toBe(true);
  process.kill(rabbit.pid, 'SIGSTOP');
  await until(() => isFrozen(rabbit.pid), 'RabbitMQ to stand still');
  expect(await brokerAnswers(rabbit.url, 300)).toBe(false);
  process.kill(rabbit.pid, 'SIGCONT');
  expect(rig.survivors()).toContain(rabbit.pid);
  await rabbit.stop();
  await until(() => rig.survivors().length === 0, 'the helpers of RabbitMQ to end');
});

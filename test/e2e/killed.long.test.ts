/** What killed-main and stopped-work show on Redis, on RabbitMQ. */
import { test } from 'vitest';
import { killMain } from './killed-main.ts';
import { stopInWork } from './stopped-work.ts';

test('the main process: what ran is lost or runs again, what waited runs once', async () =>
  killMain('rabbitmq'));

test('a stop: what runs is lost or runs again, what was fetched for later runs once', async () =>
  stopInWork('rabbitmq'));

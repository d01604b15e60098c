import { test } from 'vitest';
import { stopInWork } from './stopped-work.ts';

test('on Redis: what runs is lost or runs again, what was fetched for later runs once', async () =>
  stopInWork('redis'));

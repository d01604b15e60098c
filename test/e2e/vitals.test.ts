import { test } from 'vitest';
import { tasksInStatus } from './vitals.ts';

test('status --json has exactly the tasks that were done, that failed and that run', () =>
  tasksInStatus(['prefork', 'gevent']));

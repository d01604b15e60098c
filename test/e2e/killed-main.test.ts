import { test } from 'vitest';
import { killMain } from './killed-main.ts';

test('the main process, on Redis: what ran is lost or runs again, what waited runs once', async () =>
  killMain('redis'));

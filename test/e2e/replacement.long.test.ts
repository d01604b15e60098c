import { afterAll, beforeAll, inject, test } from 'vitest';
import { Driver } from '../backends/celery/stage.ts';
import { restartAmongTasks } from './replacement.ts';

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, inject('python'));
});
afterAll(() => driver.end());

test('restart of a worker on gevent: 100 tasks run once each', () => restartAmongTasks(driver, 'gevent'));

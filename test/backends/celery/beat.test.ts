/** Each option of CeleryBeat, seen in a real beat, and not seen when it is taken out of the argv; and what it sends. */
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { pinned, SHOP_PINS } from '../../python/harness.ts';
import { BEAT_PROOFS } from './beat-cases.ts';
import { crontabFires, databaseFires, intervalFires } from './beat-fires.ts';
import { proveBeat, provable } from './beat-stage.ts';
import { companies, Driver } from './stage.ts';

const python = inject('python');
let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, python);
});
afterAll(() => driver.end());

const groups = companies(provable(BEAT_PROOFS, pinned(SHOP_PINS, 'celery'))).map(
  (proofs) => [proofs.map(({ option, title }) => `${option}: ${title}`).join('; '), proofs] as const,
);

describe('options', () => {
  test.for(groups)('%s', ([, proofs], { skip }) => {
    for (const proof of proofs) {
      const hindrance = proof.hinders?.(python) ?? null;
      skip(hindrance !== null, hindrance ?? '');
    }
    return proveBeat(python, proofs, driver);
  });
  test('scheduler: a schedule in the database, which may change meanwhile', () => databaseFires(python));
});

describe('entries', () => {
  test('an interval: a message each period, executed once', () => intervalFires(python, driver));
  test('a crontab: when it is due, at once when it fell due before the start, and once', () =>
    crontabFires(python));
});

/** Beat's options and entries on the oldest and the newest Celery; and a crontab that waits for its minute. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { celeryPython, MAKING_MS } from '../../support/celery-versions.ts';
import { Rig } from '../../support/rig.ts';
import { BEAT_PROOFS } from './beat-cases.ts';
import { crontabFires, databaseFires, intervalFires, minuteFires } from './beat-fires.ts';
import { proveBeat, provable } from './beat-stage.ts';
import { Driver, load } from './stage.ts';

const VERSIONS = ['5.4.0', '5.7.0'];

describe.each(VERSIONS)('Celery %s', (version) => {
  const here = provable(BEAT_PROOFS, version);
  let python = '';
  let driver: Driver;

  beforeAll(async () => {
    python = await celeryPython(version);
    driver = new Driver(null, python);
  }, MAKING_MS);
  afterAll(() => driver.end());

  test.for(here)('$option: $title', (proof, { skip }) => {
    const hindrance = proof.hinders?.(python) ?? null;
    skip(hindrance !== null, hindrance ?? '');
    return proveBeat(python, [proof], driver);
  });

  test.for(BEAT_PROOFS.filter((proof) => !here.includes(proof)))(
    '$option: the manifest says that this version is too old for it',
    ({ option, setting }) => {
      const { findings } = load(new Rig(), python, { backend: 'CeleryBeat', ...setting });
      const there = findings.filter(({ place }) => place?.path.includes(option));
      expect(there.map(({ code }) => code)).toEqual(['option-too-new']);
    },
  );

  test('scheduler: a schedule in the database', () => databaseFires(python));
  test('scheduler: the same by the short name of its package', () => databaseFires(python, 'django'));
  test('an interval', () => intervalFires(python, driver));
  test('a crontab that fell due before the start', () => crontabFires(python));
  test('a crontab at the border of a minute', () => minuteFires(python));
});

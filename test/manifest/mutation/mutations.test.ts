/**
 * Each manifest with one thing changed: a key renamed, a value of another type, a value or a key gone. One finding tells
 * of it, and names the place. `PRODSERVER_TEST_SEED` tries others; the long tier tries all.
 */
import { expect, test } from 'vitest';
import { OURS } from '../../../src/backends/registry.ts';
import { entrySchema, supervisorSchema } from '../../../src/manifest/schema.ts';
import { newChance } from '../../support/chance.ts';
import { newDesk } from './desk.ts';
import { mutations } from './mutate.ts';
import { asJson, everyKey, optionManifests, ownManifests } from './subjects.ts';
import { EXCEPTIONS, judge, judgeOfSchema, type Judged } from './verdict.ts';

const SEED = Number(process.env['PRODSERVER_TEST_SEED'] ?? 20_261_121);
const LONG = process.env['PRODSERVER_TEST_TIER'] === 'long';
/** One change of so many, and one backend's options, cost what a change of the program may cost. */
const ONE_OF = LONG ? 1 : 20;
const BACKENDS = LONG ? Infinity : 2;

const chance = newChance(SEED);
const chosen = (): boolean => chance() < 1 / ONE_OF;

// What the fixtures ask of the environment.
const desk = newDesk({ SHOP_FLOWER_AUTH: 'user:password', REDIS_URL: 'redis://localhost' });
/** The schema is compiled where all changes are made: to do so costs more than a sample of them. */
const isValid = LONG ? judgeOfSchema() : null;
function told(name: string, judged: Judged): Judged {
  const { changes, legal, wrong } = judged;
  process.stdout.write(
    `mutations, ${name}: ${changes} changes from seed ${SEED}, ${legal} of them valid, ${wrong.length} told otherwise\n`,
  );
  return judged;
}

const used = new Set<(typeof EXCEPTIONS)[number]>();
const note = (judged: Judged): void => {
  for (const one of judged.used) used.add(one);
};

test("the repository's own manifests", () => {
  const judged = told('own manifests', judge(desk, ownManifests(), chosen, isValid));
  note(judged);
  expect(judged.wrong).toEqual([]);
});

test('a manifest with every key, as YAML and as JSON', () => {
  expect(desk(everyKey.text).findings).toEqual([]);
  const changed = new Set(
    mutations(everyKey.text).map(({ path }) => path.slice(path[0] === 'PRODUCTION_PROCESSES' ? 2 : 0)[0]),
  );
  const keys = [...Object.keys(entrySchema.shape), 'SOCKETS', 'SUPERVISOR'];
  expect(keys.filter((key) => !changed.has(key))).toEqual([]);
  // The files of `backends` would have to be there.
  for (const key of Object.keys(supervisorSchema.shape).filter((one) => one !== 'backends'))
    expect(everyKey.text).toContain(`  ${key}: `);
  const judged = told('every key', judge(desk, [everyKey, asJson(everyKey)], chosen, isValid));
  note(judged);
  expect(judged.wrong).toEqual([]);
});

test('the options of each backend', { timeout: 600_000 }, () => {
  const backends = OURS.all
    .map((backend) => ({ backend, rank: chance() }))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, BACKENDS)
    .map(({ backend }) => backend);
  const judged = told('options', judge(desk, optionManifests(desk, backends), chosen, isValid));
  note(judged);
  expect(judged.wrong).toEqual([]);
});

test.runIf(LONG)('no exception that nothing needs', () => {
  expect(EXCEPTIONS.filter((one) => !used.has(one)).map(({ why }) => why)).toEqual([]);
});

/** Random mappings: at each place stands what the value says. JSON's texts and whole numbers are Python's too. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf } from './settings.ts';

const SEED = Number(process.env['PRODSERVER_PLACES_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const MAPPINGS = 300;

const { tree } = fc.letrec<{ tree: unknown; leaf: unknown; map: unknown }>((tie) => ({
  leaf: fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.maxSafeInteger()),
  map: fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), tie('tree'), { maxKeys: 4 }),
  tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('map'), fc.array(tie('tree'), { maxLength: 3 })),
}));

/** Every path of a value, its own first. */
function pathsOf(value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const steps = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return [path, ...steps.flatMap(([step, item]) => pathsOf(item, [...path, step]))];
}

const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce((node, step) => (node as Record<string | number, unknown>)[step], value);

test(`the place of each of ${MAPPINGS} random mappings (seed ${SEED})`, async () => {
  const samples = fc.sample(tree, { numRuns: MAPPINGS, seed: SEED });
  const value = Object.fromEntries(samples.map((sample, index) => [`p${index}`, sample]));
  const entries = Object.entries(value).map(
    // Every other one on many lines.
    ([name, entry], index) =>
      `${JSON.stringify(name)}: ${JSON.stringify(entry, null, index % 2 === 0 ? 2 : 0)},\n`,
  );
  const answer = await answerOf(`PRODUCTION_PROCESSES = {\n${entries.join('')}}\n`);
  expect(answer.value).toEqual(value);
  const told = new Map(answer.places.map((place) => [JSON.stringify(place.path), place]));
  const paths = pathsOf(value, []).slice(1);
  expect(told.size).toBe(paths.length + 1);
  for (const path of paths) {
    const place = told.get(JSON.stringify(['PRODUCTION_PROCESSES', ...path]));
    const text = (span: { file: string; line: number; column: number; endColumn: number } | null): string =>
      span === null
        ? ''
        : (answer.lines[span.file]?.[span.line] ?? '').slice(span.column - 1, span.endColumn - 1);
    const step = path.at(-1);
    if (typeof step === 'string') expect(JSON.parse(text(place?.key ?? null))).toBe(step);
    const written = text(place?.value ?? null);
    // Of what goes on below its first line, that line is the place.
    if (/^[{[]$/.test(written)) expect(typeof at(value, path)).toBe('object');
    else expect(JSON.parse(written)).toEqual(at(value, path));
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OURS } from '../../src/backends/registry.ts';
import { manifestSchema } from '../../src/manifest/json-schema.ts';
import { entrySchema } from '../../src/manifest/schema.ts';
import { ROOT } from '../support/rig.ts';
import { generatedFiles } from './generated.ts';
import { schemaWords } from './option-words.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const ajv = new Ajv2020({ strictTypes: false, allErrors: true });
ajv.addSchema(manifestSchema(schemaWords()), 'manifest');
const validate = ajv.getSchema('manifest') as ValidateFunction;
const accepts = (text: string): boolean => validate(parse(text, { merge: true }));
const entry = (lines: string): string => `PRODUCTION_PROCESSES:\n  one: {${lines}}\n`;

describe('generated files', () => {
  it.each(generatedFiles())('$path is up to date (else: npm run generate)', ({ path, text }) => {
    expect(read(path)).toBe(text);
  });

  it('name every code once', () => {
    const headings = read('docs/errors.md').match(/^### .+$/gm) ?? [];
    expect(headings.length).toBeGreaterThan(40);
    expect(new Set(headings).size).toBe(headings.length);
  });
});

describe('the JSON Schema of the manifest', () => {
  const shop = readdirSync(join(ROOT, 'fixtures', 'shop')).filter((name) => name.endsWith('.yaml'));

  it.each(shop)('takes fixtures/shop/%s', (name) => {
    expect(accepts(read(`fixtures/shop/${name}`)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['an empty mapping', '{}'],
    ['sections without contents', 'PRODUCTION_PROCESSES:\nSUPERVISOR:\n'],
    ['keys of the user', 'x-common: &common {AUTOSTART: false}\nPRODUCTION_PROCESSES: {}\n'],
    ['a command', entry('BACKEND: Command, CMD: [sleep, 10]')],
    ['a variable for a number', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: {concurrency: "${N:-4}"}')],
    ['a variable for a duration', entry('BACKEND: Command, CMD: [a], STOP: {timeout: "${GRACE}"}')],
    ['another user', entry('BACKEND: Command, CMD: [a], USER: 1000, GROUP: media, UMASK: 027')],
    [
      'limits',
      entry('BACKEND: Command, CMD: [a], LIMITS: {nofile: 65536, core: unlimited, as: "${MEMORY}"}'),
    ],
    ['files of variables', entry('BACKEND: Command, CMD: [a], ENV_FILE: [.env, more.env]')],
    [
      'recycling',
      entry('BACKEND: CeleryWorker, APP: a.b, RECYCLE: {max-age: 24h, max-tasks: 9, jitter: 0.2}'),
    ],
    ['underscores', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: {max_tasks_per_child: 9}')],
    [
      'a backend of its own',
      `${entry('BACKEND: HttpServer, ARGS: {port: 1}')}SUPERVISOR: {backends: [./mine.mjs]}\n`,
    ],
    ['another signal to stop by', entry('BACKEND: Command, CMD: [a], STOP: {signal: SIGINT}')],
    ['ARGS without contents', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: ')],
  ])('takes %s', (_, text) => {
    expect(accepts(text), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['a list', '- web'],
    ['an unknown section', 'PROCESSES: {}'],
    ['a name that is none', 'PRODUCTION_PROCESSES: {"../x": {BACKEND: Command, CMD: [a]}}'],
    ['an entry without BACKEND', entry('APP: a.b')],
    ['an unknown BACKEND', entry('BACKEND: CeleryWorkr, APP: a.b')],
    ['Celery without APP', entry('BACKEND: CeleryWorker')],
    ['Command without CMD', entry('BACKEND: Command')],
    ['Command with ARGS', entry('BACKEND: Command, CMD: [a], ARGS: {}')],
    ['CMD for gunicorn', entry('BACKEND: GunicornServer, APP: a, CMD: [a]')],
    ['an unknown option', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: {concurency: 4}')],
    ['an option of another backend', entry('BACKEND: CeleryBeat, APP: a.b, ARGS: {concurrency: 4}')],
    ['a refused option', entry('BACKEND: GunicornServer, APP: a, ARGS: {daemon: true}')],
    ['a word for a number', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: {concurrency: many}')],
    ['a number out of range', entry('BACKEND: CeleryWorker, APP: a.b, ARGS: {concurrency: -1}')],
    ['a duration without a unit', entry('BACKEND: Command, CMD: [a], STOP: {timeout: 30}')],
    ['an unknown limit', entry('BACKEND: Command, CMD: [a], LIMITS: {nofiles: 9}')],
    ['two beats', entry('BACKEND: CeleryBeat, APP: a.b, INSTANCES: 2')],
    ['a signal that is none', entry('BACKEND: Command, CMD: [a], STOP: {signal: TERM}')],
    ['a limit without a unit', entry('BACKEND: Command, CMD: [a], RECYCLE: {max-memory: 512}')],
  ])('refuses %s', (_, text) => {
    expect(accepts(text)).toBe(false);
  });

  it('lists every key of an entry', () => {
    const schema = manifestSchema(schemaWords()) as { $defs: { entry: { properties: object } } };
    expect(Object.keys(schema.$defs.entry.properties).sort()).toEqual(Object.keys(entrySchema.shape).sort());
  });
});

describe('the options in the JSON Schema', () => {
  // oxfmt-ignore
  const VALUES: readonly unknown[] = [
    0, 1, 3, 100_000, -1, 1.5, '0', '4', '-4', '1.5', 'x', '', 'info', 'INFO', 'Fair', 'prefork', 'fork', 'true',
    'True', 'drop', 'a,b', true, false, null, [], ['a', 'b'], ['a', 1], [true], [''], {},
  ];

  it.each(OURS.all)('of $name are judged as check judges them', (backend) => {
    if (backend.cmd === 'required') return;
    const judge = ajv.compile({ $ref: `manifest#/$defs/${backend.name}.ARGS` });
    const different: string[] = [];
    for (const [name, option] of Object.entries(backend.options())) {
      for (const value of VALUES) {
        const valid = option.schema.safeParse(value).success;
        const found = judge({ [name]: value });
        // Digits in a string are judged by their form, not by an upper bound.
        const lax = found && typeof value === 'string' && /^\d+$/.test(value);
        if (found !== valid && !lax) different.push(`${name}: ${JSON.stringify(value)} is ${valid}`);
      }
    }
    expect(different).toEqual([]);
  });
});

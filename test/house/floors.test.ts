/** The floors of the house: a room imports only rooms below its own floor. */
import { describe, expect, test } from 'vitest';
import { circles, packagesOf, readSources } from './sources.ts';

const FLOORS: Readonly<Record<string, number>> = {
  model: 1,
  backends: 2,
  logs: 2,
  os: 2,
  manifest: 3,
  health: 3,
  singleton: 3,
  supervisor: 4,
  control: 5,
  doctor: 6,
  screen: 6,
  render: 7,
  daemon: 7,
  cli: 8,
};

/** Imports and sizes that break a rule, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'render/version.ts imports ../package.json': 'the version stands there; the bundler copies it in',
  'render/stack.ts imports node:fs':
    'reads source maps while an unknown error is told, when nothing else is sure',
};

/** Modules that only some rooms may import. */
const KEPT: readonly (readonly [module: RegExp, rooms: readonly string[]])[] = [
  [/^(node:)?(child_process|fs|fs\/promises)$|^(execa|koffi)$/, ['os']],
  [/^chokidar$/, ['os']],
  [/^(node:)?(net|http)$/, ['os', 'control']],
];
const LONGEST = 300;

const sources = readSources();
const excepted = (found: readonly string[]): string[] => found.filter((one) => EXCEPTIONS[one] === undefined);
const all = sources.flatMap((source) => source.imports.map((one) => ({ source, one })));
const told = ({ source, one }: (typeof all)[number]): string => `${source.file} imports ${one.of}`;

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(all.length).toBeGreaterThan(200);
  const names = new Set(sources.map((source) => source.file));
  expect(excepted(all.filter(({ one }) => one.ours && !names.has(one.of)).map(told))).toEqual([]);
});

test('every room has its floor', () => {
  expect([...new Set(sources.map((source) => source.room))].toSorted()).toEqual(
    Object.keys(FLOORS).toSorted(),
  );
});

describe('imports', () => {
  const upward = all.filter(({ source, one }) => {
    const target = one.of.split('/')[0] ?? '';
    return one.ours && target !== source.room && (FLOORS[target] ?? 0) >= (FLOORS[source.room] ?? 0);
  });

  test('only go down', () => {
    expect(excepted(upward.map(told))).toEqual([]);
  });

  test('make no circle', () => {
    expect(circles(sources, (one) => !one.typeOnly)).toEqual([]);
  });

  test('make no circle of types, but for the verbs, which name the type of their flags', () => {
    const flags = 'cli/verbs.ts';
    expect(circles(sources, (one) => !(one.typeOnly && one.of === flags))).toEqual([]);
    expect(circles(sources, () => true).every((circle) => circle.includes(flags))).toBe(true);
  });

  test.each(KEPT)('of %s stay in their rooms', (module, rooms) => {
    const outside = all.filter(({ source, one }) => module.test(one.of) && !rooms.includes(source.room));
    expect(excepted(outside.map(told))).toEqual([]);
  });

  test.each(['check', 'plan', 'start', 'status'])(
    'of %s: no cron patterns where no manifest has one',
    (verb) => {
      expect(packagesOf(sources, 'manifest/cron.ts')).toContain('croner');
      const packages = packagesOf(sources, `cli/${verb}.ts`);
      expect([packages.has('zod'), packages.has('croner')]).toEqual([true, false]);
    },
  );

  test('are of what package.json installs for users, or of the bundle', () => {
    const packages = new Set(
      all.filter(({ one }) => !one.ours && !one.of.startsWith('node:')).map(({ one }) => one.of),
    );
    expect([...packages].toSorted()).toEqual([
      'chokidar',
      'commander',
      'croner',
      'execa',
      'ioredis',
      'koffi',
      'pino',
      'prom-client',
      'yaml',
      'zod',
    ]);
  });
});

test(`no file is longer than ${LONGEST} lines`, () => {
  const long = sources.filter((source) => source.lines > LONGEST).map((source) => `${source.file} is long`);
  expect(excepted(long)).toEqual([]);
});

test('every exception is still one', () => {
  const now = new Set([...all.map(told), ...sources.map((source) => `${source.file} is long`)]);
  expect(Object.keys(EXCEPTIONS).filter((one) => !now.has(one))).toEqual([]);
});

test('a circle would be found', () => {
  const file = (name: string, of: string) => ({
    file: name,
    room: 'x',
    lines: 1,
    imports: [{ of, ours: true, typeOnly: false, late: false }],
  });
  expect(circles([file('a', 'b'), file('b', 'c'), file('c', 'b')], () => true)).toEqual(['b -> c -> b']);
});

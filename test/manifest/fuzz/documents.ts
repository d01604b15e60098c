/** Random documents that are nearly manifests: known keys, odd values, and what YAML and people do to texts. */
import { stringify } from 'yaml';
import { OURS } from '../../../src/backends/registry.ts';
import { entrySchema, supervisorSchema } from '../../../src/manifest/schema.ts';

export type Chance = () => number;

const pick = <T>(chance: Chance, items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T;
const many = <T>(chance: Chance, most: number, make: () => T): T[] =>
  Array.from({ length: Math.floor(chance() * (most + 1)) }, make);

/** Of JavaScript's own objects; a careless lookup finds these where nobody wrote them. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'then'];

// oxfmt-ignore
const DEEPER: readonly string[] = [
  'timeout', 'delay', 'period', 'probe-timeout', 'http', 'tcp', 'command', 'file', 'celery', 'loop', 'canary',
    'polling', 'task', 'stuck', 'beat', 'policy', 'backoff', 'initial', 'max', 'factor', 'max-attempts', 'stable-after',
    'significant', 'max-size', 'max-age', 'keep', 'when-full', 'max-memory', 'max-memory-hard', 'memory', 'max-tasks',
    'schedule', 'timezone', 'jitter', 'min-uptime', 'name', 'redis', 'ttl', 'renew-every', 'drift', 'targets', 'signal',
    'nofile', 'as', 'cpu', 'bind', 'backlog', 'reuse-port', 'mode', 'user', 'nice', 'failures', 'PASSWORD', 'x-mine', '$schema', '<<', '', ' ', '1', 'null', 'true',
];

const KEYS: readonly string[] = [
  ...Object.keys(entrySchema.shape),
  ...Object.keys(supervisorSchema.shape),
  ...DEEPER,
  ...INHERITED,
];

export const SECRET = 'hunter2-of-the-environment';
export const ENV = { SECRET_TOKEN: SECRET, PORT: '8000', EMPTY: '' };

// oxfmt-ignore
const SCALARS: readonly unknown[] = [
  null, true, false, 0, -0, 1, -1, 7, 1.5, 1e21, Infinity, -Infinity, Number.NaN, 2 ** 53, 0.1, '', ' ', 'x', 'info', '4',
  '30s', '1h30m', '99999999999999999999d', '-1s', '0s', '1GiB', '1e9GiB', '512', '0', '0 4 * * *', '* * * * * *',
  '60 24 32 13 8', 'Europe/Berlin', 'Mars/Base', 'always', 'off', '/healthz', 'http://', 'http://h:99999/', 'h:1', ':1',
  '[::1]:80', 'h:99999999', 'redis://u:p@h:1/0', 'redis://', 'rediss://[::', 'unix:/a', 'file:', 'tcp://h', '1%', '5%',
  '027', '999', 'a:b', '1:2:3', 'unlimited', '2:1', ':8000', '${socket:web}', 'fd://${socket:a}', '${socket:', '0660', 'shop.wsgi', 'shop.celery.app', 'a b', 'a\nb', 'a\u0000b',
  '\u001b[31mred', '\u202e', '\ud800', '\udc00x', '\ufeff', '\u2028', '\u0085', '\t', '😀'.repeat(40), 'x'.repeat(300),
  '${SECRET_TOKEN}', '${PORT}', '${EMPTY:-7}', '${NOT_THERE}', '${NOT_THERE:?tell ${PORT}}', '${', '${}', '${1}', '$$',
  'a${SECRET_TOKEN}b', 'redis://:${SECRET_TOKEN}@h/0', '{instance}', '%n', '../../x', '--x', '-', '*', '&', '!', '#',
  'django_prodserver.backends.celery.CeleryWorker', ...INHERITED,
];

const BACKENDS = OURS.all;

const scalar = (chance: Chance): unknown => pick(chance, SCALARS);

export function value(chance: Chance, depth: number): unknown {
  const roll = chance();
  if (depth <= 0 || roll < 0.6) return scalar(chance);
  if (roll < 0.75) return many(chance, 3, () => value(chance, depth - 1));
  return mapping(many(chance, 4, () => [pick(chance, KEYS), value(chance, depth - 1)]));
}

/** With `__proto__` as a key like any other. */
function mapping(pairs: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, of] of pairs)
    Object.defineProperty(made, key, { value: of, enumerable: true, configurable: true, writable: true });
  return made;
}

/** An entry that a person might have begun well. */
function entry(chance: Chance): unknown {
  if (chance() < 0.05) return value(chance, 2);
  const backend = pick(chance, BACKENDS);
  const options = backend.cmd === 'required' ? [] : Object.keys(backend.options());
  const option = (): string =>
    chance() < 0.85 && options.length > 0 ? pick(chance, options) : pick(chance, KEYS);
  const pairs: [string, unknown][] = [
    ['BACKEND', chance() < 0.95 ? pick(chance, [backend.name, ...backend.paths]) : scalar(chance)],
  ];
  if ((backend.app === 'none') === chance() < 0.05) pairs.push(['APP', 'shop.wsgi']);
  if ((backend.cmd === 'none') === chance() < 0.05) pairs.push(['CMD', ['date', scalar(chance)]]);
  if (chance() < 0.7) pairs.push(['ARGS', mapping(many(chance, 5, () => [option(), value(chance, 1)]))]);
  pairs.push(...many(chance, 4, (): [string, unknown] => [pick(chance, KEYS), value(chance, 3)]));
  return mapping(pairs);
}

const NAMES = [
  'web',
  'worker',
  'beat',
  'a',
  '1',
  'Web-2',
  'na me',
  '',
  'x'.repeat(70),
  '\u001b[2J',
  ...INHERITED,
];

export function manifest(chance: Chance): unknown {
  if (chance() < 0.03) return value(chance, 3);
  const processes =
    chance() < 0.03 ? value(chance, 1) : mapping(many(chance, 3, () => [pick(chance, NAMES), entry(chance)]));
  const pairs: [string, unknown][] = [['PRODUCTION_PROCESSES', processes]];
  if (chance() < 0.3) pairs.push(['SUPERVISOR', value(chance, 2)]);
  if (chance() < 0.2)
    pairs.push(['SOCKETS', mapping(many(chance, 3, () => [pick(chance, NAMES), value(chance, 1)]))]);
  if (chance() < 0.1) pairs.push([pick(chance, KEYS), value(chance, 3)]);
  return mapping(pairs);
}

/** As one of the ways to write it; what cannot be written that way is written as JSON. */
export function written(chance: Chance, data: unknown): string {
  const roll = chance();
  if (roll < 0.35) return JSON.stringify(data);
  if (roll < 0.5) return JSON.stringify(data, null, pick(chance, [1, 2, '\t']));
  const options = {
    defaultStringType: pick(chance, ['PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'] as const),
    collectionStyle: pick(chance, ['any', 'block', 'flow'] as const),
    lineWidth: pick(chance, [0, 20, 80]),
    simpleKeys: chance() < 0.3,
  };
  try {
    return stringify(data, options);
  } catch {
    return JSON.stringify(data); // a key that cannot be a simple one
  }
}

/** What is put somewhere into a text. */
// oxfmt-ignore
const ODDITIES: readonly string[] = [
  '&a ', '*a', '*b', '<<: *a\n', '!!binary ', '!!set ', '!!omap ', '!!timestamp ', '!!int ', '!!float ', '!!null ',
  '!!str ', '!!map ', '!<tag:x> ', '!x ', '!!js/function ', '---\n', '...\n', '--- a\n--- b\n', '%YAML 1.1\n---\n',
  '%YAML 9.9\n---\n', '%TAG ! tag:x,2000:\n---\n', '%FOO bar\n', '\t', '\r', '\r\n', '\n', '\u0000', '\u0007', '\u001b[31m',
  '\u007f', '\u0085', '\u2028', '\u2029', '\ufeff', '\ufffe', '\ud800', '\udfff', '\ufffd', '"', "'", '`', '@', '|', '>',
  '|+9\n', '>-\n', '? ', '? [a]\n: ', ': ', ':', '- ', '-', ', ', '[', ']', '{', '}', '{{', '[[[[[[[[[[', '#', ' #', '~', '=',
  '1e999999', '0x', '0o8', '0b1', '-.inf', '.nan', '9'.repeat(400), '1_000', '12:30:45', '2001-12-14', 'yes', 'Off',
  '${SECRET_TOKEN}', '${', '$', '$$', '__proto__: 1\n', 'constructor: {prototype: {x: 1}}\n', 'PRODUCTION_PROCESSES:\n',
  '  BACKEND: CeleryBeat\n', 'a'.repeat(3000), ' '.repeat(3000), '\n'.repeat(200), '\u0301', '👩‍👩‍👧', 'é', '漢字', '\u202e', '\u200b',
];

/** A few changes at random places of a text. */
export function damaged(chance: Chance, text: string): string {
  let made = text;
  for (let left = 1 + Math.floor(chance() * 4); left > 0; left--) {
    const at = Math.floor(chance() * (made.length + 1));
    const to = Math.min(made.length, at + Math.floor(chance() ** 3 * 40));
    const roll = chance();
    if (roll < 0.45) made = made.slice(0, at) + pick(chance, ODDITIES) + made.slice(at);
    else if (roll < 0.65) made = made.slice(0, at) + made.slice(to);
    else if (roll < 0.75) made = made.slice(0, to) + made.slice(at);
    else if (roll < 0.85) made = made.slice(0, at) + pick(chance, KEYS) + made.slice(to);
    else made = byLine(chance, made);
  }
  return made.slice(0, 60_000);
}

/** A line moved, doubled, or indented otherwise; or the ends of all lines. */
function byLine(chance: Chance, text: string): string {
  const lines = text.split('\n');
  const at = Math.floor(chance() * lines.length);
  const line = lines[at] ?? '';
  const roll = chance();
  if (roll < 0.25) lines.splice(at, 0, line);
  else if (roll < 0.5) lines[at] = `${pick(chance, [' ', '  ', '\t', '      '])}${line}`;
  else if (roll < 0.75) lines[at] = line.trimStart();
  else return lines.join(pick(chance, ['\r\n', '\r', '\n\n', ' ']));
  return lines.join('\n');
}

/** Shapes that cost a careless parser its time or its stack. */
export const hard = (chance: Chance): string => {
  const size = Math.floor(10 ** (1 + chance() * 3));
  const shapes: readonly (() => string)[] = [
    () => '['.repeat(size) + ']'.repeat(size),
    () => '{a: '.repeat(size) + '}'.repeat(size),
    () => `PRODUCTION_PROCESSES: ${'{a: '.repeat(size)}`,
    () => Array.from({ length: Math.min(size, 400) }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    () => '- '.repeat(size),
    () => '? '.repeat(size),
    () =>
      `a: &a [x]\n${Array.from({ length: Math.min(size, 60) }, (_, n) => `b${n}: &b${n} [*${n === 0 ? 'a' : `b${n - 1}`}, *${n === 0 ? 'a' : `b${n - 1}`}]`).join('\n')}`,
    () => `PRODUCTION_PROCESSES: &a {x: *a}`,
    () => `x-a: &a {<<: *a}\nPRODUCTION_PROCESSES: *a`,
    () =>
      `PRODUCTION_PROCESSES:\n${Array.from({ length: Math.min(size, 300) }, (_, n) => `  w${n}: {BACKEND: CeleryWorker, APP: a.b}`).join('\n')}`,
    () =>
      `PRODUCTION_PROCESSES:\n${Array.from({ length: Math.min(size, 300) }, (_, n) => `  w${n}: {BACKEND: Command, CMD: [a], DEPENDS_ON: [w${n + 1}]}`).join('\n')}`,
    () =>
      `PRODUCTION_PROCESSES: {w: {BACKEND: Command, CMD: [a], INSTANCES: ${pick(chance, ['1e3', '1000000000', '1e308', '9007199254740993'])}}}`,
    () => `PRODUCTION_PROCESSES: {w: {BACKEND: ${'x'.repeat(size * 5)}}}`,
    () => `"${'\\u0000'.repeat(size)}": 1`,
    () => `a: ${'"'.repeat(size)}`,
    () => `a: |\n${' \n'.repeat(size)}`,
    () => '\n'.repeat(size * 10),
    () => `${'a'.repeat(size * 5)}: ${'${'.repeat(size)}`,
    () =>
      `PRODUCTION_PROCESSES: {w: {BACKEND: Command, CMD: [a], STOP: {timeout: "${'1'.repeat(size)}s"}, LOCK: {name: "${'a'.repeat(size)}"}}}`,
    () =>
      `PRODUCTION_PROCESSES: {w: {BACKEND: Command, CMD: [a], ENV: {PASSWORD: [${'"x", '.repeat(size)}]}}}`,
  ];
  return pick(chance, shapes)();
};

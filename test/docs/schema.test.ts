/** The JSON Schemas beside `check`: what one refuses for its shape the other refuses too, over good and broken manifests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { OURS } from '../../src/backends/registry.ts';
import { parseManifest } from '../../src/manifest/document.ts';
import { draft07 } from '../../src/manifest/json-schema-07.ts';
import { manifestSchema } from '../../src/manifest/json-schema.ts';
import { compile } from '../../src/manifest/load.ts';
import { severityOf, type Code, type Failure } from '../../src/model/failure.ts';
import { ROOT } from '../support/rig.ts';
import { KEYS, OPTIONS, SECTIONS, schemaWords } from './option-words.ts';

/** Of the changes to the manifest with every key; the long tier makes them all, by schema.long.test.ts. */
const ONE_OF = process.env['PRODSERVER_TEST_TIER'] === 'long' ? 1 : 4;

const words = schemaWords();
const schema = manifestSchema(words);
const validators: readonly ValidateFunction[] = [
  new Ajv2020({ strictTypes: false }).compile(schema),
  new Ajv({ strictTypes: false }).compile(draft07(schema)),
];

/** Of what stands at its place and is no rule between things: an editor should see it too. */
const SHAPE: ReadonlySet<Code> = new Set<Code>([
  'manifest-shape',
  'processes-shape',
  'key-unknown',
  'key-missing',
  'key-useless',
  'value-wrong',
  'value-no-unit',
  'name-invalid',
  'backend-unknown',
  'option-unknown',
  'option-refused',
  'instances-conflict',
]);

/** What a schema cannot know, by the keys above and the code: why. */
const BEYOND: readonly (readonly [path: RegExp, code: RegExp, why: string])[] = [
  [/^RECYCLE\.timezone$/, /^value-wrong$/, 'which time zones there are'],
  [/^RECYCLE\.timezone$/, /^key-missing$/, 'what a key needs beside it'],
  [/^LIVE\.celery\.stuck$/, /^key-useless$/, 'what a key needs beside it'],
  [/^LOCK\.(?!name|redis|file)/, /^key-useless$/, 'what a key needs beside it'],
  [/^UMASK$/, /^value-wrong$/, 'whether a number was written with a 0 in front'],
  [/^SUPERVISOR\.http-/, /^key-missing$/, 'what a key needs beside it'],
  [/^LOCK\.redis$/, /^value-wrong$/, 'the forms of the URL of a Redis'],
];

const beyond = ({ code, place }: Failure): boolean => {
  const whole = place?.path ?? [];
  const keys = (whole[0] === 'SUPERVISOR' ? whole : whole.slice(2)).join('.');
  return BEYOND.some(([path, codes]) => codes.test(code) && path.test(keys));
};

type Manifest = Readonly<Record<string, unknown>>;

/** Every place in a value, with the value there. */
function places(node: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [path, ...Object.entries(node).flatMap(([key, value]) => places(value, [...path, key]))];
}

/** The same with one change, which may be none. */
type Change = (parent: Record<string, unknown>, key: string) => void;
const CHANGES: Readonly<Record<string, Change>> = {
  'an unknown key': (parent, key) => {
    parent[`${key}x`] = parent[key];
    delete parent[key];
  },
  'no key': (parent, key) =>
    void (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]),
  'no value': (parent, key) => void (parent[key] = null),
  'a list': (parent, key) => void (parent[key] = [[]]),
  'a mapping': (parent, key) => void (parent[key] = { strange: 1 }),
  'a number': (parent, key) => void (parent[key] = -7.5),
  'a text': (parent, key) => void (parent[key] = 'strange value'),
  'an empty text': (parent, key) => void (parent[key] = ''),
  yes: (parent, key) => void (parent[key] = true),
};

function changed(manifest: Manifest, path: readonly string[], change: Change): unknown {
  const copy = structuredClone(manifest) as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], copy);
  change(parent as Record<string, unknown>, path.at(-1) ?? '');
  return copy;
}

/** How the two differ on a manifest; null where they agree. */
function dispute(manifest: unknown): string | null {
  const parsed = parseManifest('prodserver.json', JSON.stringify(manifest));
  if (!parsed.ok) throw new Error('JSON is YAML');
  const { findings } = compile(parsed.value, {
    path: '/srv/prodserver.json',
    folder: '/srv',
    env: {},
    settings: null,
  });
  const errors = findings.filter(({ code }) => severityOf(code) === 'error');
  const shape = errors.filter((found) => SHAPE.has(found.code) && !beyond(found));
  for (const [draft, validate] of validators.entries()) {
    const taken = validate(manifest);
    const first = shape[0];
    if (taken && first !== undefined)
      return `schema ${draft} takes ${first.place?.path.join('.')}: ${first.code} ${JSON.stringify(first.facts)}`;
    if (!taken && errors.length === 0)
      return `schema ${draft} refuses: ${JSON.stringify(validate.errors?.at(-1))}`;
  }
  return null;
}

/** Each entry by itself: what is wrong in one says nothing of the others. */
function disputes(manifest: Manifest, changes: readonly string[], oneOf = 1): string[] {
  const { PRODUCTION_PROCESSES: entries, ...rest } = manifest;
  const alone = Object.entries(entries as object).map(([name, entry]) => ({
    PRODUCTION_PROCESSES: { [name]: withoutOthers(entry as Record<string, unknown>) },
  }));
  return [...alone, { ...rest, PRODUCTION_PROCESSES: {} }].flatMap((one) => disputesOf(one, changes, oneOf));
}

const withoutOthers = (entry: Record<string, unknown>): unknown =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'DEPENDS_ON'));

function disputesOf(manifest: Manifest, changes: readonly string[], oneOf: number): string[] {
  const all = places(manifest).filter((path) => path.length > 0);
  return all.flatMap((path, row) =>
    changes.flatMap((name, column) => {
      if ((row + column) % oneOf !== 0) return [];
      const change = CHANGES[name];
      const found = change === undefined ? name : dispute(changed(manifest, path, change));
      return found === null ? [] : [`${path.join('.')} became ${name}: ${found}`];
    }),
  );
}

const shop = join(ROOT, 'fixtures', 'shop');
const fixtures = readdirSync(shop)
  .filter((name) => name.endsWith('.yaml'))
  .map((name): [string, Manifest] => [
    name,
    parse(readFileSync(join(shop, name), 'utf8'), { merge: true }) as Manifest,
  ]);

/** Every key there is. */
const WHOLE = `
x-mine: {anything: 1}
PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [job, 10]
    ENV: {LANG: C.UTF-8, COUNT: 3, ON: true}
    ENV_FILE: [.env, more.env]
    CWD: backend
    USER: www-data
    GROUP: 33
    UMASK: "027"
    LIMITS: {as: 4GiB, core: 0, cpu: 1h, data: 2GiB, fsize: 1GiB, locks: 1024, memlock: 64MiB, msgqueue: 1MiB, nice: 20,
      nofile: 65536, nproc: "100:200", rss: 1GiB, rtprio: 10, rttime: 500ms, sigpending: 1024, stack: unlimited}
    INSTANCES: 2
    AUTOSTART: false
    DEPENDS_ON: {migrate: completed}
    WAIT_FOR: {targets: ["tcp://db:5432"], timeout: 2m}
    READY: {http: /healthz, tcp: "127.0.0.1:8000", command: [ok], file: run/ready, timeout: 2m, delay: 5s, period: 1s, probe-timeout: 5s}
    LIVE: {http: /healthz, tcp: "127.0.0.1:8000", command: [ok], file: run/alive, max-age: 1m, delay: 30s, period: 30s, timeout: 10s, failures: 5}
    STOP: {timeout: 5m, signal: SIGINT}
    RESTART: {policy: on-failure, max-attempts: 5, stable-after: 1h, significant: true, backoff: {initial: 5s, max: 5m, factor: 1.5}}
    LOG: {file: "logs/{instance}.log", max-size: 100MiB, max-age: 7d, keep: 5, when-full: block}
  migrate: {BACKEND: DjangoCommand, CMD: [migrate], ONESHOT: true, ENV_FILE: .env, LOG: {file: a.log}}
  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    ARGS: {concurrency: 4, queues: [a, b], loglevel: info, max-memory-per-child: 200MiB, without-gossip: true}
    EXTRA_ARGS: [--custom, 3]
    DEPENDS_ON: [migrate]
    WAIT_FOR: ["redis://redis:6379"]
    LIVE: {celery: {loop: 1m, canary: off, polling: 30s, task: 30m, stuck: restart}}
    RECYCLE: {max-memory: 1GiB, max-memory-hard: 2GiB, memory: rss, max-tasks: 50000, max-age: 24h, schedule: "0 4 * * *",
      timezone: Europe/Berlin, jitter: 0.2, min-uptime: 5m}
  beat:
    BACKEND: CeleryBeat
    APP: shop.celery.app
    LIVE: {celery: {beat: 1m}}
    LOCK: {name: beat, redis: "redis://redis:6379/0", ttl: 30s, renew-every: 5s, command-timeout: 2s, renew-deadline: 14s, kill-grace: 8s,
      kill-wait: 3s, lag: 2s, drift: 1%}
  off: {BACKEND: CeleryBeat, APP: shop.other.app, LIVE: {celery: off}, LOCK: {file: /run/lock/off.lock}}
SOCKETS:
  http: {bind: "127.0.0.1:8001", backlog: 512, reuse-port: true}
  asgi: {bind: "unix:/run/shop.sock", mode: "0660", user: www-data, group: 33}
  six: "[::1]:8002"
SUPERVISOR: {python: .venv/bin/python, on-fatal: shutdown, start-rate: 20, http: "[::1]:9180", http-token-file: run/token, http-hosts: [app, app.internal]}
`;
const whole = parse(WHOLE) as Manifest;

describe('check and the schemas agree', () => {
  const manifests = new Map<string, Manifest>([...fixtures, ['every key', whole]]);

  test.each([...manifests.keys()])('to take %s', (name) => {
    const manifest = manifests.get(name);
    for (const validate of validators) expect([validate(manifest), validate.errors]).toEqual([true, null]);
    expect(dispute(manifest)).toBe(null);
  });

  test('that the one with every key has every key', () => {
    const used = new Set(
      places(whole).map((path) =>
        path
          .filter((step) => !/^\d+$/.test(step))
          .slice(2)
          .join('.'),
      ),
    );
    const keys = ['entry', 'SOCKETS'].flatMap((section) => [...(KEYS.get(section)?.keys() ?? [])]);
    const missing = keys.filter((key) => !used.has(key));
    expect(missing).toEqual([]);
  });

  test.each([...manifests.keys()])('on %s with one change', (name) => {
    // All changes where all keys are; elsewhere those that a hand makes.
    const changes = name === 'every key' ? Object.keys(CHANGES) : ['an unknown key', 'no value', 'a mapping'];
    expect(disputes(manifests.get(name) ?? {}, changes, name === 'every key' ? ONE_OF : 1)).toEqual([]);
  });
});

describe('what is said of an option', () => {
  test('is said of one that there is', () => {
    const spare = [...OPTIONS].flatMap(([section, told]) => {
      const backends = OURS.all.filter(({ name }) => SECTIONS[name]?.includes(section) === true);
      return [...told.keys()]
        .filter((name) => backends.every((backend) => backend.options()[name] === undefined))
        .map((name) => `${section}: ${name}`);
    });
    expect(spare).toEqual([]);
  });

  test.each(OURS.all.map(({ name }) => name))(
    'of %s: its default and its example are values of it',
    (name) => {
      const backend = OURS.all.find((one) => one.name === name);
      const wrong = Object.entries(backend?.options() ?? {}).flatMap(
        ([option, { schema: kind, refused }]) => {
          const told = words.option(name, option);
          if (told === null || refused !== undefined) return [];
          const given = [told.standard, told.example].filter((value) => value !== undefined);
          const bad = given.filter(
            (value) => !JSON.stringify(value).startsWith('"${') && !kind.safeParse(value).success,
          );
          const isFlag = kind.description?.startsWith('true or false') === true;
          return bad.length > 0 || (told.example === undefined && !isFlag)
            ? [`${option}: ${JSON.stringify(told)}`]
            : [];
        },
      );
      expect(wrong).toEqual([]);
    },
  );
});

/** What is held to be true of an option of the worker, as data, and what shows it on real processes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { severityOf, type Failure } from '../../../src/model/failure.ts';
import type { Pool } from '../../python/cases.ts';
import { startRedis } from '../../support/redis.ts';
import { Rig } from '../../support/rig.ts';
import {
  Client,
  companies,
  Driver,
  launch,
  load,
  merged,
  open,
  specOf,
  without,
  type Change,
  type Setting,
  type Stage,
} from './stage.ts';

interface Common {
  readonly option: string;
  readonly pool: Pool;
  /** What the option does there; with option and pool it is the test's name. */
  readonly title: string;
  /** The first version of Celery for which it holds; the oldest supported unless given. */
  readonly since?: '5.5' | '5.6' | '5.7';
  /** `long` is left to the long tier: it takes its time, or others of its kind are proven anyhow. */
  readonly tier?: 'long';
  /** Only root can see it. */
  readonly root?: true;
}

interface Seen extends Common {
  /** The pool is added to its ARGS. */
  readonly setting: Setting;
  /**
   * Those of one name share two workers in `npm test`, one with all of their options and one with none of them; the long tier
   * starts two for each. They look one after another, in their order.
   */
  readonly together?: string;
  /** Done before the process starts. */
  readonly prepare?: (client: Client) => Promise<unknown>;
  /** What is seen of the process; the same for both runs. */
  readonly see: (stage: Stage) => Promise<unknown>;
  /** What is seen with the option. */
  readonly with: unknown;
}

export interface Works extends Seen {
  readonly verdict: 'works';
  /** What is seen with the option taken out of the argv; it must be another thing. */
  readonly without: unknown;
}

/** The same is seen with the option taken out of the argv, and the manifest warns. */
export interface Ignored extends Seen {
  readonly verdict: 'ignored';
  readonly warning?: 'option-ignored' | 'option-otherwise';
}

/** A real worker ends, at once or when provoked; the same one works without the option. */
export interface Rejected extends Common {
  readonly verdict: 'rejected';
  readonly value: string | number | boolean | ((rig: Rig) => string);
  /** What makes it end; it ends by itself unless given. */
  readonly provoke?: (client: Client) => Promise<unknown>;
  readonly code: number;
  readonly says: RegExp;
  /** Whether the manifest has an error at the option, takes the value in a way that Celery does, or cannot know. */
  readonly manifest: 'error' | 'takes' | 'cannot know';
}

export type Proof = Works | Ignored | Rejected;

const atLeast = (version: string, since: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = since.split('.').map(Number);
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
};

export interface Scope {
  /** Of Celery. */
  readonly version: string;
  readonly long: boolean;
}

/** Those that hold for a version and belong to a tier. */
export const inScope = (proofs: readonly Proof[], { version, long }: Scope): Proof[] =>
  proofs.filter(
    ({ since, tier, root }) =>
      (since === undefined || atLeast(version, since)) &&
      (long || tier !== 'long') &&
      (root !== true || process.getuid?.() === 0),
  );

export const nameOf = ({ option, pool, title }: Proof): string => `${option} on ${pool}: ${title}`;

/** Makes a test of each, or of those that go together unless each is to be `alone`; they share one client. */
export function testAll(
  proofs: readonly Proof[],
  python: () => string,
  { alone }: { readonly alone: boolean } = { alone: false },
): void {
  let driver: Driver;
  beforeAll(() => {
    driver = new Driver(null, python());
  });
  afterAll(() => driver.end());
  const rejected = proofs.filter((proof) => proof.verdict === 'rejected');
  const seen = proofs.filter((proof) => proof.verdict !== 'rejected');
  const groups = alone ? seen.map((proof) => [proof]) : companies(seen);
  test.each(groups.map((company) => [company.map(nameOf).join('; '), company] as const))(
    '%s',
    (_name, company) => prove(python(), company, driver),
  );
  test.each(rejected.map((proof) => [nameOf(proof), proof] as const))('%s', (_name, proof) =>
    reject(python(), proof, driver),
  );
  const pools = new Set(rejected.map(({ pool }) => pool));
  test.each([...pools])('%s works without what is rejected', (pool) =>
    works(
      python(),
      pool,
      rejected.filter((proof) => proof.pool === pool),
      driver,
    ),
  );
}

type Company = readonly (Works | Ignored)[];

const withPool = (setting: Setting, pool: Pool): Setting =>
  pool === 'prefork' ? setting : { ...setting, args: { pool, ...setting.args } };

/** Runs proofs and their control side by side, each on a broker of its own. */
async function prove(python: string, company: Company, driver: Driver): Promise<void> {
  for (const proof of company) if (proof.verdict === 'ignored') expectWarning(python, proof);
  const [seen, control] = await Promise.all([
    observe(python, company, driver, (argv) => argv),
    observe(python, company, driver, (argv) =>
      company.reduce((rest, { option }) => without(rest, option), argv),
    ),
  ]);
  for (const [at, proof] of company.entries()) judge(proof, seen[at], control[at]);
}

function judge(proof: Works | Ignored, seen: unknown, control: unknown): void {
  expect.soft(seen, `with ${proof.option}`).toEqual(proof.with);
  if (proof.verdict === 'ignored') {
    expect(control, `without ${proof.option}`).toEqual(seen);
  } else {
    expect.soft(control, `without ${proof.option}`).toEqual(proof.without);
    expect(control, `${proof.option} makes a difference`).not.toEqual(seen);
  }
}

async function observe(python: string, company: Company, driver: Driver, change: Change): Promise<unknown[]> {
  const rig = new Rig();
  const { url } = await startRedis(rig);
  const setting = merged(company.map((proof) => withPool(proof.setting, proof.pool)));
  const prepare = async (client: Client): Promise<void> => {
    for (const proof of company) await proof.prepare?.(client);
  };
  const stage = await open(rig, python, setting, change, url, { driver, prepare });
  const seen: unknown[] = [];
  for (const { see } of company) seen.push(await see(stage));
  return seen;
}

const pointsAt = (finding: Failure, option: string): boolean => finding.place?.path.includes(option) ?? false;

function expectWarning(python: string, { option, pool, setting, warning = 'option-ignored' }: Ignored): void {
  const { findings } = load(new Rig(), python, withPool(setting, pool));
  const there = findings.filter((finding) => pointsAt(finding, option)).map(({ code }) => code);
  expect.soft(there, `warnings at ${option}`).toContain(warning);
}

/** The settings of those that are rejected, which start and work without the one option. */
const plain = (pool: Pool): Setting =>
  withPool({ args: { concurrency: 1, 'without-mingle': true, 'without-gossip': true } }, pool);

async function reject(python: string, proof: Rejected, driver: Driver): Promise<void> {
  const { option, pool, provoke, code, says } = proof;
  const rig = new Rig();
  const value = typeof proof.value === 'function' ? proof.value(rig) : proof.value;
  const setting = plain(pool);
  const spec = specOf(rig, python, setting);
  const token = value === true ? `--${option}` : `--${option}=${String(value)}`;
  const broker = provoke === undefined ? 'memory://' : (await startRedis(rig)).url;
  const results = provoke === undefined ? 'cache+memory://' : broker.replace(/\/0$/, '/1');
  // The last one counts, where the manifest's own argv has the option too.
  const env = { PROVING_BROKER: broker, PROVING_RESULTS: results };
  const worker = launch(rig, setting, spec, [...spec.argv, token], env);
  if (provoke !== undefined) {
    await worker.tells('ready');
    await provoke(new Client(driver, broker, results));
  }
  const ended = await worker.ended;
  expect.soft({ code: ended.code, signal: ended.signal }).toEqual({ code, signal: null });
  expect.soft(ended.stderr).toMatch(says);
  if (provoke === undefined) expect.soft(worker.told).not.toContain('ready');

  const { findings } = load(rig, python, { args: { ...setting.args, [option]: value } });
  const errors = findings.filter((finding) => severityOf(finding.code) === 'error');
  const there = errors.filter((finding) => pointsAt(finding, option));
  expect(there.length > 0, `errors of the manifest at ${option}`).toBe(proof.manifest === 'error');
  expect(errors, 'errors elsewhere').toEqual(there);
}

/** The control of those that are rejected on a pool. */
async function works(
  python: string,
  pool: Pool,
  rejected: readonly Rejected[],
  driver: Driver,
): Promise<void> {
  const rig = new Rig();
  const { url } = await startRedis(rig);
  const { client, process } = await open(rig, python, plain(pool), (argv) => argv, url, { driver });
  for (const { provoke } of rejected) await provoke?.(client);
  expect(await client.run('whoami')).toMatchObject({ state: 'SUCCESS' });
  expect(process.over).toBe(false);
}

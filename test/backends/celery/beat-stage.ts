/** A beat made from ARGS as `start` would, and the messages that it left on its Redis. */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { loadManifest } from '../../../src/manifest/load.ts';
import { isOlder } from '../../../src/model/version.ts';
import { type Linked, SHOP } from '../../python/harness.ts';
import { startRedis } from '../../support/redis.ts';
import { Rig, until } from '../../support/rig.ts';
import { makeTables } from '../../support/shop-tables.ts';
import {
  type Args,
  type Change,
  type Driver,
  launch,
  load,
  merged,
  open,
  type Setting,
  type Stage,
  without,
} from './stage.ts';

/** Seconds between two messages of what ticks. */
export const PERIOD = 0.1;
export const TICKING = { PROVING_PERIOD: String(PERIOD) } as const;

export interface BeatProof {
  readonly option: string;
  /** What the option does; with it, it is the test's name. */
  readonly title: string;
  /** The first version of Celery that has it; the oldest supported unless given. */
  readonly since?: '5.7';
  /** Why it cannot be seen here, if so. */
  hinders?(python: string): string | null;
  readonly setting: Omit<Setting, 'backend'>;
  /** As of the worker's proofs: those of one name share two beats in `npm test`. */
  readonly together?: string;
  /** Done in the rig before the process starts. */
  prepare?(rig: Rig): void;
  /** What is seen of the process, the same for both runs; or what is to be looked at once it was ended. */
  see(stage: Stage): Promise<unknown>;
  readonly with: unknown;
  /** What is seen with the option taken out of the argv: another thing, or null where the option does nothing. */
  readonly without: unknown;
}

/** Those that hold for a version of Celery. */
export const provable = (proofs: readonly BeatProof[], version: string): BeatProof[] =>
  proofs.filter(({ since }) => since === undefined || !isOlder(version, since));

const NOBODY = 65_534;

export const notRoot = (): string | null => (process.getuid?.() === 0 ? null : 'only root may do this');

/** An interpreter below /root, for example, is root's alone. */
export function notForNobody(python: string): string | null {
  if (notRoot() !== null) return notRoot();
  const run = spawnSync(python, ['-c', 'import dbm, celery'], { uid: NOBODY, gid: NOBODY });
  return run.status === 0 ? null : `nobody else may run ${python}`;
}

/** Runs proofs and their control side by side, each on a broker of its own. */
export async function proveBeat(python: string, proofs: readonly BeatProof[], driver: Driver): Promise<void> {
  const observe = async (change: Change): Promise<unknown[]> => {
    const rig = new Rig();
    for (const proof of proofs) proof.prepare?.(rig);
    const { url } = await startRedis(rig);
    const setting: Setting = { ...merged(proofs.map((proof) => proof.setting)), backend: 'CeleryBeat' };
    const stage = await open(rig, python, setting, change, url, { driver });
    const seen: unknown[] = [];
    for (const { see } of proofs) seen.push(await see(stage));
    if (seen.some(isLater)) await finish(stage.process);
    return seen.map((one) => (isLater(one) ? one() : one));
  };
  const [seen, control] = await Promise.all([
    observe((argv) => argv),
    observe((argv) => proofs.reduce((rest, { option }) => without(rest, option), argv)),
  ]);
  for (const [at, proof] of proofs.entries()) judge(python, proof, seen[at], control[at]);
}

const isLater = (seen: unknown): seen is () => unknown => typeof seen === 'function';

function judge(python: string, proof: BeatProof, seen: unknown, control: unknown): void {
  expect.soft(seen, `with ${proof.option}`).toEqual(proof.with);
  if (proof.without === null) {
    expect(control, `without ${proof.option}`).toEqual(seen);
    expect(warnings(python, proof), `warnings at ${proof.option}`).not.toEqual([]);
  } else {
    expect.soft(control, `without ${proof.option}`).toEqual(proof.without);
    expect(control, `${proof.option} makes a difference`).not.toEqual(seen);
  }
}

/** The codes of what the manifest says at an option that does nothing. */
function warnings(python: string, { option, setting }: BeatProof): string[] {
  const { findings } = load(new Rig(), python, { backend: 'CeleryBeat', ...setting });
  return findings
    .filter(({ code, place }) => /^option-(ignored|otherwise)$/.test(code) && place?.path.includes(option))
    .map(({ code }) => code);
}

/** A beat of another application than that of most proofs, not waited for; the rig's folder is its own. */
export function beatOf(
  rig: Rig,
  python: string,
  app: string,
  args: Args,
  change: Change,
  env: NodeJS.ProcessEnv,
): Linked {
  const entry = { BACKEND: 'CeleryBeat', APP: app, CWD: rig.folder, ARGS: args };
  const manifest = { PRODUCTION_PROCESSES: { proof: entry }, SUPERVISOR: { python } };
  const path = rig.write('proof.json', JSON.stringify(manifest));
  const { plan, findings } = loadManifest(path, 'proof.json', {}, rig.folder);
  const spec = plan?.processes[0];
  if (spec === undefined) throw new Error(JSON.stringify(findings, null, 2));
  const places = `${import.meta.dirname}:${SHOP}`;
  return launch(rig, { args }, spec, change(spec.argv), { ...env, PYTHONPATH: places });
}

export interface Message {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
}

/** What waits in a queue, oldest first. */
export async function messages(broker: string, queue = 'celery'): Promise<Message[]> {
  const socket = connect(Number(new URL(broker).port), '127.0.0.1');
  // Not ended from here: Redis then leaves with half an answer.
  socket.write(`LRANGE ${queue} 0 -1\r\nQUIT\r\n`);
  // The newest is the first; JSON has no bare line ends.
  const lines = (await text(socket)).split('\r\n').filter((line) => line.startsWith('{'));
  return lines.toReversed().map((line) => {
    const { headers, body } = JSON.parse(line) as { headers: { id: string; task: string }; body: string };
    const [args] = JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as [readonly unknown[]];
    return { id: headers.id, task: headers.task, args };
  });
}

export const sentOf = async (broker: string, task: string): Promise<number> =>
  (await messages(broker)).filter((message) => message.task === task).length;

/** Waits until so many more messages of what ticks are there. */
export async function ticks(broker: string, count: number): Promise<void> {
  const before = await sentOf(broker, 'tick');
  await until(async () => (await sentOf(broker, 'tick')) >= before + count, `${count} messages of beat`);
}

/** Ends it, with all of its output read. */
export async function finish(process: Linked): Promise<void> {
  process.kill('SIGTERM');
  expect(await process.ended).toMatchObject({ code: 0, signal: null });
}

/** The sample with its tables made: runs `beat_table.py`, which takes rows by `save`. */
export async function tableOf(rig: Rig, python: string): Promise<(row: object) => Promise<void>> {
  const data = join(rig.folder, 'data');
  const env = {
    SHOP_DATA: data,
    SHOP_RESULT_BACKEND: 'disabled://',
    DJANGO_SETTINGS_MODULE: 'shop.settings',
    PYTHONPATH: SHOP,
  };
  await makeTables(rig, python, data);
  const table = rig.spawn([python, join(import.meta.dirname, 'beat_table.py')], { env, input: true });
  return async (row) => {
    table.send(JSON.stringify(row));
    await table.says(/saved\n/);
  };
}

/** A beat with a fence: the record that a dead-man would keep, and the messages that beat has sent. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';
import type { Pool } from './cases.ts';
import { bootNow, FENCE } from './deadman.ts';
import { celery, type Linked } from './harness.ts';

/** The record in a file: its descriptor is handed over as a dead-man's would be. */
export class Record {
  readonly fd: number;

  constructor(rig: Rig, stop: number = bootNow() + 500) {
    this.fd = openSync(rig.write('fence', ''), 'r+');
    onTestFinished(() => closeSync(this.fd));
    this.set(stop);
  }

  /** `stop` in boot seconds. */
  set(stop: number, fence: number = FENCE): void {
    const bytes = Buffer.alloc(20);
    bytes.writeBigUInt64LE(BigInt(fence), 0);
    bytes.writeDoubleLE(stop, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
    this.write(bytes);
  }

  write(bytes: Buffer): void {
    writeSync(this.fd, bytes, 0, bytes.length, 0);
  }

  get env(): NodeJS.ProcessEnv {
    return { PRODSERVER_FENCE: String(FENCE), PRODSERVER_FENCE_FD: '4' };
  }
}

export interface BeatOptions {
  readonly python: string;
  readonly record?: Record;
  readonly env?: NodeJS.ProcessEnv;
  readonly options?: readonly string[];
}

/** A beat of the shop on a broker of files, which nobody consumes. */
export const fencedBeat = (rig: Rig, { python, record, env, options = [] }: BeatOptions): Linked =>
  celery(
    rig,
    python,
    [
      '-A',
      'shop.celery.app',
      'beat',
      `--schedule=${rig.folder}/schedule`,
      '--max-interval=1',
      '--loglevel=DEBUG',
      ...options,
    ],
    {
      env: { ...record?.env, SHOP_PULSE_SECONDS: '0.3', ...env },
      ...(record === undefined ? {} : { pass: record.fd }),
    },
  );

export interface Sent {
  readonly task: string;
  readonly entry: string;
  /** As it stands in the key. */
  readonly due: string;
  readonly dueMs: number;
  readonly key: string;
  readonly fence: unknown;
}

/** The messages of an entry so far, in their order. */
export function sentBy(rig: Rig, entry = 'pulse'): Sent[] {
  const folder = join(rig.folder, 'data', 'broker', 'queue');
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => name.endsWith('.msg'));
  return names
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { headers: Headers })
    .map(({ headers }) => sentWith(headers))
    .filter((sent) => sent.entry === entry);
}

interface Headers {
  readonly task: string;
  readonly 'prodserver-key': string;
  readonly 'prodserver-fence'?: unknown;
}

function sentWith(headers: Headers): Sent {
  const key = headers['prodserver-key'];
  const [entry = '', due = ''] = key.split('@');
  return { task: headers.task, entry, due, dueMs: Date.parse(due), key, fence: headers['prodserver-fence'] };
}

export const sentAtLeast = async (rig: Rig, count: number, entry?: string): Promise<Sent[]> =>
  until(() => {
    const sent = sentBy(rig, entry);
    return sent.length >= count ? sent : null;
  }, `${count} messages`);

const ticks = (one: Linked): number => one.reports.filter(({ event }) => event === 'beat-tick').length;

/** Beat goes on to tick, and sends nothing meanwhile. */
export async function isSilent(rig: Rig, one: Linked): Promise<void> {
  const [before, ticked] = [sentBy(rig).length, ticks(one)];
  await until(() => ticks(one) >= ticked + 2, 'beat to go on');
  expect(sentBy(rig)).toHaveLength(before);
}

/** A lease that is over stops the sending, not beat; renewed, nothing that was due is lost. */
export async function keepsToLease(python: string): Promise<void> {
  const rig = new Rig();
  const record = new Record(rig);
  const one = fencedBeat(rig, { python, record });
  const before = await sentAtLeast(rig, 2);
  expect(before.map(({ fence }) => fence)).toEqual(before.map(() => FENCE));
  expect(new Set(before.map(({ key }) => key)).size).toBe(before.length);
  record.set(bootNow() - 0.01);
  await one.logs(/the lease is not renewed: beat sends nothing until it is/);
  await isSilent(rig, one);
  const silent = sentBy(rig);
  const wentOn = Date.now();
  record.set(bootNow() + 500);
  await one.logs(/the lease is renewed: beat goes on/);
  const sent = await sentAtLeast(rig, silent.length + 2);
  // Its turn came while nothing was sent: a run that had been counted would put the next one off.
  expect(sent[silent.length]?.dueMs).toBeLessThan(wentOn);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0 });
}

/** A worker that tells what its periodic task was sent with. */
const TELLING = `
import os
from celery import Celery
app = Celery("telling", broker=os.environ["SHOP_BROKER_URL"])
app.conf.beat_schedule = {"often": {"task": "often", "schedule": 0.3}}

@app.task(name="often", bind=True)
def often(self):
    with open(os.environ["TOLD"], "a") as file:
        file.write(f"{self.request.get('prodserver-key')} {self.request.get('prodserver-fence')}\\n")
`;

const QUIET = ['--concurrency=1', '--loglevel=INFO', '--without-mingle', '--without-gossip'];

/** The beat inside a worker of `pool` sends while its lease lasts, and goes on when it is renewed. */
export async function embeddedBeat(python: string, pool: Pool): Promise<void> {
  const rig = new Rig();
  rig.write('telling.py', TELLING);
  rig.write('told.txt', '');
  const redis = await startRedis(rig);
  const record = new Record(rig);
  const told = (): string[] => rig.read('told.txt').trim().split('\n').filter(Boolean);
  const options = ['worker', '--beat', `--schedule=${rig.folder}/schedule`, `--pool=${pool}`, ...QUIET];
  const one = celery(rig, python, ['-A', 'telling', ...options], {
    cwd: rig.folder,
    pass: record.fd,
    env: { ...record.env, SHOP_BROKER_URL: redis.url, TOLD: `${rig.folder}/told.txt` },
  });
  await until(() => told().length > 1, 'two runs');
  expect(told()[0]).toMatch(new RegExp(`^often@2\\d{3}-.*Z ${FENCE}$`));
  record.set(bootNow() - 0.01);
  await one.logs(/beat sends nothing/);
  record.set(bootNow() + 500);
  await one.logs(/beat goes on/);
  const before = told().length;
  await until(() => told().length > before + 1, 'it to go on');
  expect(new Set(told()).size).toBe(told().length);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0 });
}

/** When the memory of an instance is read, and what is done with it. */
import { expect, test } from 'vitest';
import type { ReplaceCause } from '../../src/model/process.ts';
import type { RecyclePolicy } from '../../src/model/spec.ts';
import type { Vitals } from '../../src/model/vitals.ts';
import type { Proportional } from '../../src/os/memory.ts';
import { newRecycler } from '../../src/supervisor/recycler.ts';
import type { Machine } from '../../src/supervisor/state.ts';
import type { Run } from '../../src/supervisor/run.ts';
import { FakeClock } from '../logs/support.ts';
import { spec } from './instance-support.ts';
import { IDLE_WORKER, NO_LIMITS } from '../support/spec.ts';

const MiB = 1024 ** 2;

/** An instance that uses what the test says. */
class Patient {
  readonly clock = new FakeClock();
  readonly causes: ReplaceCause[] = [];
  readonly told: unknown[] = [];
  /** Of each reading of PSS. */
  readonly read: (readonly number[])[] = [];
  state = 'RUNNING';
  mainMiB = 40;
  treeMiB = 80;
  pssMiB: number | 'refused' | null = 60;
  readingMs = 0;
  vitals: Vitals | null = null;
  trouble: object | null = null;
  #startedAt = 0;
  #run = this.#newRun();
  readonly #recycler;

  constructor(change: Partial<RecyclePolicy>) {
    const policy = { ...NO_LIMITS, ...change };
    this.#recycler = newRecycler(spec({ recycle: policy }), policy, {
      clock: this.clock,
      chance: () => 0.5,
      tell: (news) => void this.told.push(news),
      pss: async (pids): Promise<Proportional> => {
        this.read.push(pids);
        this.clock.pass(this.readingMs);
        return typeof this.pssMiB === 'number' ? this.pssMiB * MiB : this.pssMiB;
      },
      nextRun: (_pattern, _timezone, after) => new Date(after.getTime() + 60_000),
    });
  }

  /** Another run takes the place of the one there. */
  begin(): void {
    this.#startedAt = this.clock.now();
    this.#run = this.#newRun();
  }

  #newRun(): Run {
    const started = this.#startedAt;
    return {
      footprint: () => ({ pids: [7, 8], mainBytes: this.mainMiB * MiB, treeBytes: this.treeMiB * MiB }),
      uptimeMs: () => this.clock.now() - started,
      vitals: () => this.vitals,
    } as unknown as Run;
  }

  /** One look; gives what it found a reason to replace it. */
  async look(): Promise<ReplaceCause | null> {
    this.causes.length = 0;
    const machine = () =>
      ({ state: { id: this.state, since: this.#startedAt, trouble: this.trouble } }) as unknown as Machine;
    await this.#recycler.look({ machine, run: () => this.#run }, (cause) => this.causes.push(cause));
    return this.causes[0] ?? null;
  }

  /** The looks of so many seconds, one every two. */
  async looks(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 2) {
      this.clock.pass(2000);
      await this.look();
    }
  }
}

test('PSS is not read while the RSS is within the limit', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  await one.looks(60);
  expect(one.read).toEqual([]);
});

test('above it PSS decides, of the whole tree', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 90;
  expect(await one.look()).toBeNull();
  one.pssMiB = 101;
  expect(await one.look()).toMatchObject({ kind: 'memory', memory: 'pss', usedBytes: 101 * MiB });
  expect(one.read).toEqual([
    [7, 8],
    [7, 8],
  ]);
});

test('the lower one of two limits is where the reading begins', async () => {
  const one = new Patient({ maxMemory: 100 * MiB, maxMemoryHard: 200 * MiB });
  one.treeMiB = 150;
  one.pssMiB = 120;
  expect(await one.look()).toMatchObject({ hard: false });
});

test('far below the limit a slow reading is followed by a rest, near it by none', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 79;
  one.readingMs = 100;
  await one.looks(60);
  expect(one.read).toHaveLength(6);
  one.pssMiB = 80;
  await one.looks(12);
  one.read.length = 0;
  await one.looks(20);
  expect(one.read).toHaveLength(10);
});

test('a rest is half a minute at most', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 10;
  one.readingMs = 5000;
  await one.looks(90);
  expect(one.read.length).toBeGreaterThanOrEqual(3);
});

test('a new run is read at once, whatever rest the one before it had', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 10;
  one.readingMs = 1000;
  await one.look();
  one.begin();
  one.pssMiB = 150;
  expect(await one.look()).toMatchObject({ usedBytes: 150 * MiB });
});

test('where PSS may not be read the RSS counts, which is told once', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 120;
  one.pssMiB = 'refused';
  expect(await one.look()).toMatchObject({ memory: 'rss', usedBytes: 120 * MiB });
  one.begin();
  await one.looks(6);
  expect(one.told).toEqual([
    { type: 'failed', failure: { code: 'pss-unreadable', facts: { instance: 'worker.1' } } },
  ]);
});

test('a reading that failed is none', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = null;
  expect(await one.look()).toBeNull();
  expect(one.told).toEqual([]);
});

test.each([
  ['rss', 120],
  ['main', 110],
] as const)('memory: %s is never read as PSS', async (memory, bytes) => {
  const one = new Patient({ maxMemory: 100 * MiB, memory });
  one.treeMiB = 120;
  one.mainMiB = 110;
  expect(await one.look()).toMatchObject({ memory, usedBytes: bytes * MiB });
  one.treeMiB = memory === 'main' ? 900 : 90;
  one.mainMiB = 90;
  expect(await one.look()).toBeNull();
  expect(one.read).toEqual([]);
});

test('a run that ended while it was read is not judged by it', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 200;
  const looking = one.look();
  one.state = 'STOPPING';
  expect(await looking).toBeNull();
});

test('while one reading goes on no other is begun', async () => {
  const one = new Patient({ maxMemory: 100 * MiB });
  one.treeMiB = 300;
  one.pssMiB = 200;
  await Promise.all([one.look(), one.look()]);
  expect(one.read).toHaveLength(1);
  expect(one.causes).toHaveLength(1);
});

test('only what is ready is judged', async () => {
  const one = new Patient({ maxAgeMs: 1 });
  one.clock.pass(10_000);
  one.state = 'STARTING';
  expect(await one.look()).toBeNull();
});

test('done tasks are those that succeeded, failed or are retried', async () => {
  const one = new Patient({ maxTasks: 10 });
  const vitals = (succeeded: number, failed: number, retried: number): Vitals => ({
    ...IDLE_WORKER,
    counts: { received: 100, succeeded, failed, retried, revoked: 50 },
  });
  expect(await one.look()).toBeNull();
  one.vitals = vitals(7, 1, 1);
  expect(await one.look()).toBeNull();
  one.vitals = vitals(7, 2, 1);
  expect(await one.look()).toEqual({ kind: 'max-tasks', done: 10, limit: 10 });
});

test('a process without its broker is left alone', async () => {
  const one = new Patient({ maxAgeMs: 1000 });
  one.clock.pass(2000);
  one.trouble = { url: 'redis://x', error: 'refused' };
  expect(await one.look()).toBeNull();
  one.trouble = null;
  expect(await one.look()).toMatchObject({ kind: 'max-age' });
});

test('the schedule of a run begins with it', async () => {
  const one = new Patient({ schedule: '* * * * *' });
  await one.looks(58);
  expect(one.causes).toEqual([]);
  await one.looks(4);
  expect(one.causes).toEqual([{ kind: 'schedule', pattern: '* * * * *' }]);
  one.begin();
  expect(await one.look()).toBeNull();
});

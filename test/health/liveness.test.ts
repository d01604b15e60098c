import { expect, test } from 'vitest';
import { watchLiveness } from '../../src/health/liveness.ts';
import type { Probes, Subject } from '../../src/health/probe.ts';
import type { ProbeTrouble } from '../../src/model/process.ts';
import type { Liveness, Probe } from '../../src/model/spec.ts';
import { FakeClock } from '../logs/support.ts';

const turn = async (): Promise<void> => new Promise((done) => void setImmediate(done));

/** What the looks find, one after the other; and when each began. */
function watch(change: Partial<Liveness> = {}) {
  const clock = new FakeClock();
  const world = { written: 0 as number | null, ran: null as string | null, now: 100_000, short: false };
  const looks: number[] = [];
  const probes: Probes = {
    isAlive: () => true,
    awaited: () => [],
    listeningAddresses: () => [],
    refusal: async () => null,
    get: async () => 200,
    writtenAt: () => world.written,
    wall: () => world.now,
    isShort: () => world.short,
  };
  let answer: ((got: string | null) => void) | null = null;
  const subject: Subject = {
    pid: 1,
    startedAt: 90_000,
    sockets: new Map(),
    members: () => [1],
    run: async () => {
      looks.push(clock.now());
      return answer === null ? world.ran : new Promise<string | null>((done) => (answer = done));
    },
  };
  const program: Probe = { kind: 'command', argv: ['probe'] };
  const liveness: Liveness = {
    probes: [program],
    delayMs: 0,
    periodMs: 100,
    timeoutMs: 50,
    failures: 3,
    ...change,
  };
  const told: ProbeTrouble[] = [];
  const cancel = watchLiveness(liveness, subject, probes, clock, (trouble) => told.push(trouble));
  return {
    clock,
    world,
    looks,
    told,
    cancel,
    hang: () => (answer = () => undefined),
    answered: (got: string | null) => answer?.(got),
    pass: async (ms: number) => {
      clock.pass(ms);
      await turn();
      await turn();
    },
  };
}

test('so many failures in a row, told once; then it looks no more', async () => {
  const { world, told, looks, clock, pass } = watch();
  world.ran = 'exit code 1';
  for (let times = 0; times < 10; times++) await pass(100);
  expect(told).toEqual([{ probe: 'command', target: 'probe', got: 'exit code 1' }]);
  expect([looks, clock.armed]).toEqual([[100, 200, 300], 0]);
});

test('one good answer in between counts anew', async () => {
  const { world, told, pass } = watch();
  for (const ran of ['no', 'no', null, 'no', 'no', null, 'no', 'no'] as const) {
    world.ran = ran;
    await pass(100);
  }
  expect(told).toEqual([]);
});

test('what goes wrong for want of descriptors is no failure, and no success', async () => {
  const { world, told, pass } = watch();
  world.ran = 'cannot be run (EMFILE)';
  await pass(100);
  await pass(100);
  world.short = true;
  for (let times = 0; times < 5; times++) await pass(100);
  expect(told).toEqual([]);
  world.short = false;
  await pass(100);
  expect(told).toHaveLength(1);
});

test('a look that takes long is not overtaken by the next', async () => {
  const { looks, hang, answered, pass, cancel } = watch();
  hang();
  await pass(100);
  await pass(1000);
  expect(looks).toEqual([100]);
  answered(null);
  await turn();
  await pass(100);
  expect(looks).toEqual([100, 1200]);
  cancel();
});

test('the delay comes first, and nothing after the end', async () => {
  const { looks, told, world, pass, cancel, clock } = watch({ delayMs: 1000 });
  world.ran = 'no';
  await pass(999);
  expect(looks).toEqual([]);
  await pass(1);
  expect(looks).toEqual([1000]);
  cancel();
  await pass(10_000);
  expect([looks.length, told, clock.armed]).toEqual([1, [], 0]);
});

test('a file by its age', async () => {
  const file: Probe = { kind: 'file', path: '/run/beat', maxAgeMs: 3000 };
  const { world, told, pass } = watch({ probes: [file], failures: 1 });
  world.written = 97_000;
  await pass(100);
  expect(told).toEqual([]);
  world.now = 100_001;
  await pass(100);
  expect(told).toEqual([{ probe: 'file', target: '/run/beat', got: 'last written 3 s ago' }]);
});

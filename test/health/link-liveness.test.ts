import { expect, test } from 'vitest';
import { watchVitals, type Complaint } from '../../src/health/link-liveness.ts';
import type { ProbeTrouble } from '../../src/model/process.ts';
import type { LinkLiveness } from '../../src/model/spec.ts';
import type { BeatVitals, WorkerVitals } from '../../src/model/vitals.ts';
import { FakeClock } from '../logs/support.ts';
import { IDLE_WORKER, LINK_LIVENESS } from '../support/spec.ts';

const turn = async (): Promise<void> => new Promise((done) => void setImmediate(done));

const STALLED = { probe: 'celery', target: 'consumer loop', got: 'no turn for 31 s' } as const;

function watch(change: Partial<LinkLiveness> = {}, pool: string | null = null) {
  const clock = new FakeClock();
  const world = {
    vitals: IDLE_WORKER as WorkerVitals | BeatVitals | null,
    broker: { url: 'redis://broker', lost: false } as { url: string; lost: boolean } | null,
    answers: true,
    stopping: false,
    asked: 0,
    during: () => undefined as void,
  };
  const told: (ProbeTrouble | Complaint)[] = [];
  const cancel = watchVitals(
    { ...LINK_LIVENESS, ...change },
    {
      vitals: () => world.vitals,
      broker: () => world.broker,
      pool: () => pool,
      stopping: () => world.stopping,
    },
    async (url, timeoutMs) => {
      expect([url, timeoutMs]).toEqual(['redis://broker', 3000]);
      world.asked += 1;
      world.during();
      return world.answers;
    },
    clock,
    { silent: (trouble) => told.push(trouble), complain: (complaint) => told.push(complaint) },
  );
  return {
    clock,
    world,
    told,
    cancel,
    /** It says this, every second or (null) nothing, for so many seconds. */
    pass: async (s: number, says: Partial<WorkerVitals> | null = null): Promise<void> => {
      for (let second = 0; second < s; second += 1) {
        if (says !== null) world.vitals = { ...IDLE_WORKER, ...says, heardAt: clock.now() + 1000 };
        clock.pass(1000);
        for (let times = 0; times < 4; times += 1) await turn();
      }
    },
  };
}

test('one that stalls while its broker answers is told once, and watched no more', async () => {
  const { pass, told, clock, world } = watch();
  await pass(10, {});
  await pass(30);
  expect([told, world.asked]).toEqual([[], 0]);
  await pass(60);
  expect([told, world.asked, clock.armed]).toEqual([[STALLED], 1, 0]);
});

test('a broker that does not answer is waited for, and then the process gets its time', async () => {
  const { pass, told, world } = watch();
  world.answers = false;
  await pass(300);
  world.answers = true;
  await pass(29);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toHaveLength(1);
});

test('one that goes on when the broker does is left alone', async () => {
  const { pass, told, world } = watch();
  world.answers = false;
  await pass(60);
  world.answers = true;
  await pass(2);
  await pass(60, {});
  expect(told).toEqual([]);
});

test('a broker that the process itself misses: no verdict, and its time begins when it is found', async () => {
  const { pass, told, world } = watch();
  world.broker = { url: 'redis://broker', lost: true };
  await pass(300);
  world.broker = { url: 'redis://broker', lost: false };
  await pass(30);
  expect([told, world.asked]).toEqual([[], 0]);
  await pass(1);
  expect(told).toHaveLength(1);
});

test('one that comes to itself while the broker is asked', async () => {
  const { pass, told, world, clock } = watch();
  world.during = () => {
    if (world.vitals !== null) world.vitals = { ...world.vitals, heardAt: clock.now() };
  };
  await pass(40);
  expect([told, world.asked]).toEqual([[], 1]);
});

test('one that has said nothing yet, or cannot, is not judged', async () => {
  const { pass, told, world } = watch();
  world.vitals = null;
  await pass(300);
  expect(told).toEqual([]);
});

test('one that ends by itself is left to do so', async () => {
  const { pass, told, world } = watch();
  world.stopping = true;
  await pass(300);
  expect(told).toEqual([]);
});

test('the pool that it has in fact is what it is judged by', async () => {
  const { pass, told } = watch({}, 'solo');
  await pass(1, { active: 1 });
  await pass(300);
  expect(told).toEqual([]);
  const other = watch({ loop: 'between' }, 'prefork');
  await other.pass(1, { active: 1 });
  await other.pass(31);
  expect(other.told).toEqual([STALLED]);
});

test('while the supervisor itself stood still nothing was missed', async () => {
  const { pass, told, clock } = watch();
  await pass(10, {});
  // The timer comes late, as after a SIGSTOP.
  const after = clock.now();
  clock.now = () => after + 120_000;
  await pass(1);
  expect(told).toEqual([]);
});

test('where no broker is known it is not what stands in the way', async () => {
  const { pass, told, world } = watch();
  world.broker = null;
  await pass(31);
  expect([told, world.asked]).toEqual([[STALLED], 0]);
});

test('what is no matter of the broker does not wait for it', async () => {
  const { pass, told, world } = watch({ loop: 'with' });
  world.answers = false;
  await pass(1, { active: 1 });
  await pass(31);
  expect([told, world.asked]).toEqual([[{ probe: 'celery', target: 'hub', got: 'no turn for 31 s' }], 0]);
});

const SLOW = { active: 1, oldest: { task: 'orders.slow', ageMs: 61_000 } };

test('stuck slots are told once, and again only after they were free', async () => {
  const { pass, told } = watch({ taskMs: 60_000 });
  const stuck = { kind: 'stuck', task: 'orders.slow', ageMs: 61_000, slots: 1 };
  await pass(120, SLOW);
  expect(told).toEqual([stuck]);
  await pass(1, {});
  await pass(120, SLOW);
  expect(told).toEqual([stuck, stuck]);
});

test('stuck slots are a reason to restart by policy', async () => {
  const { pass, told } = watch({ taskMs: 60_000, stuck: 'restart' });
  await pass(120, SLOW);
  expect(told).toEqual([
    { probe: 'celery', target: 'its slot', got: 'taken, the longest by orders.slow for 61 s' },
  ]);
});

test('children that end again and again are told once', async () => {
  const { pass, told } = watch();
  for (let exits = 0; exits < 300; exits += 1) await pass(1, { childExits: exits });
  expect(told).toEqual([{ kind: 'churn', exits: 7, done: 0, ms: 7000 }]);
});

test('after its end nothing is told', async () => {
  const { pass, told, cancel, clock } = watch();
  await pass(30);
  cancel();
  await pass(60);
  expect([told, clock.armed]).toEqual([[], 0]);
});

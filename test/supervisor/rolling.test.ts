/** Replicas are replaced one by one. */
import { expect, test } from 'vitest';
import type { ReplaceCause } from '../../src/model/process.ts';
import type { ProcessSpec, RecyclePolicy } from '../../src/model/spec.ts';
import { newSupervisor } from '../../src/supervisor/supervisor.ts';
import { last, settle, spec, stateOf, World } from './instance-support.ts';

const AGE: ReplaceCause = { kind: 'max-age', ageMs: 2, limitMs: 1 };
const BESIDE: Partial<ProcessSpec> = { argv: ['celery', '-n=worker@%h'], overlap: { token: 1, at: 9 } };

/** All of them RUNNING. */
async function fleet(names: readonly string[], change: Partial<ProcessSpec> = BESIDE) {
  const world = new World();
  const supervisor = newSupervisor(
    names.map((instance) => spec({ ...change, name: instance.split('.')[0] ?? '', instance })),
    world.ports,
  );
  supervisor.start();
  for (const { asked } of world.spawns) {
    await world.spawnedFor(asked);
    world.ready();
  }
  const { instances } = supervisor;
  return {
    world,
    supervisor,
    instances,
    phases: () => instances.map((one) => one.replacing()?.phase ?? null),
  };
}

const spawnOf = (world: World, label: string) =>
  world.spawns.find(({ order }) => order.env['PRODSERVER_INSTANCE']?.startsWith(`${label}:`)) ?? missing();

/** The newest successor becomes ready, and its predecessor ends. */
async function follows(world: World, old: number): Promise<void> {
  await world.spawned();
  world.ready();
  await world.children[old]?.ends(0);
}

test('a restart of two replicas: the second when the first is done, those of another name meanwhile', async () => {
  const { world, supervisor, instances, phases } = await fleet(['worker.1', 'worker.2', 'mail.1']);
  expect(supervisor.restart(instances)).toEqual(['replace', 'replace', 'replace']);
  expect(phases()).toEqual(['starting', null, 'starting']);
  expect(instances.map((one) => supervisor.queuedFor(one) !== null)).toEqual([false, true, false]);
  await world.spawnedFor(spawnOf(world, 'worker.1.g2').asked);
  world.ready();
  expect(phases()).toEqual(['draining', null, 'starting']);
  await world.children[0]?.ends(0);
  expect(phases()).toEqual([null, 'starting', 'starting']);
  await world.spawnedFor(spawnOf(world, 'mail.1.g2').asked);
  world.ready();
  await world.children[2]?.ends(0);
  await follows(world, 1);
  expect(phases()).toEqual([null, null, null]);
  expect(instances.map((one) => one.generation())).toEqual([2, 2, 2]);
});

test('what does not run is started at once', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1', 'worker.2']);
  supervisor.stop(instances);
  for (const child of world.children) await child.ends(0);
  expect(instances.map(stateOf)).toEqual(['STOPPED', 'STOPPED']);
  expect(supervisor.restart(instances)).toEqual(['start', 'start']);
  expect(instances.map(stateOf)).toEqual(['STARTING', 'STARTING']);
});

test('one that fails is the end of it: the others are left alone', async () => {
  const { world, supervisor, instances, phases } = await fleet(['worker.1', 'worker.2', 'worker.3'], {});
  expect(supervisor.restart(instances)).toEqual(['restart', 'restart', 'restart']);
  await world.children[0]?.ends(0);
  await (await world.spawned()).ends(1);
  expect(instances.map(stateOf)).toEqual(['BACKOFF', 'RUNNING', 'RUNNING']);
  expect(phases()).toEqual([null, null, null]);
  expect(instances.some((one) => supervisor.queuedFor(one) !== null)).toBe(false);
});

test('one that crashes while it waits for its turn is started by that', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1', 'worker.2']);
  supervisor.restart(instances);
  await world.children[1]?.ends(1);
  await last(world.spawns).asked.throws();
  expect(stateOf(instances[1] ?? missing())).toBe('BACKOFF');
  const [, , ofFirst] = world.spawns;
  await world.spawnedFor((ofFirst ?? missing()).asked);
  world.ready();
  await world.children[0]?.ends(0);
  expect(stateOf(instances[1] ?? missing())).toBe('STARTING');
});

test('recycling: one of a name at a time', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1', 'worker.2']);
  const replace = (): boolean[] => instances.map((one) => supervisor.replace(one, AGE));
  expect(replace()).toEqual([true, false]);
  await follows(world, 0);
  expect([supervisor.replace(instances[1] ?? missing(), AGE), ...replace()]).toEqual([true, false, false]);
});

test('a stop: of one of them its turn is forgotten, of all of them everybody’s', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1', 'worker.2', 'worker.3']);
  supervisor.restart(instances);
  supervisor.stop(instances.slice(1, 2));
  expect(instances.map((one) => supervisor.queuedFor(one) !== null)).toEqual([false, false, true]);
  const young = await world.spawned();
  let over = false;
  void supervisor.ended.then(() => (over = true));
  supervisor.shutdown('stop');
  expect([supervisor.replace(instances[2] ?? missing(), AGE), supervisor.restart(instances)]).toEqual([
    false,
    [],
  ]);
  world.clock.pass(2000);
  const told = world.news.flatMap((news) => (news.type === 'stopping' ? [news.waitingFor] : []));
  expect(told[0]?.map(({ instance, pid }) => [instance, pid])).toEqual([
    ['worker.1', 100],
    ['worker.1.g2', young.pid],
    ['worker.2', 101],
    ['worker.3', 102],
  ]);
  for (const child of world.children.filter((one) => one !== young)) await child.ends(0);
  await settle();
  expect(over).toBe(false);
  await young.ends(0);
  await settle();
  expect(over).toBe(true);
});

test('those that depend on it see the one that serves', async () => {
  const world = new World();
  const worker = spec(BESIDE);
  const web = spec({ name: 'web', dependsOn: [{ name: 'worker', needs: 'ready' }], autostart: false });
  const supervisor = newSupervisor([worker, web], world.ports);
  supervisor.start();
  await world.spawned();
  world.ready();
  supervisor.restart(supervisor.instances.slice(0, 1));
  await follows(world, 0);
  supervisor.restart(supervisor.instances.slice(1));
  await settle();
  expect(supervisor.instances.map(stateOf)).toEqual(['RUNNING', 'STARTING']);
});

const missing = (): never => {
  throw new Error('there is none');
};

test('the hard limit of memory does not wait for its turn', async () => {
  const { supervisor, instances, phases } = await fleet(['worker.1', 'worker.2']);
  const hard: ReplaceCause = { kind: 'memory', memory: 'pss', usedBytes: 2, limitBytes: 1, hard: true };
  const [first, second] = instances;
  if (first === undefined || second === undefined) throw new Error('there are two');
  expect(supervisor.replace(first, AGE)).toBe(true);
  expect(supervisor.replace(second, { ...hard, hard: false })).toBe(false);
  expect(supervisor.replace(second, hard)).toBe(true);
  expect(phases()).toEqual(['starting', 'draining']);
});

test('what has had its time is replaced at a look, one at a time', async () => {
  const recycle: RecyclePolicy = {
    maxMemory: null,
    maxMemoryHard: null,
    memory: 'pss',
    maxTasks: null,
    maxAgeMs: 60_000,
    schedule: null,
    timezone: null,
    jitter: 0,
    minUptimeMs: 0,
  };
  const { world, supervisor, phases } = await fleet(['worker.1', 'worker.2'], { ...BESIDE, recycle });
  const look = async (): Promise<void> => {
    supervisor.measure([]);
    await settle();
  };
  world.clock.pass(59_999);
  await look();
  expect(phases()).toEqual([null, null]);
  world.clock.pass(1);
  await look();
  expect(phases()).toEqual(['starting', null]);
  await follows(world, 0);
  await look();
  expect(phases()).toEqual([null, 'starting']);
});

const CODE: ReplaceCause = { kind: 'reload', file: 'shop/tasks.py', others: 0 };

test('code that changes during a restart gives one more after it, and is told as the cause', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1'], {});
  supervisor.restart(instances, CODE);
  await world.children[0]?.ends(0);
  // The new one may have read its code already.
  supervisor.restart(instances, CODE);
  supervisor.restart(instances, CODE);
  expect(instances.map((one) => supervisor.queuedFor(one))).toEqual([CODE]);
  await world.spawned();
  world.ready();
  await world.children[1]?.ends(0);
  await world.spawned();
  world.ready();
  expect(instances.map((one) => [stateOf(one), supervisor.queuedFor(one)])).toEqual([['RUNNING', null]]);
  expect(world.children).toHaveLength(3);
  expect(instances[0]?.deaths().map(({ cause }) => cause)).toEqual(['reload', 'reload']);
});

test('a restart for new code does not wait for what went wrong a moment ago', async () => {
  const { world, supervisor, instances } = await fleet(['worker.1']);
  supervisor.restart(instances, CODE);
  await (await world.spawned()).ends(1);
  expect(instances.map((one) => one.failedReplacement()?.why.kind)).toEqual(['crash']);
  expect(supervisor.replace(instances[0] ?? missing(), AGE)).toBe(false);
  expect(supervisor.restart(instances, CODE)).toEqual(['replace']);
  expect(instances.map((one) => one.replacing()?.cause)).toEqual([CODE]);
});

test.each([true, false])(
  'where what is FATAL may be revived (%s) it is not the end of all',
  async (revives) => {
    const world = new World();
    const one = spec({ restart: { ...spec({}).restart, maxAttempts: 1 } });
    const supervisor = newSupervisor([one], world.ports, revives);
    let over = false;
    void supervisor.ended.then(() => (over = true));
    supervisor.start();
    await (await world.spawned()).ends(1);
    await settle();
    expect([supervisor.instances.map(stateOf), over]).toEqual([['FATAL'], !revives]);
    supervisor.shutdown('stop');
    await settle();
    expect(over).toBe(true);
  },
);

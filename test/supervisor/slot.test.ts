/** One instance whose run is replaced: by a successor beside it, or in place. */
import { describe, expect, test } from 'vitest';
import type { ReplaceCause } from '../../src/model/process.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import type { News } from '../../src/supervisor/news.ts';
import type { Slot } from '../../src/supervisor/slot-face.ts';
import { newSlot } from '../../src/supervisor/slot.ts';
import { type FakeChild, last, newGrip, settle, spec, stateOf, World } from './instance-support.ts';

const MANUAL: ReplaceCause = { kind: 'manual' };
const TASKS: ReplaceCause = { kind: 'max-tasks', done: 200, limit: 200 };
const memory = (hard: boolean): ReplaceCause => ({
  kind: 'memory',
  memory: 'pss',
  usedBytes: 600,
  limitBytes: 512,
  hard,
});

const BESIDE: Partial<ProcessSpec> = {
  argv: ['celery', 'worker', '--hostname=worker@%h'],
  overlap: { token: 2, at: '--hostname=worker'.length },
};

async function running(change: Partial<ProcessSpec> = BESIDE) {
  const world = new World();
  const slot = newSlot(spec(change), world.ports);
  slot.order('start-ordered');
  const old = await world.spawned();
  world.ready();
  expect(stateOf(slot)).toBe('RUNNING');
  return { world, slot, old };
}

/** The successor runs and is not ready yet. */
async function starting(cause: ReplaceCause = TASKS, change: Partial<ProcessSpec> = BESIDE) {
  const given = await running(change);
  expect(given.slot.replace(cause)).toBe(true);
  const young = await given.world.spawned();
  return { ...given, young };
}

/** The successor serves, and the old one is being stopped. */
async function draining(cause: ReplaceCause = TASKS) {
  const given = await starting(cause);
  given.world.clock.pass(2100);
  given.world.ready();
  return given;
}

const toldOf = ({ news }: World): object[] =>
  news.flatMap((one) => {
    if (!['replacing', 'replaced', 'replacement-failed'].includes(one.type)) return [];
    const { spec: told, ...rest } = one as Extract<News, { type: 'replacing' }>;
    expect(told.instance).toBe('worker.1');
    return [rest];
  });
const begun = (cause: ReplaceCause, generation: number | null = 2) => ({
  type: 'replacing',
  generation,
  cause,
});
const argvOf = (world: World): string[] => world.spawns.map(({ order }) => order.argv.at(-1) ?? '');
const over = async (child: FakeChild, code: number | null = 0): Promise<void> => child.ends(code);

describe('a successor beside it', () => {
  test('starts under a name of its own, and takes over when it is ready; then the old one stops', async () => {
    const { world, slot, old, young } = await starting();
    expect(argvOf(world)).toEqual(['--hostname=worker@%h', '--hostname=worker.g2@%h']);
    expect([old.done, slot.run()?.pid, slot.generation()]).toEqual([[], old.pid, 1]);
    expect(slot.replacing()).toEqual({ cause: TASKS, phase: 'starting', pid: young.pid });
    world.clock.pass(2100);
    world.ready();
    expect([old.done, slot.run()?.pid, slot.generation(), stateOf(slot)]).toEqual([
      ['SIGTERM'],
      young.pid,
      2,
      'RUNNING',
    ]);
    expect(slot.replacing()).toEqual({ cause: TASKS, phase: 'draining', pid: old.pid });
    world.clock.pass(400);
    await over(old);
    expect(slot.replacing()).toBeNull();
    expect(toldOf(world)).toEqual([
      begun(TASKS),
      { type: 'replaced', cause: TASKS, tasks: null, readyMs: 2100, drainedMs: 400 },
    ]);
    expect(slot.all().map(({ label }) => label)).toEqual(['worker.1.g2']);
    expect(young.done).toEqual([]);
  });

  test('has a mark and a record of its own', async () => {
    const { world, old, young } = await draining();
    await over(old);
    expect(world.marks.map((mark) => mark.split(':')[0])).toEqual(['worker.1', 'worker.1.g2']);
    expect(world.records).toEqual([
      `worker.1 spawned ${old.pid}`,
      `worker.1.g2 spawned ${young.pid}`,
      'worker.1 gone',
    ]);
  });

  test('the deaths are those of the instance, with their reason; the restarts go on being counted', async () => {
    const { world, slot, old } = await running();
    await over(old, 1);
    const again = await world.spawned();
    world.ready();
    expect(slot.machine().restarts).toBe(1);
    slot.replace(TASKS);
    const young = await world.spawned();
    world.ready();
    await over(again);
    expect(slot.machine().restarts).toBe(1);
    await over(young, 1);
    expect(slot.deaths().map(({ pid, cause }) => [pid, cause])).toEqual([
      [old.pid, 'crash'],
      [again.pid, 'max-tasks'],
      [young.pid, 'crash'],
    ]);
    expect(slot.machine().restarts).toBe(2);
  });

  test('the next one is the third, and one is made at a time', async () => {
    const { world, slot, old, young } = await draining();
    expect(slot.replace(MANUAL)).toBe(false);
    await over(old);
    expect(slot.replace(MANUAL)).toBe(true);
    expect(slot.replace(MANUAL)).toBe(false);
    await world.spawned();
    world.ready();
    await over(young);
    expect(argvOf(world).at(-1)).toBe('--hostname=worker.g3@%h');
    expect(slot.generation()).toBe(3);
  });

  test('waits for the broker as any start does, and the old one serves meanwhile', async () => {
    const { world, slot, young, old } = await starting(TASKS, {
      ...BESIDE,
      link: true,
      readiness: { kind: 'link' },
    });
    await young.reports('broker-lost', { url: 'redis://cache', error: 'refused', retry_in: 2 });
    world.clock.pass(3_600_000);
    expect([stateOf(slot), slot.run()?.pid, slot.replacing()?.phase]).toEqual([
      'RUNNING',
      old.pid,
      'starting',
    ]);
    expect(young.done).toEqual([]);
  });

  test('waits for its turn without having failed', async () => {
    const { world, slot } = await running();
    world.turns = [700];
    slot.replace(TASKS);
    expect(slot.replacing()?.phase).toBe('starting');
    world.clock.pass(700);
    await world.spawned();
    world.ready();
    expect(slot.replacing()?.phase).toBe('draining');
  });
});

describe('a successor that fails', () => {
  const failed = (why: object, state = 'RUNNING') => ({
    type: 'replacement-failed',
    cause: TASKS,
    serving: 1,
    generation: 2,
    why,
    state,
  });

  test.each([
    [1, { kind: 'crash', exit: { code: 1, signal: null } }],
    [2, { kind: 'permanent-exit', exit: { code: 2, signal: null } }],
  ])('by exit code %s: the old one goes on, and the failure is told once', async (code, why) => {
    const { world, slot, old, young } = await starting();
    young.stderr.write('SyntaxError\n');
    await over(young, code);
    expect(toldOf(world)).toEqual([begun(TASKS), failed(why)]);
    expect([stateOf(slot), slot.run()?.pid, slot.replacing(), old.done]).toEqual([
      'RUNNING',
      old.pid,
      null,
      [],
    ]);
    expect(slot.failedReplacement()).toMatchObject({ generation: 2, why, said: ['SyntaxError'] });
    world.clock.pass(600_000);
    expect(world.spawns).toHaveLength(2);
    expect(slot.all().map(({ label }) => label)).toEqual(['worker.1']);
  });

  test('by not being ready in time: it is stopped', async () => {
    const { world, slot, young } = await starting();
    world.clock.pass(60_000);
    expect(young.done).toEqual(['SIGTERM']);
    expect(slot.replacing()).not.toBeNull();
    await over(young);
    expect(toldOf(world).at(-1)).toEqual(failed({ kind: 'start-timeout', exit: { code: 0, signal: null } }));
    expect(slot.deaths().map(({ cause }) => cause)).toEqual(['start-timeout']);
  });

  test('by not being there', async () => {
    const { world, slot } = await running();
    slot.replace(TASKS);
    await world.spawnFails(true);
    expect(toldOf(world).at(-1)).toMatchObject({ type: 'replacement-failed', why: { kind: 'failure' } });
    expect(stateOf(slot)).toBe('RUNNING');
  });

  test('is not followed by another for a minute, but by order; a success ends that', async () => {
    const { world, slot, young, old } = await starting();
    await over(young, 1);
    world.clock.pass(59_999);
    expect(slot.replace(TASKS)).toBe(false);
    expect(slot.replace(MANUAL)).toBe(true);
    const third = await world.spawned();
    await over(third, 1);
    world.clock.pass(60_000);
    expect(slot.replace(TASKS)).toBe(true);
    await world.spawned();
    world.ready();
    await over(old);
    expect(slot.failedReplacement()).toBeNull();
  });

  test('after it was ready and before it proved that it works: by silence, or by its end', async () => {
    const linkLiveness = {} as ProcessSpec['linkLiveness'];
    const silent = await starting(TASKS, { ...BESIDE, linkLiveness });
    silent.world.ready();
    silent.world.clock.pass(29_999);
    expect([silent.slot.run()?.pid, silent.young.done]).toEqual([silent.old.pid, []]);
    silent.world.clock.pass(100);
    expect(silent.young.done).toEqual(['SIGTERM']);
    expect(toldOf(silent.world).at(-1)).toMatchObject(
      failed({ kind: 'failure', failure: { code: 'successor-silent', facts: { ms: 30_000 } } }),
    );
    const ended = await starting(TASKS, { ...BESIDE, linkLiveness });
    ended.world.ready();
    await over(ended.young, 1);
    expect(toldOf(ended.world).at(-1)).toEqual(failed({ kind: 'crash', exit: { code: 1, signal: null } }));
    const again = await ended.world.spawned();
    expect(again.done).toEqual(['SIGTERM']);
    await over(again);
    expect([ended.slot.run()?.pid, ended.slot.all().length]).toEqual([ended.old.pid, 1]);
  });
});

describe('a stop', () => {
  test('while the successor starts: both stop at one time, and nothing is told as a failure', async () => {
    const { world, slot, old, young } = await starting();
    slot.order('stop-ordered');
    expect([old.done, young.done, slot.replacing()]).toEqual([['SIGTERM'], ['SIGTERM'], null]);
    await over(old);
    expect([stateOf(slot), slot.run()?.pid]).toEqual(['STOPPING', young.pid]);
    await over(young);
    expect([stateOf(slot), world.clock.armed, toldOf(world)]).toEqual(['STOPPED', 0, [begun(TASKS)]]);
    expect(slot.deaths().map(({ cause }) => cause)).toEqual(['manual', 'manual']);
  });

  test('while the successor waits for its proof', async () => {
    const linkLiveness = {} as ProcessSpec['linkLiveness'];
    const { world, slot, old, young } = await starting(TASKS, { ...BESIDE, linkLiveness });
    world.ready();
    slot.order('stop-ordered');
    await over(young);
    await over(old);
    expect([stateOf(slot), world.clock.armed]).toEqual(['STOPPED', 0]);
  });

  test('while the old one drains: over only when both are', async () => {
    const { slot, old, young } = await draining();
    slot.order('stop-ordered');
    expect([old.done, young.done]).toEqual([['SIGTERM'], ['SIGTERM']]);
    await over(young);
    expect([stateOf(slot), slot.run()?.pid]).toEqual(['STOPPING', old.pid]);
    await over(old);
    expect(stateOf(slot)).toBe('STOPPED');
    expect(slot.replace(MANUAL)).toBe(false);
  });

  test('steps every ladder on, and kills every tree', async () => {
    const { slot, old, young } = await draining();
    slot.order('step-ordered');
    expect([old.done, young.done]).toEqual([['SIGTERM', 'SIGQUIT'], ['SIGTERM']]);
    slot.order('kill-ordered');
    expect([old.done, young.done]).toEqual([
      ['SIGTERM', 'SIGQUIT', 'kill'],
      ['SIGTERM', 'kill'],
    ]);
  });

  test('and a start afterwards: the one that serves starts again', async () => {
    const { world, slot, old, young } = await draining();
    slot.order('stop-ordered');
    await over(old);
    await over(young);
    slot.order('start-ordered');
    await world.spawned();
    world.ready();
    expect([stateOf(slot), argvOf(world).at(-1)]).toEqual(['RUNNING', '--hostname=worker.g2@%h']);
  });
});

describe('the old one ends meanwhile', () => {
  test('by a crash: it starts again by its own policy, and stops when the successor is ready', async () => {
    const { world, slot, old, young } = await starting();
    await over(old, 1);
    const again = await world.spawned();
    expect(stateOf(slot)).toBe('STARTING');
    world.watches.find(({ pid }) => pid === young.pid)?.ready();
    expect([again.done, stateOf(slot), slot.run()?.pid]).toEqual([['SIGTERM'], 'RUNNING', young.pid]);
    await over(again);
    expect(toldOf(world).at(-1)).toMatchObject({ type: 'replaced' });
  });

  test('for good: the successor is what there is, and takes over at once', async () => {
    const change = { ...BESIDE, restart: { ...spec().restart, policy: 'never' as const } };
    const { world, slot, old, young } = await starting(TASKS, change);
    await over(old, 1);
    expect([stateOf(slot), slot.run()?.pid]).toEqual(['STARTING', young.pid]);
    world.ready();
    expect([stateOf(slot), slot.replacing()]).toEqual(['RUNNING', null]);
    expect(toldOf(world).at(-1)).toMatchObject({ type: 'replaced', drainedMs: 0 });
    await settle();
    expect(slot.all()).toHaveLength(1);
  });

  test('for good, and the successor fails too: the end is the end', async () => {
    const change = { ...BESIDE, restart: { ...spec().restart, policy: 'never' as const } };
    const { world, slot, old, young } = await starting(TASKS, change);
    await over(old, 1);
    await over(young, 1);
    expect(stateOf(slot)).toBe('EXITED');
    expect(toldOf(world).at(-1)).toMatchObject({ type: 'replacement-failed', state: 'EXITED' });
  });

  test('by the hard limit of its memory: at once, and the successor goes on alone', async () => {
    const { world, slot, old, young } = await starting(memory(false));
    expect(slot.replace(memory(true))).toBe(true);
    expect([old.done, slot.run()?.pid, stateOf(slot)]).toEqual([['SIGTERM'], young.pid, 'STARTING']);
    await over(old);
    expect(toldOf(world).at(-1)).toMatchObject({ type: 'replaced', cause: memory(true), readyMs: null });
    world.ready();
    expect([stateOf(slot), slot.deaths().map(({ cause }) => cause)]).toEqual(['RUNNING', ['memory']]);
  });
});

describe('in place', () => {
  test.each([
    ['where two may not run side by side', TASKS, {}],
    ['where there is no time to lose', memory(true), BESIDE],
  ] as const)('%s: it stops, then it starts', async (_, cause, change) => {
    const { world, slot, old } = await running(change);
    expect(slot.replace(cause)).toBe(true);
    expect([old.done, stateOf(slot), world.spawns.length]).toEqual([['SIGTERM'], 'STOPPING', 1]);
    expect(slot.replacing()).toEqual({ cause, phase: 'draining', pid: old.pid });
    world.clock.pass(400);
    await over(old);
    expect(slot.replacing()).toEqual({ cause, phase: 'starting', pid: null });
    const young = await world.spawned();
    expect(slot.replacing()?.pid).toBe(young.pid);
    world.clock.pass(2100);
    world.ready();
    expect(toldOf(world)).toEqual([
      begun(cause, null),
      { type: 'replaced', cause, tasks: null, readyMs: 2100, drainedMs: 400 },
    ]);
    expect([slot.generation(), slot.replacing(), slot.deaths().map((death) => death.cause)]).toEqual([
      1,
      null,
      [cause.kind],
    ]);
    expect(slot.machine()).toMatchObject({ restarts: 0, failures: 0 });
  });

  test('with a lock: free before it is asked for again', async () => {
    const { world, slot } = await locked();
    slot.replace(MANUAL);
    expect(world.locks).toHaveLength(1);
    await over(last(world.children));
    expect([world.locks.length, stateOf(slot), slot.replacing()?.phase]).toEqual([2, 'WAITING', 'starting']);
    await world.acquired(newGrip(8));
    await world.spawned();
    world.ready();
    expect([stateOf(slot), slot.replacing()]).toEqual(['RUNNING', null]);
  });

  test('that comes up no more: told, and tried again by its policy', async () => {
    const { world, slot, old } = await running({});
    slot.replace(TASKS);
    await over(old);
    await over(await world.spawned(), 1);
    expect(toldOf(world).at(-1)).toEqual({
      type: 'replacement-failed',
      cause: TASKS,
      serving: 1,
      generation: 1,
      why: { kind: 'crash', exit: { code: 1, signal: null } },
      state: 'STOPPING',
    });
    expect([stateOf(slot), slot.replacing()]).toEqual(['BACKOFF', null]);
    expect(slot.replace(TASKS)).toBe(false);
  });

  test('and a stop meanwhile: it stays stopped', async () => {
    const { slot, old, world } = await running({});
    slot.replace(TASKS);
    slot.order('stop-ordered');
    await over(old);
    expect([stateOf(slot), slot.replacing(), world.spawns.length]).toEqual(['STOPPED', null, 1]);
  });

  test('of one that is not ready yet: by order alone', async () => {
    const world = new World();
    const slot = newSlot(spec(BESIDE), world.ports);
    slot.order('start-ordered');
    const old = await world.spawned();
    expect([slot.replace(TASKS), slot.replace(MANUAL), old.done]).toEqual([false, true, ['SIGTERM']]);
  });
});

async function locked(): Promise<{ world: World; slot: Slot }> {
  const world = new World();
  const slot = newSlot(spec({ singleton: { kind: 'name', name: 'shop' } }), world.ports);
  slot.order('start-ordered');
  await world.acquired(newGrip(7));
  await world.spawned();
  world.ready();
  return { world, slot };
}

test('what is done to the instance is done to all that run in it', async () => {
  const { world, slot, old, young } = await starting();
  slot.pause();
  slot.replace(memory(true));
  for (const child of [old, young]) child.stdout.write('a line\n');
  await settle();
  expect(world.lines()).toEqual([]);
  slot.resume();
  await settle();
  expect(world.lines()).toEqual(['stdout: a line', 'stdout: a line']);
});

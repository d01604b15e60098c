/** New code: by a signal where the program can, else by a replacement; nothing is started for it. */
import { expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { newSupervisor } from '../../src/supervisor/supervisor.ts';
import { type FakeChild, last, spec, World } from './instance-support.ts';

const HUP: Partial<ProcessSpec> = {
  reload: { signal: 'SIGHUP', order: 'new-first' },
  stop: [
    { signal: 'SIGTERM', waitMs: 30_000 },
    { signal: 'SIGKILL', waitMs: 0 },
  ],
  startTimeoutMs: 60_000,
};

/** All of them RUNNING, each with two workers. */
async function fleet(instances: readonly string[], change: Partial<ProcessSpec> = HUP) {
  const world = new World();
  const supervisor = newSupervisor(
    instances.map((instance) => spec({ ...change, name: instance.split('.')[0] ?? '', instance })),
    world.ports,
  );
  supervisor.start();
  for (const { asked } of world.spawns) {
    const { pid } = await world.spawnedFor(asked);
    world.workers.set(pid, [pid + 1000, pid + 2000]);
    world.ready();
  }
  const phases = (): unknown[] => supervisor.instances.map((one) => one.replacing()?.phase ?? null);
  const told = (): unknown[] =>
    world.news.flatMap((one) => {
      if (one.type === 'reloading') return [`${one.spec.instance} ${one.signal} ${one.pid}`];
      if (one.type === 'reloaded') return [`${one.spec.instance} in ${one.tookMs}`];
      if (one.type !== 'replacement-failed') return [];
      return [`${one.spec.instance} ${one.why.kind === 'failure' ? one.why.failure.code : one.why.kind}`];
    });
  return { world, supervisor, phases, told };
}

/** Its workers are others now, they stay, and it is ready again. */
function renew(world: World, { pid }: FakeChild): void {
  world.workers.set(pid, [pid + 3000, pid + 4000]);
  world.clock.pass(1400);
  world.ready();
}

test('a signal, and the next of its name when all workers of the first are new and its READY holds', async () => {
  const { world, supervisor, phases, told } = await fleet(['web.1', 'web.2', 'api.1']);
  const [first, second, other] = world.children as [FakeChild, FakeChild, FakeChild];
  expect(supervisor.reload(supervisor.instances)).toEqual(['signal', 'signal', 'signal']);
  expect([first.done, second.done, other.done]).toEqual([['SIGHUP'], [], ['SIGHUP']]);
  expect(phases()).toEqual(['reloading', null, 'reloading']);
  expect(supervisor.instances.map((one) => supervisor.queuedFor(one)?.kind ?? null)).toEqual([
    null,
    'reload',
    null,
  ]);
  // New ones beside an old one, then all new: they must stay.
  world.workers.set(first.pid, [first.pid + 1000, first.pid + 3000]);
  const asked = world.watches.length;
  world.clock.pass(5000);
  world.workers.set(first.pid, [first.pid + 3000, first.pid + 4000]);
  world.clock.pass(1000);
  world.workers.set(first.pid, [first.pid + 4000, first.pid + 5000]);
  world.clock.pass(1000);
  expect(world.watches.length).toBe(asked);
  world.clock.pass(400);
  expect(last(world.watches)).toMatchObject({ pid: first.pid, over: false });
  expect(phases()).toEqual(['reloading', null, 'reloading']);
  world.ready();
  expect(phases()).toEqual([null, 'reloading', 'reloading']);
  renew(world, second);
  expect(told()).toEqual([
    'web.1 SIGHUP 100',
    'api.1 SIGHUP 102',
    'web.1 in 7400',
    'web.2 SIGHUP 101',
    'web.2 in 1400',
  ]);
  const [one, two, three] = supervisor.instances;
  expect([one?.reloadedAt(), two?.reloadedAt(), three?.reloadedAt()]).toEqual([
    expect.any(String),
    expect.any(String),
    null,
  ]);
});

test('one whose new workers cannot start: that is told, and the others of its name are left alone', async () => {
  const { world, supervisor, phases, told } = await fleet(['web.1', 'web.2']);
  supervisor.reload(supervisor.instances);
  await world.children[0]?.ends(3);
  expect(told()).toEqual(['web.1 SIGHUP 100', 'web.1 crash']);
  expect(phases()).toEqual([null, null]);
  expect(world.children[1]?.done).toEqual([]);
  expect(supervisor.instances[0]?.failedReplacement()?.why).toMatchObject({ kind: 'crash' });
});

test('one whose old workers stay: given up after the time that they may take to end and the new ones to start', async () => {
  const { world, supervisor, phases, told } = await fleet(['web.1']);
  supervisor.reload(supervisor.instances);
  world.clock.pass(89_900);
  expect(phases()).toEqual(['reloading']);
  world.clock.pass(200);
  expect([phases(), told()]).toEqual([[null], ['web.1 SIGHUP 100', 'web.1 reload-unseen']]);
  const why = supervisor.instances[0]?.failedReplacement()?.why;
  expect(why).toMatchObject({ failure: { facts: { signal: 'SIGHUP', pid: 100, old: 2, ms: 90_000 } } });
});

test('what knows no signal is replaced for that reason; what does not run is left as it is', async () => {
  const { world, supervisor } = await fleet(['job.1', 'mail.1', 'web.1'], {});
  supervisor.stop(supervisor.instances.slice(1, 2));
  await world.children[1]?.ends(0);
  expect(supervisor.reload(supervisor.instances)).toEqual(['restart', 'none', 'restart']);
  expect(supervisor.instances[0]?.replacing()).toMatchObject({
    cause: { kind: 'reload', file: null, others: 0 },
    phase: 'draining',
  });
  expect(world.children.map((child) => child.done[0])).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM']);
  await world.children[0]?.ends(0);
  expect(supervisor.instances[0]?.deaths().at(-1)?.cause).toBe('reload');
  expect(supervisor.instances[1]?.machine().state.id).toBe('STOPPED');
});

test('a stop, and a hard limit, come before a reload that is under way', async () => {
  const { world, supervisor, phases } = await fleet(['web.1', 'api.1']);
  supervisor.reload(supervisor.instances);
  const [web, api] = supervisor.instances;
  if (web === undefined || api === undefined) throw new Error('there are two');
  supervisor.stop([web]);
  const cause = { kind: 'memory', memory: 'rss', usedBytes: 2, limitBytes: 1, hard: true } as const;
  expect(supervisor.replace(api, cause)).toBe(true);
  expect(phases()).toEqual([null, 'draining']);
  expect(world.children.map((child) => child.done)).toEqual([
    ['SIGHUP', 'SIGTERM'],
    ['SIGHUP', 'SIGTERM'],
  ]);
  world.clock.pass(10_000);
  expect(web.reloadedAt()).toBeNull();
});

test('one that is restarted anyway, or will start by itself, is not restarted for it', async () => {
  const { world, supervisor } = await fleet(['job.1', 'job.2'], {});
  supervisor.restart(supervisor.instances);
  expect(supervisor.reload(supervisor.instances)).toEqual(['later', 'restart']);
  expect(supervisor.instances.map((one) => supervisor.queuedFor(one)?.kind ?? null)).toEqual([
    null,
    'manual',
  ]);
  await world.children[0]?.ends(0);
  expect(supervisor.reload(supervisor.instances.slice(0, 1))).toEqual(['restart']);
});

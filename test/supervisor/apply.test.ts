/** A set that changes while it runs. */
import { expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { changesOf } from '../../src/supervisor/changes.ts';
import { newSupervisor } from '../../src/supervisor/supervisor.ts';
import { last, settle, spec, stateOf, World } from './instance-support.ts';

const BESIDE: Partial<ProcessSpec> = { argv: ['celery', '-n=worker@%h'], overlap: { token: 1, at: 9 } };
const LIVE = { probes: [], delayMs: 0, periodMs: 1000, timeoutMs: 1000, failures: 3 } as const;

/** All of them RUNNING. */
async function running(specs: readonly ProcessSpec[]) {
  const world = new World();
  const supervisor = newSupervisor(specs, world.ports);
  let over = false;
  void supervisor.ended.then(() => (over = true));
  supervisor.start();
  for (const { asked } of world.spawns) {
    await world.spawnedFor(asked);
    world.ready();
  }
  return {
    world,
    supervisor,
    become: (after: readonly ProcessSpec[]) => supervisor.apply(changesOf(supervisor.wanted(), after)),
    states: () => Object.fromEntries(supervisor.instances.map((slot) => [slot.spec.instance, stateOf(slot)])),
    isOver: () => over,
  };
}

const argvs = (world: World): string[] => world.spawns.map(({ order }) => order.argv.join(' '));

test('what is added starts, unless it does not start by itself', async () => {
  const { world, become, states } = await running([spec()]);
  become([spec(), spec({ name: 'web' }), spec({ name: 'mail', autostart: false })]);
  expect(states()).toEqual({ 'worker.1': 'RUNNING', 'web.1': 'STARTING', 'mail.1': 'STOPPED' });
  expect(world.spawns).toHaveLength(2);
});

test('what is removed stops, leaves when its tree has gone, and is told', async () => {
  const { world, become, states, isOver } = await running([spec(), spec({ name: 'web' })]);
  become([spec({ name: 'web' })]);
  expect(states()).toEqual({ 'worker.1': 'STOPPING', 'web.1': 'RUNNING' });
  await world.children[0]?.ends(0);
  expect(states()).toEqual({ 'web.1': 'RUNNING' });
  expect(world.news.filter(({ type }) => type === 'removed')).toHaveLength(1);
  expect(isOver()).toBe(false);
});

test('one that comes back while it leaves starts when it has left', async () => {
  const { world, become, states } = await running([spec(), spec({ name: 'web' })]);
  become([spec({ name: 'web' })]);
  become([spec({ name: 'web' }), spec({ argv: ['python', 'new.py'] })]);
  expect(states()).toMatchObject({ 'worker.1': 'STOPPING' });
  await world.children[0]?.ends(0);
  expect(states()).toMatchObject({ 'worker.1': 'STARTING' });
  expect(argvs(world).at(-1)).toBe('python new.py');
});

test('an order to stop holds for one that has come back while it left', async () => {
  const { world, supervisor, become, states } = await running([spec(), spec({ name: 'web' })]);
  become([spec({ name: 'web' })]);
  become([spec({ name: 'web' }), spec()]);
  supervisor.stop(supervisor.instances.filter((slot) => slot.spec.name === 'worker'));
  await world.children[0]?.ends(0);
  await settle();
  expect(states()).toEqual({ 'worker.1': 'STOPPED', 'web.1': 'RUNNING' });
  expect(world.spawns).toHaveLength(2);
});

test('one that leaves is not among those that stay, until it comes back', async () => {
  const { supervisor, become } = await running([spec(), spec({ name: 'web' })]);
  const staying = (): string[] => supervisor.staying.map((slot) => slot.spec.instance);
  become([spec({ name: 'web' })]);
  expect(staying()).toEqual(['web.1']);
  become([spec({ name: 'web' }), spec()]);
  expect(staying()).toEqual(['worker.1', 'web.1']);
});

test('a live change is taken by what runs: the next stop has it, and the process is the same', async () => {
  const { world, supervisor, become, states } = await running([spec()]);
  const slot = last(supervisor.instances);
  become([
    spec({
      stop: [
        { signal: 'SIGINT', waitMs: 5 },
        { signal: 'SIGKILL', waitMs: 1 },
      ],
      liveness: LIVE,
    }),
  ]);
  expect(states()).toEqual({ 'worker.1': 'RUNNING' });
  expect(world.lives.map(({ pid, over }) => [pid, over])).toEqual([[100, false]]);
  become([
    spec({
      stop: [
        { signal: 'SIGINT', waitMs: 5 },
        { signal: 'SIGKILL', waitMs: 1 },
      ],
    }),
  ]);
  expect(world.lives.map(({ over }) => over)).toEqual([true]);
  supervisor.stop([slot]);
  expect(world.children[0]?.done).toEqual(['SIGINT']);
  expect(world.spawns).toHaveLength(1);
});

test('a change that needs a restart, in place: the old ladder for the old one, the new command after it', async () => {
  const { world, become, states } = await running([spec()]);
  const stop = [
    { signal: 'SIGINT', waitMs: 5 },
    { signal: 'SIGKILL', waitMs: 1 },
  ] as const;
  become([spec({ argv: ['python', 'new.py'], stop })]);
  expect(states()).toEqual({ 'worker.1': 'STOPPING' });
  expect(world.children[0]?.done).toEqual(['SIGTERM']);
  await world.children[0]?.ends(0);
  expect(argvs(world)).toEqual(['python job.py', 'python new.py']);
  await world.spawned();
  world.ready();
  expect(states()).toEqual({ 'worker.1': 'RUNNING' });
  expect(world.news.filter(({ type }) => type === 'replaced')).toHaveLength(1);
});

test('two replicas that may overlap: one after the other, each beside its predecessor', async () => {
  const specs = ['worker.1', 'worker.2'].map((instance) => spec({ ...BESIDE, instance }));
  const { world, become } = await running(specs);
  become(specs.map((one) => ({ ...one, argv: ['celery', '-n=mailer@%h'] as const })));
  expect(argvs(world).slice(2)).toEqual(['celery -n=mailer.g2@%h']);
  await world.spawned();
  world.ready();
  expect(world.children[0]?.done).toEqual(['SIGTERM']);
  await world.children[0]?.ends(0);
  expect(argvs(world).slice(3)).toEqual(['celery -n=mailer.g2@%h']);
});

test('one that waits for its next try, or that failed for good, tries the new command at once', async () => {
  const world = new World();
  const supervisor = newSupervisor([spec(), spec({ name: 'web' })], world.ports);
  supervisor.start();
  const [first, second] = world.spawns;
  await first?.asked.answer({
    ok: false,
    error: { failure: { code: 'internal', facts: { detail: '' } }, permanent: false },
  });
  await second?.asked.answer({
    ok: false,
    error: { failure: { code: 'internal', facts: { detail: '' } }, permanent: true },
  });
  expect(supervisor.instances.map(stateOf)).toEqual(['BACKOFF', 'FATAL']);
  const change: Partial<ProcessSpec> = { argv: ['python', 'new.py'] };
  supervisor.apply(
    changesOf(
      supervisor.instances.map((slot) => slot.spec),
      [spec(change), spec({ name: 'web', ...change })],
    ),
  );
  expect(supervisor.instances.map(stateOf)).toEqual(['STARTING', 'STARTING']);
  expect(argvs(world).slice(2)).toEqual(['python new.py', 'python new.py']);
});

test('one that an operator has stopped stays so, and is of the new spec when it is started', async () => {
  const { world, supervisor, become, states } = await running([spec(), spec({ name: 'web' })]);
  supervisor.stop(supervisor.instances.slice(0, 1));
  await world.children[0]?.ends(0);
  become([spec({ argv: ['python', 'new.py'] }), spec({ name: 'web' })]);
  expect(states()).toMatchObject({ 'worker.1': 'STOPPED' });
  supervisor.startThese(supervisor.instances.slice(0, 1));
  await settle();
  expect(argvs(world).at(-1)).toBe('python new.py');
});

test('one that is just being started is stopped and started as the new one', async () => {
  const world = new World();
  const supervisor = newSupervisor([spec(), spec({ name: 'web' })], world.ports);
  supervisor.start();
  supervisor.apply(
    changesOf(
      supervisor.instances.map((slot) => slot.spec),
      [spec({ argv: ['python', 'new.py'] }), spec({ name: 'web' })],
    ),
  );
  expect(supervisor.instances.map(stateOf)).toEqual(['STOPPING', 'STARTING']);
  const child = await world.spawnedFor((world.spawns[0] ?? last(world.spawns)).asked);
  await child.ends(0);
  expect(supervisor.instances.map(stateOf)).toEqual(['STARTING', 'STARTING']);
  expect(argvs(world).at(-1)).toBe('python new.py');
});

test('while everything is being stopped nothing is changed', async () => {
  const { supervisor, become, states } = await running([spec()]);
  supervisor.shutdown('stop');
  become([spec({ name: 'web' })]);
  expect(states()).toEqual({ 'worker.1': 'STOPPING' });
});

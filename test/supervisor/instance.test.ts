import { describe, expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { newInstance, type Instance } from '../../src/supervisor/instance.ts';
import { beat, last, newGrip, settle, spec, stateOf, supervise, World } from './instance-support.ts';
import { newSupervisor } from '../../src/supervisor/supervisor.ts';

const FD = 77;

function begin(what: ProcessSpec): { world: World; one: Instance } {
  const world = new World();
  const one = newInstance(what, world.ports);
  one.order('start-ordered');
  return { world, one };
}

async function running(what: ProcessSpec = spec()) {
  const { world, one } = begin(what);
  const child = await world.spawned();
  world.ready();
  expect(stateOf(one)).toBe('RUNNING');
  return { world, one, child };
}

/** Beat with its lock, before the answer to the order to spawn. */
async function locked() {
  const { world, one } = begin(beat());
  const grip = newGrip(FD);
  await world.acquired(grip);
  expect(stateOf(one)).toBe('STARTING');
  return { world, one, grip };
}

describe('a spawn', () => {
  test('gets what the spec says, and the mark by which its tree is known', async () => {
    const { world, one } = begin(spec());
    const { order } = last(world.spawns);
    expect(order).toMatchObject({ argv: ['python', 'job.py'], cwd: '/srv/shop', extra: [] });
    expect(order).toMatchObject({ identity: { user: null, limits: {} }, envFiles: [] });
    expect(order.env).toMatchObject({ COLOUR: 'red' });
    expect(order.env).not.toHaveProperty('PRODSERVER_LINK_FD');
    expect(order.env).not.toHaveProperty('PRODSERVER_LOCK_FD');
    const child = await world.spawned();
    expect(one.run()?.pid).toBe(child.pid);
    expect(order.env['PRODSERVER_INSTANCE']).toBe(last(world.marks));
    expect(world.records).toEqual([`worker.1 spawned ${child.pid}`]);
  });

  test('descriptors are numbered from 3: the link, then the lock', async () => {
    const { world } = await locked();
    expect(last(world.spawns).order).toMatchObject({
      extra: ['pipe', FD],
      env: { PRODSERVER_LINK_FD: '3', PRODSERVER_LOCK_FD: '4' },
    });
  });

  test('the lock is the first where there is no link', async () => {
    const { world } = begin(beat({ link: false }));
    await world.acquired(newGrip(FD));
    const { order } = last(world.spawns);
    expect(order).toMatchObject({ extra: [FD], env: { PRODSERVER_LOCK_FD: '3' } });
    expect(order.env).not.toHaveProperty('PRODSERVER_LINK_FD');
  });

  test('one that throws is a retry', async () => {
    const { world, one } = begin(spec());
    await last(world.spawns).asked.throws();
    expect(one.machine().state).toMatchObject({
      id: 'BACKOFF',
      cause: { failure: { code: 'internal', facts: { detail: 'Error: a fault of ours' } } },
    });
    world.clock.pass(60_000);
    expect(world.spawns).toHaveLength(2);
    await world.spawned();
    expect(stateOf(one)).toBe('STARTING');
  });

  test('one that is refused is a retry, one that can never be is the end', async () => {
    const { world, one } = begin(spec());
    await world.spawnFails();
    expect(stateOf(one)).toBe('BACKOFF');
    world.clock.pass(60_000);
    await world.spawnFails(true);
    expect([stateOf(one), world.clock.armed]).toEqual(['FATAL', 0]);
  });
});

describe('an end with a code of setpriv or prlimit', () => {
  const LINE = 'prlimit: failed to set the NOFILE resource limit: Operation not permitted';

  async function through(...prefix: readonly string[]) {
    const { world, one } = begin(spec());
    const child = await world.spawned();
    child.through = prefix;
    return { world, one, child };
  }

  test('is no end of the program where they say so first, which is known when the output is here', async () => {
    const { one, child } = await through('/usr/bin/prlimit', '--nofile=9', '--');
    child.stderr.write(`${LINE}\nand more\n`);
    await child.exits(1);
    expect(stateOf(one)).toBe('STARTING');
    await child.drains();
    expect(one.machine().state).toMatchObject({
      id: 'FATAL',
      cause: { failure: { code: 'launch-refused', facts: { program: 'python', detail: LINE } } },
    });
    expect(one.machine()).toMatchObject({ failures: 0, exit: { code: 1, signal: null } });
  });

  test('is waited for no longer than any output is', async () => {
    const { world, one, child } = await through('/usr/bin/setpriv', '--');
    child.stderr.write('setpriv: setresuid failed: Operation not permitted\n');
    await child.exits(127);
    world.clock.pass(1000);
    await settle();
    expect(stateOf(one)).toBe('FATAL');
  });

  test('is a crash where the program says something else, and where it passes by itself', async () => {
    for (const line of [
      `python: no\n${LINE}`,
      '',
      'setpriv: failed to execute python: Resource temporarily unavailable',
    ]) {
      const { one, child } = await through('/usr/bin/setpriv', '--');
      child.stderr.write(`${line}\n`);
      await child.ends(126);
      expect(stateOf(one)).toBe('BACKOFF');
    }
  });

  test('is not waited for where it cannot be theirs', async () => {
    const late = await through('/usr/bin/setpriv', '--');
    late.world.clock.pass(1000);
    const other = await through('/usr/bin/setpriv', '--');
    const alone = await through();
    for (const [{ one, child }, code] of [
      [late, 1],
      [other, 3],
      [alone, 1],
    ] as const) {
      child.stderr.write(`${LINE}\n`);
      await child.exits(code);
      expect(stateOf(one)).toBe('BACKOFF');
    }
  });

  test('of one that is being stopped is the end of the stop', async () => {
    const { one, child } = await through('/usr/bin/setpriv', '--');
    one.order('stop-ordered');
    child.stderr.write(`${LINE}\n`);
    await child.ends(1);
    expect(stateOf(one)).toBe('STOPPED');
  });
});

describe('the lock', () => {
  test('is told its process and closed right after the spawn: from then on it lives by the child', async () => {
    const { world, grip } = await locked();
    expect(grip.log).toEqual([]);
    const child = await world.spawned();
    expect(grip.log).toEqual([`spawned ${child.pid}`]);
  });

  test.each(['fails', 'throws'])('is closed when the spawn %s, and asked for again', async (how) => {
    const { world, grip, one } = await locked();
    if (how === 'fails') await world.spawnFails();
    else await last(world.spawns).asked.throws();
    expect(grip.log).toEqual(['ended']);
    world.clock.pass(60_000);
    expect([stateOf(one), world.locks.length]).toEqual(['WAITING', 2]);
  });

  test('is closed when a stop comes before the answer to the spawn', async () => {
    const { world, grip, one } = await locked();
    one.order('stop-ordered');
    const child = await world.spawned();
    expect([grip.log, child.done]).toEqual([[`spawned ${child.pid}`], ['SIGTERM']]);
    await child.ends(0);
    expect(stateOf(one)).toBe('STOPPED');
  });

  test('that comes after it was given up is closed, and nothing is started', async () => {
    const { world, one } = begin(beat());
    one.order('stop-ordered');
    expect([stateOf(one), last(world.locks).abort.aborted]).toEqual(['STOPPED', true]);
    const grip = newGrip(FD);
    await world.acquired(grip);
    expect([grip.log, world.spawns.length, stateOf(one)]).toEqual([['ended'], 0, 'STOPPED']);
  });

  test('of an older request is closed, that of the newer one is used', async () => {
    const { world, one } = begin(beat());
    one.order('stop-ordered');
    one.order('start-ordered');
    const [older, newer] = world.locks;
    const [old, now] = [newGrip(7), newGrip(8)];
    await older?.asked.answer({ kind: 'acquired', grip: old });
    expect([old.log, stateOf(one)]).toEqual([['ended'], 'WAITING']);
    await newer?.asked.answer({ kind: 'acquired', grip: now });
    expect(last(world.spawns).order.extra).toEqual(['pipe', 8]);
  });

  test('that somebody else holds is asked for once a second', async () => {
    const { world, one } = begin(beat());
    await world.refused();
    expect(one.machine().state).toMatchObject({
      id: 'WAITING',
      hindrance: { holder: { pid: 42 } },
    });
    world.clock.pass(999);
    expect(world.locks).toHaveLength(1);
    world.clock.pass(1);
    expect(world.locks).toHaveLength(2);
    await world.acquired(newGrip(FD));
    expect(stateOf(one)).toBe('STARTING');
  });

  test('a locker that throws is a retry, not a hang', async () => {
    const { world, one } = begin(beat());
    await last(world.locks).asked.throws();
    expect(one.machine().state).toMatchObject({ id: 'BACKOFF', cause: { failure: { code: 'internal' } } });
    world.clock.pass(60_000);
    await world.lockFails();
    expect(stateOf(one)).toBe('BACKOFF');
    world.clock.pass(60_000);
    await world.lockFails(true);
    expect(stateOf(one)).toBe('FATAL');
  });
});

describe('the life of a run', () => {
  test('ready, crash, sweep, and the next one', async () => {
    const { world, one, child } = await running();
    world.sweepsAtOnce = false;
    await child.ends(1);
    expect([stateOf(one), child.done, world.spawns.length]).toEqual(['STOPPING', ['sweep'], 1]);
    // Something of it may still live: the record stays until nothing does.
    expect(world.records).toHaveLength(1);
    last(world.sweeps)();
    expect(world.records.at(-1)).toBe('worker.1 gone');
    expect([stateOf(one), world.spawns.length]).toEqual(['STARTING', 2]);
  });

  test('a watch ends with the state that needs it', async () => {
    const { world, child } = await running();
    expect(world.watches).toEqual([expect.objectContaining({ pid: child.pid, over: true })]);
  });

  test('a stop climbs the ladder with time, and the last rung is for the tree', async () => {
    const { world, one, child } = await running();
    one.order('stop-ordered');
    world.clock.pass(15_000);
    expect(child.done).toEqual(['SIGTERM', 'SIGQUIT', 'kill']);
    await child.ends(null, 'SIGKILL');
    expect([stateOf(one), world.clock.armed]).toEqual(['STOPPED', 0]);
  });

  test('what an older run says late is counted, and changes nothing', async () => {
    const { world, one, child } = await running();
    await child.ends(1);
    const second = await world.spawned();
    const before = one.machine();
    world.watches[0]?.ready();
    expect(one.machine()).toEqual({ ...before, stale: before.stale + 1 });
    expect([stateOf(one), one.run()?.pid]).toEqual(['STARTING', second.pid]);
    expect(new Set(world.marks).size).toBe(2);
  });
});

describe('what a run says', () => {
  test('goes on as lines, and the end of stderr is kept', async () => {
    const { world, one, child } = await running();
    child.stdout.write('out\n');
    child.stderr.write('err\nwithout an end');
    await child.ends(1);
    expect(world.lines().toSorted()).toEqual(['stderr: err', 'stderr: without an end', 'stdout: out']);
    expect(one.run()?.tail()).toEqual(['err', 'without an end']);
  });

  test('is all told by the time that it is drained, though somebody else holds the pipe', async () => {
    const { world, one, child } = await running();
    one.order('stop-ordered');
    child.stdout.write('without an end');
    await child.exits(0);
    let drained: string[] | null = null;
    void one.drained().then(() => (drained = world.lines()));
    await settle();
    expect(drained).toBeNull();
    world.clock.pass(1000);
    await settle();
    expect(drained).toEqual(['stdout: without an end']);
  });

  test('waits while its output is paused, that of a run that starts meanwhile too', async () => {
    const { world, one, child } = await running();
    one.pause();
    child.stdout.write('first\n');
    await settle();
    expect(world.lines()).toEqual([]);
    await child.ends(1);
    expect(world.lines()).toEqual(['stdout: first']);
    const next = await world.spawned();
    next.stdout.write('second\n');
    await settle();
    expect(world.lines()).toEqual(['stdout: first']);
    one.resume();
    await settle();
    expect(world.lines()).toEqual(['stdout: first', 'stdout: second']);
  });

  test('the link tells readiness, versions, and the broker', async () => {
    const { world, one } = await locked();
    const child = await world.spawned();
    const versions = { celery: '5.6.3' };
    await child.reports('init', { role: 'beat', versions });
    expect([stateOf(one), one.run()?.versions()]).toEqual(['STARTING', versions]);
    await child.reports('broker-lost', { url: 'redis://cache/0', error: 'refused', retry_in: 2 });
    expect(one.machine().state).toMatchObject({ trouble: { url: 'redis://cache/0', error: 'refused' } });
    await child.reports('broker-found', { url: 'redis://cache/0' });
    await child.reports('ready', { node: null });
    expect(one.machine().state).toMatchObject({ id: 'RUNNING', trouble: null });
  });

  test('a link that stays silent is told of once, and does not keep its process from running', async () => {
    const { world, one } = await locked();
    await world.spawned();
    world.clock.pass(29_999);
    expect([stateOf(one), world.failures()]).toEqual(['STARTING', []]);
    world.clock.pass(1);
    expect([stateOf(one), world.failures()]).toEqual(['RUNNING', ['link-silent']]);
  });

  test('one that has ended is not told to be silent', async () => {
    const { world } = await locked();
    await (await world.spawned()).ends(1);
    world.clock.pass(60_000);
    expect(world.failures()).toEqual([]);
  });
});

describe('a supervisor has ended', () => {
  const once = { restart: { ...spec().restart, policy: 'never' } } as const;

  test('when its only process was stopped by name, or left', async () => {
    const one = await supervise(['web']);
    one.stop('web');
    expect(await one.ended()).toBe(false);
    await one.children[0]?.exits(0);
    expect(await one.ended()).toBe(false);
    await one.children[0]?.drains();
    expect(await one.ended()).toBe(true);
    const other = await supervise(['job'], once);
    await other.children[0]?.ends(0);
    expect(await other.ended()).toBe(true);
  });

  test('when all have left or are FATAL, and not before', async () => {
    const two = await supervise(['a', 'b'], once);
    await two.children[0]?.ends(0);
    expect(await two.ended()).toBe(false);
    await two.children[1]?.ends(2);
    expect(two.supervisor.instances.map(stateOf)).toEqual(['EXITED', 'FATAL']);
    expect(await two.ended()).toBe(true);
  });

  test('not when all were stopped by name: they can be started again; a shutdown then ends it', async () => {
    const two = await supervise(['a', 'b'], once);
    two.stop('a');
    two.stop('b');
    for (const child of two.children) await child.ends(0);
    expect([two.supervisor.instances.map(stateOf), await two.ended()]).toEqual([
      ['STOPPED', 'STOPPED'],
      false,
    ]);
    two.supervisor.shutdown('stop');
    expect(await two.ended()).toBe(true);
  });

  test('when the order to stop came before that to start: nothing is started', async () => {
    const world = new World();
    const supervisor = newSupervisor([spec()], world.ports);
    supervisor.shutdown('stop');
    supervisor.start();
    await supervisor.ended;
    expect([supervisor.instances.map(stateOf), world.spawns]).toEqual([['STOPPED'], []]);
    // Nothing keeps the process from its end.
    expect(world.clock.armed).toBe(0);
  });

  test('when nothing starts by itself', async () => {
    expect(await (await supervise(['a', 'b'], { autostart: false })).ended()).toBe(true);
  });
});

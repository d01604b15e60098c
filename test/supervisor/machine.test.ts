import { describe, expect, test } from 'vitest';
import { life, type Life, type PolicyChange } from './machine-support.ts';

const LOCKED = { locked: true };

const starting = (change?: PolicyChange): Life => {
  const one = life(change);
  one.start();
  if (change?.locked === true) one.acquired();
  one.spawned();
  return one;
};
const running = (change?: PolicyChange): Life => {
  const one = starting(change);
  one.ready();
  return one;
};
/** Ends a run; gives the milliseconds until the next start, which nobody orders. */
const crash = (one: Life): number => {
  const before = one.now();
  one.exits(1);
  one.swept();
  while (one.machine().state.id === 'BACKOFF') one.pass(1);
  return one.now() - before;
};

describe('start', () => {
  test('a process is RUNNING once it is ready, not before', () => {
    const web = life();
    expect(web.start()).toBe('STARTING unspawned [spawn #1]');
    expect(web.spawned()).toBe('STARTING [watch-readiness, arm 1 min]');
    web.pass(59_999);
    expect(web.ready()).toBe('RUNNING [disarm, stop-watching]');
    expect(web.pass(86_400_000)).toEqual([]);
  });

  test('a start timeout climbs the ladder and is a failed start', () => {
    const web = starting({ startTimeoutMs: 5000 });
    expect(web.pass(20_000)).toEqual([
      'STOPPING signalled 0, judge(start-timeout) [disarm, stop-watching, SIGTERM, arm 10 s]',
      'STOPPING signalled 1, judge(start-timeout) [disarm, SIGQUIT, arm 5 s]',
      'STOPPING signalled 2, judge(start-timeout) [disarm, kill-tree, arm 1 s]',
    ]);
    expect(web.exits('SIGKILL')).toBe('STOPPING sweeping, backoff(start-timeout) [disarm, sweep #1]');
    expect(web.swept()).toBe('BACKOFF start-timeout [arm 1 s]');
    expect(web.pass(1000)).toEqual(['STARTING unspawned [disarm, spawn #2]']);
  });

  test('a start timeout is a failed start even if the process then ends in good order', () => {
    const web = starting({ startTimeoutMs: 5000, restart: { policy: 'on-failure' } });
    web.pass(5000);
    web.exits(0);
    expect(web.swept()).toBe('BACKOFF start-timeout [arm 1 s]');
  });

  test('a lost broker stops the clock of the start timeout, a found one sets it going with what was left', () => {
    const worker = starting();
    worker.pass(40_000);
    expect(worker.brokerLost()).toBe('STARTING paused (20 s left) [disarm]');
    expect(worker.pass(3_600_000)).toEqual([]);
    expect(worker.brokerLost()).toBe('STARTING paused (20 s left) []');
    expect(worker.brokerFound()).toBe('STARTING [arm 20 s]');
    worker.pass(15_000);
    expect(worker.brokerLost()).toBe('STARTING paused (5 s left) [disarm]');
    expect(worker.brokerFound()).toBe('STARTING [arm 5 s]');
    expect(worker.pass(5000)).toEqual([
      'STOPPING signalled 0, judge(start-timeout) [disarm, stop-watching, SIGTERM, arm 10 s]',
    ]);
  });

  test('a running process that loses its broker goes on running', () => {
    const worker = running();
    expect(worker.brokerLost()).toBe('RUNNING without broker []');
    expect(worker.brokerFound()).toBe('RUNNING []');
  });
});

describe('an end that nobody ordered', () => {
  test('after ready, the first is followed by a start at once, when the tree is swept', () => {
    const web = running();
    expect(web.exits(1)).toBe('STOPPING sweeping, backoff(crash) [sweep #1]');
    expect(web.swept()).toBe('STARTING unspawned [spawn #2]');
    expect(web.machine()).toMatchObject({ restarts: 1, failures: 1, exit: { code: 1, signal: null } });
  });

  test('exit 0 of a running process is an end like any other', () => {
    const web = running();
    expect(web.exits(0)).toBe('STOPPING sweeping, backoff(crash) [sweep #1]');
    expect(web.swept()).toBe('STARTING unspawned [spawn #2]');
  });

  test('a loop of crashes backs off to a minute', () => {
    const web = running();
    const waits = [crash(web)];
    for (let more = 0; more < 8; more++) {
      web.spawned();
      web.ready();
      waits.push(crash(web));
    }
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(web.machine().restarts).toBe(9);
  });

  test('before ready, even the first waits a second', () => {
    const web = starting();
    const waits = [crash(web)];
    web.spawned();
    waits.push(crash(web));
    expect(waits).toEqual([1000, 2000]);
  });

  test('ten minutes of being ready clear the count', () => {
    const web = running();
    for (let more = 0; more < 3; more++) {
      crash(web);
      web.spawned();
      web.ready();
    }
    web.pass(599_999);
    expect(crash(web)).toBe(4000);
    web.spawned();
    web.ready();
    web.pass(600_000);
    expect(crash(web)).toBe(0);
    expect(web.machine().failures).toBe(1);
  });

  test('a slow sweep is part of the wait, not added to it', () => {
    const web = starting();
    web.exits(1);
    web.pass(400);
    expect(web.swept()).toBe('BACKOFF crash [arm 600 ms]');
  });

  test("Celery's exit 2 is FATAL before ready, and a crash after", () => {
    const typo = starting();
    expect(typo.exits(2)).toBe(
      'STOPPING sweeping, give-up(permanent-exit) [disarm, stop-watching, sweep #1]',
    );
    expect(typo.swept()).toBe('FATAL permanent-exit []');
    expect(running().exits(2)).toBe('STOPPING sweeping, backoff(crash) [sweep #1]');
  });

  test('one of what stood before the program is FATAL and no crash, also of one that was not ready in time', () => {
    const never = starting();
    expect(never.isRefused()).toBe('STOPPING sweeping, give-up(failure) [disarm, stop-watching, sweep #1]');
    expect(never.swept()).toBe('FATAL failure []');
    expect(never.machine()).toMatchObject({ failures: 0, exit: { code: 127, signal: null } });
  });

  test('max-attempts used up is FATAL, until a start is ordered', () => {
    const web = starting({ restart: { maxAttempts: 2 } });
    crash(web);
    web.spawned();
    web.exits(1);
    expect(web.swept()).toBe('FATAL attempts []');
    expect(web.pass(86_400_000)).toEqual([]);
    expect(web.start()).toBe('STARTING unspawned [spawn #3]');
    expect(web.machine()).toMatchObject({ failures: 0, restarts: 1 });
  });

  test('by policy it is left EXITED: `never` always, `on-failure` after exit 0', () => {
    const once = running({ restart: { policy: 'never' } });
    once.exits(1);
    expect(once.swept()).toBe('EXITED 1 []');
    const job = running({ restart: { policy: 'on-failure' } });
    job.exits(1);
    expect(job.swept()).toBe('STARTING unspawned [spawn #2]');
    job.spawned();
    job.exits(0);
    expect(job.swept()).toBe('EXITED 0 []');
  });
});

describe('a spawn that fails', () => {
  test('is tried again when the system refused it, later each time', () => {
    const web = life();
    web.start();
    expect(web.spawnFailed()).toBe('BACKOFF failure [arm 1 s]');
    web.pass(1000);
    expect(web.spawnFailed()).toBe('BACKOFF failure [arm 2 s]');
    web.pass(2000);
    web.spawned();
    expect(web.machine()).toMatchObject({ refusals: 0, failures: 0 });
  });

  test('is FATAL when another try cannot help', () => {
    const web = life();
    web.start();
    expect(web.spawnFailed(true)).toBe('FATAL failure []');
  });
});

describe('stop', () => {
  test('climbs the ladder by its deadlines, and kills again each second until the tree is gone', () => {
    const worker = running();
    expect(worker.stop()).toBe('STOPPING signalled 0, rest [SIGTERM, arm 10 s]');
    expect(worker.pass(9999)).toEqual([]);
    expect(worker.pass(1)).toEqual(['STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]']);
    const kill = 'STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]';
    expect(worker.pass(7000)).toEqual([kill, kill, kill]);
    expect(worker.exits('SIGKILL')).toBe('STOPPING sweeping, rest [disarm, sweep #1]');
    expect(worker.swept()).toBe('STOPPED ordered []');
  });

  test('again signals nothing; a second TERM steps the ladder on, kill jumps to its end', () => {
    const worker = running();
    worker.stop();
    expect(worker.stop()).toBe('STOPPING signalled 0, rest []');
    expect(worker.step()).toBe('STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]');
    expect(worker.kill()).toBe('STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]');
  });

  test('during a spawn it waits for the answer, then stops what was spawned', () => {
    const web = life();
    web.start();
    expect(web.stop()).toBe('STOPPING spawning 0, rest []');
    expect(web.spawned()).toBe('STOPPING signalled 0, rest [SIGTERM, arm 10 s]');
    web.exits(0);
    expect(web.swept()).toBe('STOPPED ordered []');
  });

  test('in BACKOFF it rests at once and clears the count', () => {
    const web = starting();
    web.exits(1);
    web.swept();
    expect(web.machine().failures).toBe(1);
    expect(web.stop()).toBe('STOPPED ordered [disarm]');
    expect(web.machine().failures).toBe(0);
    expect(web.pass(60_000)).toEqual([]);
  });

  test('while the remains of a crash are swept, it rests instead of restarting', () => {
    const web = running();
    web.exits(1);
    expect(web.stop()).toBe('STOPPING sweeping, rest []');
    expect(web.swept()).toBe('STOPPED ordered []');
    expect(web.machine().restarts).toBe(0);
  });
});

describe('start, where something is under way', () => {
  test('in BACKOFF it retries now, with a fresh count, and is no restart', () => {
    const web = starting();
    web.exits(1);
    web.swept();
    expect(web.start()).toBe('STARTING unspawned [disarm, spawn #2]');
    expect(web.machine()).toMatchObject({ failures: 0, restarts: 0 });
  });

  test('in STOPPING it begins after the sweep, unless a stop follows', () => {
    const web = running();
    web.stop();
    expect(web.start()).toBe('STOPPING signalled 0, begin []');
    web.exits(0);
    expect(web.swept()).toBe('STARTING unspawned [spawn #2]');
    web.stop();
    web.start();
    expect(web.stop()).toBe('STOPPING spawning 0, rest []');
  });

  test('news of the run before is dropped', () => {
    const web = running();
    crash(web);
    const said = web.tell({ type: 'exited', generation: 1, exit: { code: 1, signal: null }, refusal: null });
    expect(said).toBe('STARTING unspawned []');
    expect(web.machine().stale).toBe(1);
  });
});

describe('a lock', () => {
  test('is held before each start', () => {
    const beat = life(LOCKED);
    expect(beat.start()).toBe('WAITING asking [take-lock #1]');
    expect(beat.acquired()).toBe('STARTING unspawned [spawn #1]');
    beat.spawned();
    beat.ready();
    beat.exits(1);
    expect(beat.swept()).toBe('WAITING asking [take-lock #2]');
  });

  test('that somebody else holds is asked for again each second', () => {
    const beat = life(LOCKED);
    beat.start();
    expect(beat.refused()).toBe('WAITING held [arm 1 s]');
    expect(beat.pass(1000)).toEqual(['WAITING asking [disarm, take-lock #1]']);
    beat.refused();
    expect(beat.start()).toBe('WAITING asking [disarm, take-lock #1]');
    expect(beat.acquired()).toBe('STARTING unspawned [spawn #1]');
  });

  test('is abandoned when a stop comes first, and an answer that comes late changes nothing', () => {
    const beat = life(LOCKED);
    beat.start();
    expect(beat.stop()).toBe('STOPPED ordered [abandon-lock #1]');
    expect(beat.acquired()).toBe('STOPPED ordered []');
  });

  test('that cannot be asked for is tried again, or FATAL for good', () => {
    const beat = life(LOCKED);
    beat.start();
    expect(beat.lockFailed()).toBe('BACKOFF failure [arm 1 s]');
    expect(beat.pass(1000)).toEqual(['WAITING asking [disarm, take-lock #2]']);
    expect(beat.lockFailed(true)).toBe('FATAL failure []');
  });
});

describe('a lock that is lost', () => {
  test('ends the run by the ladder, and at its own deadline by force; then it is asked for again', () => {
    const beat = running(LOCKED);
    expect(beat.lockLost(12_000)).toBe('STOPPING signalled 0, reclaim(begin) [SIGTERM, arm 10 s]');
    expect(beat.pass(12_000)).toEqual([
      'STOPPING signalled 1, reclaim(begin) [disarm, SIGQUIT, arm 2 s]',
      'STOPPING signalled 2, reclaim(begin) [disarm, kill-tree, arm 1 s]',
    ]);
    expect(beat.exits('SIGKILL')).toBe('STOPPING sweeping, reclaim(begin) [disarm, sweep #1]');
    expect(beat.swept()).toBe('WAITING asking [take-lock #2]');
    expect(beat.machine()).toMatchObject({ failures: 0, restarts: 0 });
  });

  test('may not wait for the first rung to be over', () => {
    const beat = running(LOCKED);
    expect(beat.lockLost(3000)).toBe('STOPPING signalled 0, reclaim(begin) [SIGTERM, arm 3 s]');
    expect(beat.pass(3000)).toEqual(['STOPPING signalled 2, reclaim(begin) [disarm, kill-tree, arm 1 s]']);
  });

  test('before the spawn has answered stops what is spawned', () => {
    const beat = life(LOCKED);
    beat.start();
    beat.acquired();
    expect(beat.lockLost(3000)).toBe('STOPPING spawning 0, reclaim(begin) []');
    expect(beat.pass(1000)).toEqual([]);
    expect(beat.spawned()).toBe('STOPPING signalled 0, reclaim(begin) [SIGTERM, arm 2 s]');
  });

  test('leaves alone what is never started again, and a stop meanwhile is a stop', () => {
    const once = running({ ...LOCKED, restart: { policy: 'never' } });
    once.lockLost(3000);
    once.exits(0);
    expect(once.swept()).toBe('STOPPED ordered []');
    const beat = running(LOCKED);
    beat.lockLost(3000);
    beat.stop();
    beat.exits(0);
    expect(beat.swept()).toBe('STOPPED ordered []');
  });
});

describe('retired', () => {
  test('where the next run follows: by the ladder, and as if nothing had ended', () => {
    const web = running();
    expect(web.retired('begin')).toBe('STOPPING signalled 0, begin [SIGTERM, arm 10 s]');
    expect(web.pass(10_000)).toEqual(['STOPPING signalled 1, begin [disarm, SIGQUIT, arm 5 s]']);
    expect(web.exits(1)).toBe('STOPPING sweeping, begin [disarm, sweep #1]');
    expect(web.swept()).toBe('STARTING unspawned [spawn #2]');
    expect(web.machine()).toMatchObject({ failures: 0, restarts: 0 });
  });

  test('a stop meanwhile is a stop', () => {
    const web = running();
    web.retired('begin');
    web.stop();
    web.exits(0);
    expect(web.swept()).toBe('STOPPED ordered []');
  });

  test('the count of failures goes on, unless it had been stable', () => {
    const failures = (stableMs: number): number => {
      const web = running();
      crash(web);
      web.spawned();
      web.ready();
      web.pass(stableMs);
      web.retired('begin');
      return web.machine().failures;
    };
    expect([failures(599_999), failures(600_000)]).toEqual([1, 0]);
  });
});

/** LOCK: what it makes of an entry, and what is said where it is wrong. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LEASE } from '../../src/model/lease-timings.ts';
import { newPaint } from '../../src/render/paint.ts';
import { planJson, planText } from '../../src/render/plan.ts';
import { beat, job, processes, told, worker } from './support.ts';

const REDIS = 'redis: "redis://cache:6379/1"';
const [url] = /redis:\/\/[^"]+/.exec(REDIS) ?? [''];
const storeOf = (lock: string): unknown => processes(beat(`LOCK: ${lock}`))[0]?.lockStore;

describe('where a lock is kept', () => {
  test('in the host, unless told otherwise', () => {
    expect(processes(beat())[0]?.lockStore).toEqual({ kind: 'file', path: null });
    expect(storeOf('{name: a}')).toEqual({ kind: 'file', path: null });
  });

  test('in a file: the path is the lock', () => {
    const [spec] = processes(beat('LOCK: {file: beat.lock}'));
    expect(spec?.lockStore).toEqual({
      kind: 'file',
      path: expect.stringMatching(/\/beat\.lock$/) as string,
    });
    const path = spec?.lockStore.kind === 'file' ? spec.lockStore.path : null;
    expect(spec?.singleton).toEqual({ kind: 'name', name: path });
  });

  test('in Redis, with the numbers that were simulated', () => {
    expect(storeOf(`{${REDIS}}`)).toEqual({ kind: 'redis', url, timings: LEASE });
  });

  test('with ttl alone the others keep their proportion, and each can be given', () => {
    const half = { ...LEASE, ttlMs: 15_000, renewEveryMs: 2500, commandTimeoutMs: 1000 };
    const halves = { ...half, renewDeadlineMs: 7000, killGraceMs: 4000, killWaitMs: 1500, lagMs: 1000 };
    expect(storeOf(`{${REDIS}, ttl: 15s}`)).toEqual({ kind: 'redis', url, timings: halves });
    const given =
      'renew-every: 4s, command-timeout: 1s, renew-deadline: 12s, kill-grace: 5s, kill-wait: 2s, lag: 1s, drift: 2%';
    expect(storeOf(`{${REDIS}, ${given}}`)).toEqual({
      kind: 'redis',
      url,
      timings: {
        ttlMs: 30_000,
        renewEveryMs: 4000,
        commandTimeoutMs: 1000,
        renewDeadlineMs: 12_000,
        killGraceMs: 5000,
        killWaitMs: 2000,
        lagMs: 1000,
        drift: 0.02,
      },
    });
  });

  test('the process of a lease runs under its dead-man, which the plan shows; others do not', () => {
    const [spec] = processes(worker('ARGS: {beat: true}', `LOCK: {${REDIS}}`));
    const guard = spec?.argv.slice(0, 3).map((token) => token.replace(/^.*\/(?=prodserver)/, ''));
    expect(guard).toEqual([spec?.argv[3], '-IS', 'prodserver_deadman.py']);
    expect(spec?.added.slice(0, 3)).toEqual(spec?.argv.slice(0, 3));
    expect(spec?.overlap).toBeNull();
    expect(processes(beat())[0]?.argv.join(' ')).not.toContain('deadman');
  });

  test('of a worker with a beat it needs no name, however that beat was asked for', () => {
    for (const line of ['ARGS: {beat: true}', 'EXTRA_ARGS: [-B]']) {
      const [spec] = processes(worker(line, `LOCK: {${REDIS}}`));
      expect(spec?.singleton?.kind).toBe('application');
    }
  });

  test('any entry may have one', () => {
    const [spec] = processes(job(`LOCK: {${REDIS}, name: nightly}`));
    expect(spec?.singleton).toEqual({ kind: 'name', name: 'nightly' });
  });
});

test('the plan tells of it, and shows no password', () => {
  const specs = processes(beat('LOCK: {redis: "rediss://me:hunter2@cache/0", ttl: 6s}'));
  const text = planText('/p.yaml', specs, newPaint(false));
  expect(/^ {2}lock .*$/m.exec(text)?.[0]).toBe(
    '  lock  of shop.celery.app and its broker, in rediss://***@cache/0 for 6 s, renewed every 1 s; ' +
      'not renewed for 2.8 s: stopped, and killed 1.6 s later',
  );
  expect(text + JSON.stringify(planJson('/p.yaml', specs))).not.toContain('hunter2');
  const [file] = processes(beat('LOCK: {file: /run/beat.lock}'));
  expect(planText('/p.yaml', file === undefined ? [] : [file], newPaint(false))).toContain(
    join('the file ', '/run/beat.lock'),
  );
});

describe('what is wrong', () => {
  test('no name where there is no application to take one from', () => {
    expect(told(job(`LOCK: {${REDIS}}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: "LOCK" has no name [key-missing]
          5 |     LOCK: {redis: "redis://cache:6379/1"}
            |     ^^^^
            = add for example "name: job""
    `);
  });

  test('two stores, or a file and a name', () => {
    expect(told(beat(`LOCK: {${REDIS}, file: a.lock}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:43: error: CeleryBeat takes no file: a lock is kept in redis or in a file [key-useless]
          5 |     LOCK: {redis: "redis://cache:6379/1", file: a.lock}
            |                                           ^^^^
            = leave file out"
    `);
    expect(told(beat('LOCK: {file: a.lock, name: a}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:26: error: CeleryBeat takes no name: the file alone says which lock it is [key-useless]
          5 |     LOCK: {file: a.lock, name: a}
            |                          ^^^^
            = leave name out"
    `);
  });

  test('numbers of a lease for what has none', () => {
    expect(told(beat('LOCK: {name: a, ttl: 30s}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:21: error: CeleryBeat takes no ttl: only a lock in redis runs out: the kernel frees a file with its last holder [key-useless]
          5 |     LOCK: {name: a, ttl: 30s}
            |                     ^^^
            = leave ttl out"
    `);
  });

  test('no URL of a Redis', () => {
    expect(told(beat('LOCK: {redis: "cache:6379"}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:19: error: "redis" must be the URL of a Redis: redis://host:6379/0, rediss://, redis+socket:///path, redis+sentinel://host:26379,host:26379/MASTER/0 or redis+cluster://host:6379,host:6379, not "cache:6379" [value-wrong]
          5 |     LOCK: {redis: "cache:6379"}
            |                   ^^^^^^^^^^^^"
    `);
  });

  test('numbers that let two run at one time, with their sum', () => {
    expect(told(beat(`LOCK: {${REDIS}, renew-deadline: 20s}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: renew-deadline 20 s + kill-grace 8 s + kill-wait 3 s + lag 2 s = 33 s, more than the ttl 30 s less 1% of drift: 29.69 s [lock-timings]
          5 |     LOCK: {redis: "redis://cache:6379/1", renew-deadline: 20s}
            |     ^^^^
            = give only ttl: the others then follow in the right proportion"
    `);
    expect(told(beat(`LOCK: {${REDIS}, ttl: 20s, renew-deadline: 14s}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:43: error: renew-deadline 14 s + kill-grace 5.333 s + kill-wait 2 s + lag 1.333 s = 22.666 s, more than the ttl 20 s less 1% of drift: 19.79 s [lock-timings]
          5 |     LOCK: {redis: "redis://cache:6379/1", ttl: 20s, renew-deadline: 14s}
            |                                           ^^^
            = give only ttl: the others then follow in the right proportion"
    `);
  });

  test('numbers that lose the lock without need', () => {
    expect(told(beat(`LOCK: {${REDIS}, renew-every: 6s}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: renew-deadline 14 s would not outlast one renewal that fails: 2 x (renew-every 6 s + command-timeout 2 s) = 16 s [lock-timings]
          5 |     LOCK: {redis: "redis://cache:6379/1", renew-every: 6s}
            |     ^^^^
            = give only ttl: the others then follow in the right proportion"
    `);
    expect(told(beat(`LOCK: {${REDIS}, renew-every: 2s, command-timeout: 2s}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: command-timeout 2 s must be below renew-every 2 s [lock-timings]
          5 |     LOCK: {redis: "redis://cache:6379/1", renew-every: 2s, command-timeout: 2s}
            |     ^^^^
            = give only ttl: the others then follow in the right proportion"
    `);
    expect(told(beat(`LOCK: {${REDIS}, ttl: 1s}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:43: error: a ttl of 1 s is too short: 3 s is the least [lock-timings]
          5 |     LOCK: {redis: "redis://cache:6379/1", ttl: 1s}
            |                                           ^^^
            = write a longer ttl: a busy machine alone would lose this one again and again"
    `);
    expect(told(beat(`LOCK: {${REDIS}, drift: 50%}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:50: error: "drift" must be a number from 0 to 0.1, or a percentage such as "1%", not "50%" [value-wrong]
          5 |     LOCK: {redis: "redis://cache:6379/1", drift: 50%}
            |                                                  ^^^"
    `);
  });
});

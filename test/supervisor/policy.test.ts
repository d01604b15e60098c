import { describe, expect, test } from 'vitest';
import type { RestartPolicy } from '../../src/model/spec.ts';
import { afterEnd, restartDelay } from '../../src/supervisor/policy.ts';
import { exitOf, RESTART } from './machine-support.ts';

describe('the delay of the next start, in milliseconds', () => {
  // Ends in a row, had been ready; chance 0, 0.5, 0.999.
  test.each([
    [1, true, [0, 0, 0]],
    [2, true, [800, 1000, 1200]],
    [3, true, [1600, 2000, 2399]],
    [4, true, [3200, 4000, 4798]],
    [5, true, [6400, 8000, 9597]],
    [6, true, [12_800, 16_000, 19_194]],
    [7, true, [25_600, 32_000, 38_387]],
    [8, true, [48_000, 60_000, 60_000]],
    [9, true, [48_000, 60_000, 60_000]],
    [5000, true, [48_000, 60_000, 60_000]],
    [0, false, [1000, 1000, 1200]],
    [1, false, [1000, 1000, 1200]],
    [2, false, [1600, 2000, 2399]],
    [3, false, [3200, 4000, 4798]],
    [6, false, [25_600, 32_000, 38_387]],
    [7, false, [48_000, 60_000, 60_000]],
    [5000, false, [48_000, 60_000, 60_000]],
  ] as const)('%i ends, had been ready: %s', (failures, ready, delays) => {
    const drawn = [0, 0.5, 0.999].map((chance) => restartDelay(RESTART, failures, ready, chance));
    expect(drawn).toEqual(delays);
  });

  test.each([
    ['a short first wait', { initialMs: 100 }, 2, true, 100],
    ['a short first wait, under the floor', { initialMs: 100 }, 1, false, 1000],
    ['a cap under the floor', { initialMs: 100, maxMs: 500 }, 9, false, 1000],
    ['a cap under the floor, had been ready', { initialMs: 100, maxMs: 500 }, 9, true, 500],
    ['no growth', { factor: 1, initialMs: 3000 }, 50, false, 3000],
    ['a factor with a fraction', { factor: 1.5 }, 3, false, 2250],
    ['no wait at all, had been ready', { initialMs: 0 }, 9, true, 0],
    ['a first wait over the cap', { initialMs: 90_000 }, 1, false, 60_000],
  ] as const)('%s', (_, change, failures, ready, delay) => {
    expect(restartDelay({ ...RESTART, ...change }, failures, ready, 0.5)).toBe(delay);
  });

  test('the jitter stays within a fifth each way, the cap and the floor', () => {
    for (let failures = 1; failures < 80; failures++) {
      for (let chance = 0; chance < 1; chance += 0.01) {
        const base = Math.min(60_000, 1000 * 2 ** (failures - 1));
        const delay = restartDelay(RESTART, failures, false, chance);
        expect(delay).toBeGreaterThanOrEqual(Math.max(1000, base * 0.8));
        expect(delay).toBeLessThanOrEqual(Math.min(60_000, base * 1.2));
        expect(Number.isInteger(delay)).toBe(true);
      }
    }
  });
});

describe('what follows an end', () => {
  const restart = (failures: number, delayMs: number) => ({ kind: 'restart', failures, delayMs });
  const leave = (failures: number) => ({ kind: 'leave', failures });
  const permanent = (failures: number) => ({ kind: 'give-up', why: 'permanent', failures });
  const attempts = (failures: number) => ({ kind: 'give-up', why: 'attempts', failures });
  const always: Partial<RestartPolicy> = {};
  const onFailure: Partial<RestartPolicy> = { policy: 'on-failure' };
  const never: Partial<RestartPolicy> = { policy: 'never' };
  const twice: Partial<RestartPolicy> = { maxAttempts: 2 };

  // Policy, exit, milliseconds ready (null: never), ends before.
  test.each([
    [always, 1, null, 0, restart(1, 1000)],
    [always, 0, null, 0, restart(1, 1000)],
    [always, 0, 5, 0, restart(1, 0)],
    [always, 'SIGSEGV', 5, 1, restart(2, 1000)],
    // A stable stretch clears what was before, to the millisecond.
    [always, 1, 599_999, 6, restart(7, 32_000)],
    [always, 1, 600_000, 6, restart(1, 0)],
    // A permanent code counts only before ready, whatever the policy.
    [always, 2, null, 3, permanent(4)],
    [never, 2, null, 0, permanent(1)],
    [always, 2, 0, 0, restart(1, 0)],
    [onFailure, 2, 0, 0, restart(1, 0)],
    [onFailure, 1, 5, 0, restart(1, 0)],
    [onFailure, 'SIGTERM', 5, 0, restart(1, 0)],
    [onFailure, 0, 5, 0, leave(1)],
    [onFailure, 0, null, 0, leave(1)],
    [never, 1, 5, 0, leave(1)],
    [never, 'SIGKILL', null, 4, leave(5)],
    [twice, 1, null, 0, restart(1, 1000)],
    [twice, 1, null, 1, attempts(2)],
    [twice, 1, 5, 1, attempts(2)],
    [twice, 1, null, 7, attempts(8)],
    [twice, 1, 600_000, 7, restart(1, 0)],
    [{ maxAttempts: 1 }, 1, 600_000, 0, attempts(1)],
    // It ended as it may, so no attempt was used up.
    [{ maxAttempts: 1, policy: 'on-failure' }, 0, 5, 0, leave(1)],
  ] as const)('%o: exit %s, ready for %s ms, %i before', (change, how, readyMs, failures, decision) => {
    const ended = { exit: exitOf(how), readyMs, failures, permanentExitCodes: [2], condemned: false };
    expect(afterEnd({ ...RESTART, ...change }, ended, 0.5)).toEqual(decision);
  });

  test('without permanent codes exit 2 is a crash', () => {
    const ended = { exit: exitOf(2), readyMs: null, failures: 0, permanentExitCodes: [], condemned: false };
    expect(afterEnd(RESTART, ended, 0.5)).toEqual(restart(1, 1000));
  });

  test.each([0, 2])(
    'after a start timeout exit %i answers our own signal: a failed start like any',
    (code) => {
      const ended = {
        exit: exitOf(code),
        readyMs: null,
        failures: 0,
        permanentExitCodes: [2],
        condemned: true,
      };
      expect(afterEnd({ ...RESTART, policy: 'on-failure' }, ended, 0.5)).toEqual(restart(1, 1000));
    },
  );
});

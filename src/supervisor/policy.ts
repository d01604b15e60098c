import type { Exit } from '../model/process.ts';
import type { RestartPolicy } from '../model/spec.ts';

/** Never a restart sooner than this after an instance that had not been ready (s6's floor). Milliseconds. */
export const RESTART_FLOOR_MS = 1000;
/** Jitter of the backoff, each way, so that instances that fell together do not come back together. */
const JITTER = 0.2;

/** How one run ended, as the restart decision sees it. */
export interface Ended {
  readonly exit: Exit;
  /** Milliseconds it was ready; null: never was. */
  readonly readyMs: number | null;
  /** Ends in a row before this one, without a stable stretch between. */
  readonly failures: number;
  readonly permanentExitCodes: readonly number[];
  /** We ended it, for it was not ready in time or did nothing: its exit answers our signal and says nothing of its own. */
  readonly condemned: boolean;
}

export type Decision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly failures: number }
  | { readonly kind: 'give-up'; readonly why: 'permanent' | 'attempts'; readonly failures: number }
  | { readonly kind: 'leave'; readonly failures: number };

/**
 * What follows an end that nobody ordered. `chance` (0 <= chance < 1) draws the jitter.
 * Defaults and their sources: 1 s doubling to 60 s and the flat reset after 10 min ready are kubelet's KEP-4603.
 */
export function afterEnd(policy: RestartPolicy, ended: Ended, chance: number): Decision {
  const { exit, readyMs } = ended;
  const own = !ended.condemned;
  if (own && exit.code !== null && ended.permanentExitCodes.includes(exit.code) && readyMs === null) {
    return { kind: 'give-up', why: 'permanent', failures: ended.failures + 1 };
  }
  const stable = readyMs !== null && readyMs >= policy.stableAfterMs;
  const failures = (stable ? 0 : ended.failures) + 1;
  if (policy.policy === 'never' || (policy.policy === 'on-failure' && own && exit.code === 0)) {
    return { kind: 'leave', failures };
  }
  if (policy.maxAttempts !== null && failures >= policy.maxAttempts) {
    return { kind: 'give-up', why: 'attempts', failures };
  }
  return { kind: 'restart', delayMs: restartDelay(policy, failures, readyMs !== null, chance), failures };
}

/**
 * Milliseconds from the end to the next start. `failures` counts this end too: the first one of a process that had
 * been ready starts again at once, every other waits `initial * factor^n`, jittered, and never under the floor unless
 * it had been ready.
 */
export function restartDelay(
  policy: RestartPolicy,
  failures: number,
  hadBeenReady: boolean,
  chance: number,
): number {
  if (hadBeenReady && failures <= 1) return 0;
  const steps = Math.max(0, hadBeenReady ? failures - 2 : failures - 1);
  const base = Math.min(policy.maxMs, policy.initialMs * policy.factor ** Math.min(steps, 64));
  const jittered = Math.min(policy.maxMs, base * (1 - JITTER + 2 * JITTER * chance));
  return Math.round(hadBeenReady ? jittered : Math.max(RESTART_FLOOR_MS, jittered));
}

/** What the place of an instance shows to others. */
import type { ReplaceCause } from '../model/process.ts';
import type { ProcessSpec, Reload } from '../model/spec.ts';
import type { Instance } from './instance.ts';
import type { FailedReplacement, Replacing } from './ongoing.ts';

/** It speaks for the one that serves, as if there were no other; orders and looks go to all that run in it. */
export interface Slot extends Omit<Instance, 'label' | 'retire' | 'generation'> {
  /** Of the one that serves: 1, and another one for each successor that was started beside it. */
  generation(): number;
  /** All that may still run in it: the one that serves, its successor, and those that drain. */
  all(): readonly Instance[];
  replacing(): Replacing | null;
  /** The last attempt, where it failed. */
  failedReplacement(): FailedReplacement | null;
  /** ISO 8601: when it last took in new code by a signal; null: never. */
  reloadedAt(): string | null;
  /** Every run that begins by order, or takes the place of another, is of this from now on. */
  reform(next: ProcessSpec): void;
  /** To the main process of the one that serves: its pid, or null where none runs. */
  signal(signal: NodeJS.Signals): number | null;
  /** How what runs takes in new code by itself; null: it does not, or nothing runs. */
  reloadable(): Reload | null;
  /**
   * False where it cannot be done now: it does not run, one is under way, or the last one failed a moment ago. For new
   * code a program that takes it in at a signal is signalled instead.
   */
  replace(cause: ReplaceCause): boolean;
}

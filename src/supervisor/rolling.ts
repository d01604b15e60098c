/** One at a time of each name: replicas are replaced in turn, so that the others go on meanwhile. */
import { isUrgent, type ReplaceCause } from '../model/process.ts';
import type { Slot } from './slot.ts';

/** What a restart makes of an instance: a successor beside it, a stop and a start, or a start. */
export type RestartWay = 'replace' | 'restart' | 'start';

export interface Rolling {
  /**
   * False where it cannot be done now: see `Slot.replace`, or another of the name is being replaced, for which a hard
   * limit does not wait.
   */
  replace(slot: Slot, cause: ReplaceCause): boolean;
  /** As an operator orders: what runs is replaced when its turn comes, what does not is started now. */
  restart(slots: readonly Slot[], cause?: ReplaceCause): readonly RestartWay[];
  /** Why it is to be replaced when its turn comes; null: it is not. */
  queued(slot: Slot): ReplaceCause | null;
  /** Something has moved: it may be somebody's turn. */
  advance(): void;
  /** Those that `match` are not replaced any more. */
  forget(match: (slot: Slot) => boolean): void;
}

const BY_HAND: ReplaceCause = { kind: 'manual' };

export function newRolling(slots: () => readonly Slot[]): Rolling {
  const queue = new Map<Slot, ReplaceCause>();
  const isBusy = (name: string): boolean =>
    slots().some((one) => one.spec.name === name && one.replacing() !== null);

  const advance = (): void => {
    for (const [slot, cause] of queue) {
      if (isBusy(slot.spec.name)) continue;
      queue.delete(slot);
      // It may have stopped running since it was asked for.
      if (!slot.replace(cause)) slot.order('start-ordered');
    }
  };

  return {
    replace: (slot, cause) => (isUrgent(cause) || !isBusy(slot.spec.name)) && slot.replace(cause),
    restart(named, cause = BY_HAND) {
      const ways = named.map((slot): RestartWay => {
        const { id } = slot.machine().state;
        if (id === 'RUNNING') return slot.spec.overlap === null ? 'restart' : 'replace';
        return id === 'STARTING' ? 'restart' : 'start';
      });
      for (const [index, slot] of named.entries()) {
        if (ways[index] === 'start') slot.order('start-ordered');
        else queue.set(slot, cause);
      }
      advance();
      return ways;
    },
    queued: (slot) => queue.get(slot) ?? null,
    advance,
    forget(match) {
      for (const slot of queue.keys()) if (match(slot)) queue.delete(slot);
    },
  };
}

/** One at a time of each name: replicas are replaced in turn, so that the others go on meanwhile. */
import { isUrgent, type ReplaceCause, type StateName } from '../model/process.ts';
import type { Slot } from './slot-face.ts';

/** What a restart makes of an instance: a successor beside it, a stop and a start, or a start. */
export type RestartWay = 'replace' | 'restart' | 'start';

/**
 * What a reload makes of one: a signal to the program, which goes on; a replacement as in a restart; nothing, where its
 * next start will have the new code; or nothing at all, since it does not run.
 */
export type ReloadWay = 'signal' | Exclude<RestartWay, 'start'> | 'later' | 'none';

export interface Rolling {
  /**
   * False where it cannot be done now: see `Slot.replace`, or another of the name is being replaced, for which a hard
   * limit does not wait.
   */
  replace(slot: Slot, cause: ReplaceCause): boolean;
  /** As an operator orders: what runs is replaced when its turn comes, what does not is started now. */
  restart(slots: readonly Slot[], cause?: ReplaceCause): readonly RestartWay[];
  /** What runs takes in new code when its turn comes; nothing is started. */
  reload(slots: readonly Slot[]): readonly ReloadWay[];
  /** Why it is to be replaced when its turn comes; null: it is not. */
  queuedFor(slot: Slot): ReplaceCause | null;
  /** Something has moved: it may be somebody's turn. */
  advance(): void;
  /** Those that `match` are not replaced any more. */
  forget(match: (slot: Slot) => boolean): void;
}

const RESTART: ReplaceCause = { kind: 'manual' };
const RELOAD: ReplaceCause = { kind: 'reload', file: null, others: 0 };

export function newRolling(slots: () => readonly Slot[]): Rolling {
  const queue = new Map<Slot, ReplaceCause>();
  const isBusy = (name: string): boolean =>
    slots().some((one) => one.spec.name === name && one.replacing() !== null);

  const advance = (): void => {
    for (const [slot, cause] of queue) {
      if (isBusy(slot.spec.name)) continue;
      queue.delete(slot);
      // It may have stopped running since it was asked for.
      if (!slot.replace(cause) && cause !== RELOAD) slot.order('start-ordered');
    }
  };

  return {
    replace: (slot, cause) => (isUrgent(cause) || !isBusy(slot.spec.name)) && slot.replace(cause),
    restart(named, cause = RESTART) {
      const ways = named.map((slot): RestartWay => {
        const { id } = slot.machine().state;
        return wayOf(slot, id) ?? 'start';
      });
      for (const [index, slot] of named.entries()) {
        if (ways[index] === 'start') slot.order('start-ordered');
        else queue.set(slot, cause);
      }
      advance();
      return ways;
    },
    reload(named) {
      const ways = named.map((slot): ReloadWay => {
        const { id } = slot.machine().state;
        const way = wayOf(slot, id);
        const comes = id === 'WAITING' || id === 'BACKOFF' || slot.replacing() !== null;
        if (way === null) return comes ? 'later' : 'none';
        return slot.reloadable() !== null ? 'signal' : way;
      });
      for (const [index, slot] of named.entries())
        if (ways[index] !== 'later' && ways[index] !== 'none') queue.set(slot, queue.get(slot) ?? RELOAD);
      advance();
      return ways;
    },
    queuedFor: (slot) => queue.get(slot) ?? null,
    advance,
    forget(match) {
      for (const slot of queue.keys()) if (match(slot)) queue.delete(slot);
    },
  };
}

/** How one that runs, or is about to, is replaced; null: it does not run. */
function wayOf({ spec }: Slot, state: StateName): Exclude<RestartWay, 'start'> | null {
  if (state === 'RUNNING') return spec.overlap === null ? 'restart' : 'replace';
  return state === 'STARTING' ? 'restart' : null;
}

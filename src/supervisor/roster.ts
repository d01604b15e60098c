/** Who belongs to the set, while it changes. */
import { unreachable } from '../model/unreachable.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Change } from './changes.ts';
import { inOrder, isOver } from './order.ts';
import type { Slot } from './slot-face.ts';

export interface RosterPorts {
  all(): readonly Slot[];
  set(slots: readonly Slot[]): void;
  newOne(spec: ProcessSpec): Slot;
  /** One of a name at a time. */
  restart(slots: readonly Slot[]): void;
  /** It has left, with all that it had started. */
  removed(slot: Slot): void;
}

export interface Roster {
  apply(changes: readonly Change[]): void;
  /** Those that do not leave. */
  staying(): readonly Slot[];
  /** Something has ended: it may be one that is to leave. */
  look(): void;
}

export function newRoster(ports: RosterPorts): Roster {
  /** Ordered to stop for good. */
  const leaving = new Set<Slot>();

  const add = (specs: readonly ProcessSpec[]): void => {
    if (specs.length === 0) return;
    const added = specs.map((spec) => ports.newOne(spec));
    ports.set([...ports.all(), ...added]);
    for (const slot of inOrder(added)) if (slot.spec.autostart) slot.order('start-ordered');
  };

  const remove = (slot: Slot): void => {
    leaving.add(slot);
    slot.order('stop-ordered');
    look();
  };

  /** Its name has come back before it was gone: it stays, and any later order finds it. */
  const keep = (slot: Slot, spec: ProcessSpec): void => {
    leaving.delete(slot);
    slot.reform(spec);
    if (spec.autostart) slot.order('start-ordered');
  };

  const leave = async (slot: Slot): Promise<void> => {
    await slot.drained();
    if (!leaving.has(slot) || !isOver(slot.machine().state)) return;
    leaving.delete(slot);
    ports.set(ports.all().filter((one) => one !== slot));
    ports.removed(slot);
  };

  const look = (): void => {
    for (const slot of leaving) if (isOver(slot.machine().state)) void leave(slot);
  };

  /** What does not run by somebody's order stays as it is, and is of the new spec when it is started. */
  const reform = (slot: Slot, spec: ProcessSpec): 'restart' | 'rest' => {
    const { state } = slot.machine();
    slot.reform(spec);
    switch (state.id) {
      case 'STOPPED':
        return 'rest';
      case 'STOPPING':
        return state.next.kind === 'rest' && state.next.why === undefined ? 'rest' : 'restart';
      case 'WAITING':
      case 'BACKOFF':
      case 'EXITED':
      case 'FATAL':
      case 'STARTING':
      case 'RUNNING':
        return 'restart';
      default:
        return unreachable(state);
    }
  };

  return {
    apply(changes) {
      const added: ProcessSpec[] = [];
      const again: Slot[] = [];
      for (const change of changes) {
        const { instance } = change.spec;
        const slot = ports.all().find((one) => one.spec.instance === instance);
        switch (change.kind) {
          case 'added':
            if (slot === undefined) added.push(change.spec);
            else keep(slot, change.spec);
            break;
          case 'removed':
            if (slot !== undefined) remove(slot);
            break;
          case 'changed':
            if (slot === undefined) break;
            if (change.effect === 'live') slot.amend(change.spec);
            else if (reform(slot, change.spec) === 'restart') again.push(slot);
            break;
          default:
            unreachable(change);
        }
      }
      add(added);
      ports.restart(again);
    },
    staying: () => ports.all().filter((slot) => !leaving.has(slot)),
    look,
  };
}

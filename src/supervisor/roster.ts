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
  wanted(): readonly ProcessSpec[];
  /** Nothing comes any more in the place of what leaves. */
  close(): void;
  /** Something has ended: it may be one that is to leave. */
  look(): void;
}

export function newRoster(ports: RosterPorts): Roster {
  /** Ordered to stop for good; with what is to come in its place once it has gone, where its name has come back. */
  const leaving = new Map<Slot, ProcessSpec | null>();
  const isLeaving = (instance: string): Slot | undefined =>
    [...leaving.keys()].find(({ spec }) => spec.instance === instance);

  const add = (specs: readonly ProcessSpec[]): void => {
    if (specs.length === 0) return;
    const added = specs.map((spec) => ports.newOne(spec));
    ports.set([...ports.all(), ...added]);
    for (const slot of inOrder(added)) if (slot.spec.autostart) slot.order('start-ordered');
  };

  const remove = (slot: Slot): void => {
    leaving.set(slot, null);
    slot.order('stop-ordered');
    look();
  };

  const leave = async (slot: Slot): Promise<void> => {
    await slot.drained();
    if (!leaving.has(slot) || !isOver(slot.machine().state)) return;
    const next = leaving.get(slot) ?? null;
    leaving.delete(slot);
    ports.set(ports.all().filter((one) => one !== slot));
    ports.removed(slot);
    if (next !== null) add([next]);
  };

  const look = (): void => {
    for (const slot of leaving.keys()) if (isOver(slot.machine().state)) void leave(slot);
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
          case 'added': {
            const going = isLeaving(instance);
            if (going === undefined) added.push(change.spec);
            else leaving.set(going, change.spec);
            break;
          }
          case 'removed':
            if (slot !== undefined) remove(slot);
            break;
          case 'changed':
            if (slot === undefined) break;
            if (leaving.has(slot)) leaving.set(slot, change.spec);
            else if (change.effect === 'live') slot.amend(change.spec);
            else if (reform(slot, change.spec) === 'restart') again.push(slot);
            break;
          default:
            unreachable(change);
        }
      }
      add(added);
      ports.restart(again);
    },
    wanted: () =>
      ports.all().flatMap((slot) => {
        const spec = leaving.has(slot) ? (leaving.get(slot) ?? null) : slot.spec;
        return spec === null ? [] : [spec];
      }),
    look,
    close() {
      for (const slot of leaving.keys()) leaving.set(slot, null);
    },
  };
}

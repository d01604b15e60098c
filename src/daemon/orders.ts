/** What commands order of a running set. */
import {
  PROTOCOL,
  type ReloadAnswer,
  type RestartAnswer,
  type ReviseAnswer,
  type SignalAnswer,
  type StartAnswer,
  type StopAnswer,
} from '../control/protocol.ts';
import { isNamed } from '../model/process.ts';
import type { Difference, ListChange } from '../supervisor/difference.ts';
import type { News } from '../supervisor/news.ts';
import type { Slot } from '../supervisor/slot-face.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Revised, Revision } from './revision.ts';

type Names = readonly string[] | null;

/** Names null: everything. */
export interface Orders {
  start(names: Names): StartAnswer;
  stop(names: Names): StopAnswer;
  restart(names: Names): RestartAnswer;
  reload(names: Names): ReloadAnswer;
  signal(names: Names, signal: NodeJS.Signals): SignalAnswer;
  scale(counts: Readonly<Record<string, number>>): Promise<ReviseAnswer>;
  update(dry: boolean): Promise<ReviseAnswer>;
}

export function newOrders(
  supervisor: () => Supervisor | null,
  revision: () => Revision,
  tell: (news: News) => void,
): Orders {
  const named = (names: Names): Slot[] =>
    (supervisor()?.instances ?? []).filter(({ spec }) => isNamed(spec, names));
  /** What leaves is not to run again. */
  const lasting = (names: Names): Slot[] =>
    (supervisor()?.staying ?? []).filter(({ spec }) => isNamed(spec, names));
  const instanceOf = ({ spec }: Slot): string => spec.instance;

  return {
    start(names) {
      const chosen = lasting(names);
      tell({ type: 'ordered', signal: null, order: 'start' });
      const instances = chosen.map((slot) => {
        const { id } = slot.machine().state;
        return { instance: instanceOf(slot), was: id, pid: slot.run()?.pid ?? null };
      });
      supervisor()?.startThese(chosen);
      return { protocol: PROTOCOL, instances };
    },
    stop(names) {
      const chosen = named(names);
      tell({ type: 'ordered', signal: null, order: 'stop' });
      // By name at once, or an order that came after it could overtake it. The end of everything closes the socket: after
      // the answer is on its way.
      if (names !== null) supervisor()?.stop(chosen);
      else setImmediate(() => supervisor()?.shutdown('stop'));
      return { protocol: PROTOCOL, instances: chosen.map(instanceOf) };
    },
    restart(names) {
      const chosen = lasting(names);
      tell({ type: 'ordered', signal: null, order: 'restart' });
      const pids = chosen.map((instance) => instance.run()?.pid ?? null);
      const ways = supervisor()?.restart(chosen) ?? [];
      return {
        protocol: PROTOCOL,
        instances: ways.flatMap((way, index) => {
          const slot = chosen[index];
          return slot === undefined ? [] : [{ instance: instanceOf(slot), way, pid: pids[index] ?? null }];
        }),
      };
    },
    reload(names) {
      const chosen = named(names);
      tell({ type: 'ordered', signal: null, order: 'reload' });
      const before = chosen.map((slot) => ({ state: slot.machine().state.id, pid: slot.run()?.pid ?? null }));
      const ways = supervisor()?.reload(chosen) ?? [];
      const instances = ways.flatMap((way, index) => {
        const [slot, was] = [chosen[index], before[index]];
        if (slot === undefined || was === undefined) return [];
        const signal = way === 'signal' ? (slot.spec.reload?.signal ?? null) : null;
        return [{ instance: instanceOf(slot), way, signal, ...was }];
      });
      return { protocol: PROTOCOL, instances };
    },
    signal(names, signal) {
      tell({ type: 'ordered', signal: null, order: 'signal' });
      return {
        protocol: PROTOCOL,
        instances: named(names).map((slot) => ({ instance: instanceOf(slot), pid: slot.signal(signal) })),
      };
    },
    scale: async (counts) => revised(await revision().scale(new Map(Object.entries(counts)))),
    async update(dry) {
      if (!dry) tell({ type: 'ordered', signal: null, order: 'update' });
      return revised(await revision().update(dry));
    },
  };
}

function revised(result: Revised): ReviseAnswer {
  if (!result.ok) {
    const failures = result.error.map(({ code, facts, place }) => ({ code, facts: { ...facts }, place }));
    return { protocol: PROTOCOL, changes: null, failures };
  }
  const changes = result.value.map((change) => ({
    instance: change.spec.instance,
    kind: change.kind,
    fields: change.kind === 'changed' ? [...change.fields] : [],
    effect: change.kind === 'changed' ? change.effect : null,
    difference: change.kind === 'changed' ? onWire(change.difference) : null,
  }));
  return { protocol: PROTOCOL, changes, failures: [] };
}

const onWire = ({ from, to, argv, env, fields, instance }: Difference) => ({
  instance,
  from: { ...from },
  to: { ...to },
  argv: onWireList(argv),
  env: onWireList(env),
  fields: [...fields],
});

const onWireList = ({ removed, added, changed }: ListChange) => ({
  removed: [...removed],
  added: [...added],
  changed: [...changed],
});

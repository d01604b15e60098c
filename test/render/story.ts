/** A life told as news, by the machine itself: what a presenter would be given for a chain of events. */
import type { ProcessSpec } from '../../src/model/spec.ts';
import { newMachine, step } from '../../src/supervisor/machine.ts';
import type { News } from '../../src/supervisor/news.ts';
import type { Event, Policy } from '../../src/supervisor/state.ts';

/** An event of the newest run, without its generation, which the story fills in; `timer` is the one that is armed. */
export type Told =
  | (Event extends infer E ? (E extends { generation: number } ? Omit<E, 'generation'> : never) : never)
  | { readonly type: 'start-ordered' | 'stop-ordered' | 'step-ordered' | 'kill-ordered' | 'timer' };

export interface Story {
  /** `ms` pass, then `event` happens; the news it makes. */
  (ms: number, event: Told): News[];
}

export function newStory(spec: ProcessSpec): Story {
  const policy: Policy = {
    startTimeoutMs: spec.startTimeoutMs,
    stop: spec.stop,
    restart: spec.restart,
    permanentExitCodes: spec.permanentExitCodes,
    locked: spec.singleton !== null,
    live: spec.liveness !== null,
    stackDump: spec.stackDump,
  };
  let at = 0;
  let spawnedAt: number | null = null;
  let machine = newMachine(policy, at);
  return (ms, told) => {
    at += ms;
    const from = machine.state;
    const event =
      told.type === 'timer'
        ? ({ type: 'timer-fired', timer: machine.timers } as const)
        : ({ generation: machine.generation, ...told } as Event);
    if (event.type === 'spawned') spawnedAt = at;
    ({ machine } = step(machine, event, { at, chance: 0.5 }));
    if (machine.state === from) return [];
    return [
      {
        type: 'changed',
        spec,
        generation: 1,
        from,
        machine,
        at,
        uptimeMs: spawnedAt === null ? null : at - spawnedAt,
      },
    ];
  };
}

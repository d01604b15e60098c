/** The ways into a state. Each takes a machine and gives it back in its new state, with the effects of going there. */
import type { Moment } from '../model/clock.ts';
import type { BackoffCause, Effect, Machine, State, Step, Then } from './state.ts';

export const again = (machine: Machine, now: Moment): Step =>
  begin({ ...machine, restarts: machine.restarts + 1 }, now);

export function begin(machine: Machine, now: Moment): Step {
  const next = { ...machine, generation: machine.generation + 1 };
  return machine.policy.locked ? askLock(next, next.generation, now.at) : spawn(next, now);
}

export function askLock(machine: Machine, generation: number, since: number): Step {
  const hindrance = machine.state.id === 'WAITING' ? machine.state.hindrance : null;
  return to(machine, { id: 'WAITING', since, generation, hindrance, timer: null }, [
    { do: 'take-lock', generation },
  ]);
}

export function spawn(machine: Machine, now: Moment): Step {
  const { generation } = machine;
  const state: State = {
    id: 'STARTING',
    since: now.at,
    generation,
    pid: null,
    until: null,
    leftMs: machine.policy.startTimeoutMs,
    trouble: null,
    timer: null,
  };
  return to(machine, state, [{ do: 'spawn', generation }]);
}

/** Signals at `rung` and gives it its time. The last rung kills the whole tree, again and again until it is gone. */
export function climb(
  machine: Machine,
  pid: number,
  rung: number,
  now: Moment,
  next: Then,
  since: number,
  before: readonly Effect[] = [],
): Step {
  const { stop } = machine.policy;
  const { signal, waitMs: allowedMs } = stop[rung] ?? stop[0];
  const isLast = rung === stop.length - 1;
  const waitMs =
    next.kind === 'reclaim' && !isLast ? Math.min(allowedMs, Math.max(0, next.killAt - now.at)) : allowedMs;
  const { generation } = machine;
  const phase = { kind: 'signalled', pid, rung, until: now.at + waitMs } as const;
  const act: Effect =
    signal === 'SIGKILL' ? { do: 'kill-tree', generation, pid } : { do: 'signal', generation, pid, signal };
  return withTimer(machine, waitMs, (timer) => ({ id: 'STOPPING', since, generation, phase, next, timer }), [
    ...before,
    act,
  ]);
}

export function sweep(machine: Machine, next: Then, since: number): Step {
  const { generation } = machine;
  return to(machine, { id: 'STOPPING', since, generation, phase: { kind: 'sweeping' }, next, timer: null }, [
    { do: 'sweep', generation },
  ]);
}

export const backoff = (machine: Machine, until: number, cause: BackoffCause, now: Moment): Step =>
  withTimer(machine, until - now.at, (timer) => ({ id: 'BACKOFF', since: now.at, until, cause, timer }));

export function withTimer(
  machine: Machine,
  ms: number,
  state: (timer: number) => State,
  effects: readonly Effect[] = [],
): Step {
  const timer = machine.timers + 1;
  return to({ ...machine, timers: timer }, state(timer), [...effects, { do: 'arm', timer, ms }]);
}

/** The one door between states: a timer that the new state does not carry is disarmed, an unneeded watch ended. */
export function to(machine: Machine, state: State, effects: readonly Effect[] = []): Step {
  const old = machine.state;
  const leaving: Effect[] = [];
  if ('timer' in old && old.timer !== null && !('timer' in state && state.timer === old.timer)) {
    leaving.push({ do: 'disarm', timer: old.timer });
  }
  const watched = old.id === 'STARTING' ? old.pid !== null : old.id === 'RUNNING' && machine.policy.live;
  if (watched && 'generation' in old && state.id !== old.id) {
    leaving.push({ do: 'stop-watching', generation: old.generation });
  }
  return { machine: { ...machine, state }, effects: [...leaving, ...effects] };
}

/** At rest because it was ordered: what was counted is forgotten. */
export const rest = (machine: Machine, now: Moment, effects: readonly Effect[] = []): Step =>
  to({ ...machine, failures: 0, refusals: 0 }, { id: 'STOPPED', since: now.at, ordered: true }, effects);

export const stay = (machine: Machine): Step => ({ machine, effects: [] });

export const drop = (machine: Machine): Step => ({
  machine: { ...machine, stale: machine.stale + 1 },
  effects: [],
});

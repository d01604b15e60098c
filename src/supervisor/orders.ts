/** What an operator's word means in each state. */
import type { Moment } from '../model/clock.ts';
import { unreachable } from '../model/unreachable.ts';
import type { LockLoss } from '../model/process.ts';
import type { Event, Machine, State, Step, Then } from './state.ts';
import { askLock, begin, climb, drop, rest, stay, to } from './transitions.ts';

export function onStart(machine: Machine, now: Moment): Step {
  const { state } = machine;
  const fresh = { ...machine, failures: 0, refusals: 0 };
  switch (state.id) {
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
    case 'BACKOFF':
      return begin(fresh, now);
    case 'STOPPING':
      return to(fresh, { ...state, next: { kind: 'begin' } });
    case 'WAITING':
      return state.timer === null ? stay(machine) : askLock(machine, state.generation, state.since);
    case 'STARTING':
    case 'RUNNING':
      return stay(machine);
    default:
      return unreachable(state);
  }
}

export function onStop(
  machine: Machine,
  now: Moment,
  rung: number,
  stopped: Extract<Then, { kind: 'rest' }> = { kind: 'rest' },
): Step {
  const { state } = machine;
  switch (state.id) {
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
      return stay(machine);
    case 'WAITING':
      return rest(machine, now, [{ do: 'abandon-lock', generation: state.generation }]);
    case 'BACKOFF':
      return rest(machine, now);
    case 'STARTING':
    case 'RUNNING':
      return end(machine, state, rung, now, stopped);
    case 'STOPPING': {
      const { phase } = state;
      if (phase.kind === 'spawning') {
        const lower = Math.max(phase.rung, rung);
        return to(machine, { ...state, phase: { kind: 'spawning', rung: lower }, next: stopped });
      }
      if (phase.kind === 'signalled' && rung > phase.rung) {
        return climb(machine, phase.pid, rung, now, stopped, state.since);
      }
      return to(machine, { ...state, next: stopped });
    }
    default:
      return unreachable(state);
  }
}

/** Signals what runs; what is being spawned is signalled when it is there. */
function end(
  machine: Machine,
  state: Extract<State, { id: 'STARTING' | 'RUNNING' }>,
  rung: number,
  now: Moment,
  next: Then,
): Step {
  if (state.pid !== null) return climb(machine, state.pid, rung, now, next, now.at);
  const phase = { kind: 'spawning', rung } as const;
  const { generation } = state;
  return to(machine, { id: 'STOPPING', since: now.at, generation, phase, next, timer: null });
}

export function onStep(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STOPPING' || state.phase.kind === 'sweeping') return onStop(machine, now, 0);
  const rung = Math.min(state.phase.rung + 1, machine.policy.stop.length - 1);
  if (state.phase.kind === 'spawning') return onStop(machine, now, rung);
  return climb(machine, state.phase.pid, rung, now, { kind: 'rest' }, state.since);
}

export function onRetired(machine: Machine, event: Extract<Event, { type: 'retired' }>, now: Moment): Step {
  const { state } = machine;
  const { why, next } = event;
  if (next === 'rest') return onStop(machine, now, 0, { kind: next, why });
  if ((state.id !== 'RUNNING' && state.id !== 'STARTING') || state.pid === null) return stay(machine);
  return climb(settled(machine, now), state.pid, 0, now, { kind: next, why }, now.at);
}

/** An end of our own making counts neither for nor against it, and a stable stretch before it counts all the same. */
function settled(machine: Machine, now: Moment): Machine {
  const { state, policy } = machine;
  const stable = state.id === 'RUNNING' && now.at - state.since >= policy.restart.stableAfterMs;
  return stable ? { ...machine, failures: 0 } : machine;
}

/** Somebody else may run it soon: asked to end, and killed when the lock says so, whatever its own ladder would allow. */
export function onLockLost(machine: Machine, loss: LockLoss, now: Moment): Step {
  const { state, policy } = machine;
  const after = policy.restart.policy === 'never' ? 'rest' : 'begin';
  const next: Then = { kind: 'reclaim', loss, killAt: now.at + loss.graceMs, after };
  switch (state.id) {
    case 'STARTING':
    case 'RUNNING':
      return end(settled(machine, now), state, 0, now, next);
    case 'STOPPING':
      // It ends already, and its dead-man knows by when it must have.
      return stay(machine);
    case 'STOPPED':
    case 'WAITING':
    case 'BACKOFF':
    case 'EXITED':
    case 'FATAL':
      return drop(machine);
    default:
      return unreachable(state);
  }
}

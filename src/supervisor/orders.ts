/** What an operator's word means in each state. */
import type { Moment } from '../model/clock.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Machine, Step, Then } from './state.ts';
import { askLock, begin, climb, stay, to } from './transitions.ts';

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
      return state.holder === null ? stay(machine) : askLock(machine, state.generation, state.since);
    case 'STARTING':
    case 'RUNNING':
      return stay(machine);
    default:
      return unreachable(state);
  }
}

export function onStop(machine: Machine, now: Moment, rung: number): Step {
  const { state } = machine;
  const rest: Then = { kind: 'rest' };
  switch (state.id) {
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
      return stay(machine);
    case 'WAITING':
      return to(machine, { id: 'STOPPED', since: now.at, ordered: true }, [
        { do: 'abandon-lock', generation: state.generation },
      ]);
    case 'BACKOFF':
      return to({ ...machine, failures: 0 }, { id: 'STOPPED', since: now.at, ordered: true });
    case 'STARTING':
      if (state.pid !== null) return climb(machine, state.pid, rung, now, rest, now.at);
      return to(machine, {
        id: 'STOPPING',
        since: now.at,
        generation: state.generation,
        phase: { kind: 'spawning', rung },
        next: rest,
        timer: null,
      });
    case 'RUNNING':
      return climb(machine, state.pid, rung, now, rest, now.at);
    case 'STOPPING': {
      const { phase } = state;
      if (phase.kind === 'spawning') {
        const lower = Math.max(phase.rung, rung);
        return to(machine, { ...state, phase: { kind: 'spawning', rung: lower }, next: rest });
      }
      if (phase.kind === 'signalled' && rung > phase.rung) {
        return climb(machine, phase.pid, rung, now, rest, state.since);
      }
      return to(machine, { ...state, next: rest });
    }
    default:
      return unreachable(state);
  }
}

export function onStep(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STOPPING' || state.phase.kind !== 'signalled') return onStop(machine, now, 0);
  const rung = Math.min(state.phase.rung + 1, machine.policy.stop.length - 1);
  return climb(machine, state.phase.pid, rung, now, { kind: 'rest' }, state.since);
}

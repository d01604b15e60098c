/**
 * The life of one instance, as a pure function.
 *
 *              start                    nothing in the way       ready
 *   STOPPED ----------> WAITING ----------------------> STARTING -------> RUNNING
 *     ^ ^  \______________________________________________^  |               |
 *     | |        start, where nothing is asked               |exit, timeout  |exit, stop, silence
 *     | |                                                    v stop          v
 *     | |  stop                                           STOPPING  (signalled -> sweeping)
 *     | +------- BACKOFF <------------------------------------+
 *     |             | timer: WAITING or STARTING again        |  ends by itself for good
 *     |             v                                         +-----------------> EXITED
 *     +---- stop was ordered ---------------------------------+-----------------> FATAL
 *
 * WAITING is for what it depends on, for WAIT_FOR, for what a killed supervisor has left of it, and for its lock.
 * Every exit goes through STOPPING: its main process is gone, and what is left of the tree is killed before anything
 * else may start in this slot. EXITED, FATAL and STOPPED are final until `start` is ordered.
 */
import type { Moment } from '../model/clock.ts';
import type { ProbeTrouble } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { onExited, onSwept } from './endings.ts';
import { onLockLost, onRetired, onStart, onStep, onStop } from './orders.ts';
import { restartDelay } from './policy.ts';
import type { Effect, Event, Machine, Policy, State, Step, Then, Verdict } from './state.ts';
import {
  again,
  askLock,
  backoff,
  begin,
  climb,
  drop,
  rest,
  spawn,
  stay,
  to,
  withTimer,
} from './transitions.ts';

/** How often what stands in the way of a start is asked again: a local flock costs microseconds. Milliseconds. */
const LOCK_RETRY_MS = 1000;

export function newMachine(policy: Policy, at: number): Machine {
  return {
    policy,
    state: { id: 'STOPPED', since: at, ordered: false },
    generation: 0,
    timers: 0,
    failures: 0,
    refusals: 0,
    restarts: 0,
    exit: null,
    stale: 0,
  };
}

/** Total: any event in any state gives a machine; what has no meaning there changes nothing. */
export function step(machine: Machine, event: Event, now: Moment): Step {
  if ('generation' in event && event.generation !== machine.generation) return drop(machine);
  switch (event.type) {
    case 'start-ordered':
      return onStart(machine, now);
    case 'stop-ordered':
      return onStop(machine, now, 0);
    case 'step-ordered':
      return onStep(machine, now);
    case 'kill-ordered':
      return onStop(machine, now, machine.policy.stop.length - 1);
    case 'retired':
      return onRetired(machine, event, now);
    case 'lock-acquired':
      return machine.state.id === 'WAITING' ? spawn(machine, now) : drop(machine);
    case 'lock-refused':
      if (machine.state.id !== 'WAITING') return drop(machine);
      return withTimer(
        machine,
        event.againMs ?? LOCK_RETRY_MS,
        (timer) => ({ ...machine.state, hindrance: event.hindrance, timer }) as State,
      );
    case 'lock-failed':
      if (machine.state.id !== 'WAITING') return drop(machine);
      return onFailure(machine, event, now);
    case 'hindrance-changed':
      return machine.state.id === 'WAITING' && machine.state.timer !== null
        ? askLock(machine, machine.state.generation, machine.state.since)
        : stay(machine);
    case 'spawned':
      return onSpawned(machine, event.pid, now);
    case 'spawn-failed':
      return onSpawnFailed(machine, event, now);
    case 'became-ready':
      return onReady(machine, now);
    case 'broker-lost':
    case 'broker-found':
      return onBroker(machine, event, now);
    case 'fell-silent':
      return onSilence(machine, event.trouble, now);
    case 'lock-lost':
      return onLockLost(machine, event.loss, now);
    case 'exited':
      return onExited(machine, event, now);
    case 'swept':
      return onSwept(machine, now);
    case 'timer-fired':
      return onTimer(machine, event.timer, now);
    default:
      return unreachable(event);
  }
}

function onSpawned(machine: Machine, pid: number, now: Moment): Step {
  const { state } = machine;
  const known = { ...machine, refusals: 0 };
  if (state.id === 'STARTING' && state.pid === null) {
    const ms = machine.policy.startTimeoutMs;
    const watch: Effect = { do: 'watch-readiness', generation: state.generation, pid };
    return withTimer(known, ms, (timer) => ({ ...state, pid, until: now.at + ms, leftMs: ms, timer }), [
      watch,
    ]);
  }
  if (state.id === 'STOPPING' && state.phase.kind === 'spawning') {
    return climb(known, pid, state.phase.rung, now, state.next, state.since);
  }
  return drop(machine);
}

function onSpawnFailed(machine: Machine, event: Extract<Event, { type: 'spawn-failed' }>, now: Moment): Step {
  const { state } = machine;
  if (state.id === 'STARTING' && state.pid === null) return onFailure(machine, event, now);
  if (state.id === 'STOPPING' && state.phase.kind === 'spawning') {
    if (!beginsAgain(state.next)) return rest(machine, now);
    return event.permanent ? onFailure(machine, event, now) : begin(machine, now);
  }
  return drop(machine);
}

const beginsAgain = (next: Then): boolean =>
  next.kind === 'begin' || (next.kind === 'reclaim' && next.after === 'begin');

/** A failure of ours or of the system's, before there was a process: the program is not to blame, nor counted. */
function onFailure(machine: Machine, event: Extract<Event, { failure: unknown }>, now: Moment): Step {
  const { failure } = event;
  if (event.permanent)
    return to(machine, { id: 'FATAL', since: now.at, cause: { kind: 'failure', failure } });
  if ('turnMs' in event) return backoff(machine, now.at + event.turnMs, { kind: 'failure', failure }, now);
  const refusals = machine.refusals + 1;
  const ms = restartDelay(machine.policy.restart, refusals, false, now.chance);
  return backoff({ ...machine, refusals }, now.at + ms, { kind: 'failure', failure }, now);
}

function onReady(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STARTING' || state.pid === null) return drop(machine);
  const { generation, pid } = state;
  const watch: Effect[] = machine.policy.live ? [{ do: 'watch-liveness', generation, pid }] : [];
  return to(machine, { id: 'RUNNING', since: now.at, generation, pid, trouble: null }, watch);
}

/** It is alive and does nothing: stopped by the ladder, after it was asked to say where it hangs. */
function onSilence(machine: Machine, trouble: ProbeTrouble, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'RUNNING') return drop(machine);
  const { generation, pid } = state;
  const { stackDump } = machine.policy;
  const ask: Effect[] = stackDump === null ? [] : [{ do: 'signal', generation, pid, signal: stackDump }];
  const verdict: Verdict = { kind: 'unresponsive', trouble, readyMs: now.at - state.since };
  return climb(machine, pid, 0, now, { kind: 'judge', verdict }, now.at, ask);
}

/** A restart cannot bring the broker back, so the start timeout stands still while the process reports it lost. */
function onBroker(
  machine: Machine,
  event: Extract<Event, { type: 'broker-lost' | 'broker-found' }>,
  now: Moment,
): Step {
  const { state } = machine;
  const trouble = event.type === 'broker-lost' ? event.trouble : null;
  if (state.id === 'RUNNING') return to(machine, { ...state, trouble });
  if (state.id !== 'STARTING' || state.pid === null) return drop(machine);
  if (trouble !== null) {
    const leftMs = state.until === null ? state.leftMs : Math.max(0, state.until - now.at);
    return to(machine, { ...state, trouble, leftMs, until: null, timer: null });
  }
  if (state.until !== null) return stay(machine);
  const until = now.at + state.leftMs;
  return withTimer(machine, state.leftMs, (timer) => ({ ...state, trouble: null, until, timer }));
}

function onTimer(machine: Machine, timer: number, now: Moment): Step {
  const { state } = machine;
  if (!('timer' in state) || state.timer !== timer) return drop(machine);
  switch (state.id) {
    case 'WAITING':
      return askLock(machine, state.generation, state.since);
    case 'STARTING':
      return state.pid === null
        ? drop(machine)
        : climb(machine, state.pid, 0, now, { kind: 'judge', verdict: { kind: 'start-timeout' } }, now.at);
    case 'BACKOFF':
      return again(machine, now);
    case 'STOPPING': {
      if (state.phase.kind !== 'signalled') return drop(machine);
      const last = machine.policy.stop.length - 1;
      const overdue = state.next.kind === 'reclaim' && now.at >= state.next.killAt;
      const rung = overdue ? last : Math.min(state.phase.rung + 1, last);
      return climb(machine, state.phase.pid, rung, now, state.next, state.since);
    }
    default:
      return unreachable(state);
  }
}

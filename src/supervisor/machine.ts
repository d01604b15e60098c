/**
 * The life of one instance, as a pure function.
 *
 *              start                    lock acquired            ready
 *   STOPPED ----------> WAITING(lock) ----------------> STARTING -------> RUNNING
 *     ^ ^  \______________________________________________^  |               |
 *     | |        start, where no lock is wanted              |exit, timeout  |exit, stop
 *     | |                                                    v stop          v
 *     | |  stop                                           STOPPING  (signalled -> sweeping)
 *     | +------- BACKOFF <------------------------------------+
 *     |             | timer: WAITING or STARTING again        |  ends by itself for good
 *     |             v                                         +-----------------> EXITED
 *     +---- stop was ordered ---------------------------------+-----------------> FATAL
 *
 * Every exit goes through STOPPING: its main process is gone, and what is left of the tree is killed before anything
 * else may start in this slot. EXITED, FATAL and STOPPED are final until `start` is ordered.
 */
import type { Moment } from '../model/clock.ts';
import type { Exit } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { onStart, onStep, onStop } from './orders.ts';
import { afterEnd, restartDelay } from './policy.ts';
import type { Effect, Event, Machine, Policy, State, Step, Then } from './state.ts';
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
  sweep,
  to,
  withTimer,
} from './transitions.ts';

/** How often a lock that somebody else holds is asked for again: a local flock costs microseconds. Milliseconds. */
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
    case 'lock-acquired':
      return machine.state.id === 'WAITING' ? spawn(machine, now) : drop(machine);
    case 'lock-refused':
      if (machine.state.id !== 'WAITING') return drop(machine);
      return withTimer(
        machine,
        LOCK_RETRY_MS,
        (timer) => ({ ...machine.state, holder: event.holder, timer }) as State,
      );
    case 'lock-failed':
      if (machine.state.id !== 'WAITING') return drop(machine);
      return onFailure(machine, event, now);
    case 'spawned':
      return onSpawned(machine, event.pid, now);
    case 'spawn-failed':
      return onSpawnFailed(machine, event, now);
    case 'became-ready':
      return onReady(machine, now);
    case 'broker-lost':
    case 'broker-found':
      return onBroker(machine, event, now);
    case 'exited':
      return onExited(machine, event.exit, now);
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
    if (state.next.kind !== 'begin') return rest(machine, now);
    return event.permanent ? onFailure(machine, event, now) : begin(machine, now);
  }
  return drop(machine);
}

/** A failure of ours or of the system's, before there was a process: the program is not to blame, nor counted. */
function onFailure(machine: Machine, event: Extract<Event, { failure: unknown }>, now: Moment): Step {
  const { failure } = event;
  if (event.permanent)
    return to(machine, { id: 'FATAL', since: now.at, cause: { kind: 'failure', failure } });
  const refusals = machine.refusals + 1;
  const ms = restartDelay(machine.policy.restart, refusals, false, now.chance);
  return backoff({ ...machine, refusals }, now.at + ms, { kind: 'failure', failure }, now);
}

function onReady(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STARTING' || state.pid === null) return drop(machine);
  const { generation, pid } = state;
  return to(machine, { id: 'RUNNING', since: now.at, generation, pid, trouble: null });
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

function onExited(machine: Machine, exit: Exit, now: Moment): Step {
  const { state } = machine;
  const ended = { ...machine, exit };
  switch (state.id) {
    case 'STARTING':
      return state.pid === null ? drop(machine) : sweep(...judge(ended, exit, null, 'crash', now), now.at);
    case 'RUNNING':
      return sweep(...judge(ended, exit, now.at - state.since, 'crash', now), now.at);
    case 'STOPPING':
      if (state.phase.kind !== 'signalled') return drop(machine);
      return state.next.kind === 'judge'
        ? sweep(...judge(ended, exit, null, 'start-timeout', now), state.since)
        : sweep(ended, state.next, state.since);
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

function judge(
  machine: Machine,
  exit: Exit,
  readyMs: number | null,
  kind: 'crash' | 'start-timeout',
  now: Moment,
): [Machine, Then] {
  const { permanentExitCodes, restart } = machine.policy;
  const timedOut = kind === 'start-timeout';
  const ended = { exit, readyMs, failures: machine.failures, permanentExitCodes, timedOut };
  const decision = afterEnd(restart, ended, now.chance);
  const counted = { ...machine, failures: decision.failures };
  switch (decision.kind) {
    case 'restart':
      return [counted, { kind: 'backoff', until: now.at + decision.delayMs, cause: { kind, exit } }];
    case 'leave':
      return [counted, { kind: 'leave', exit }];
    case 'give-up':
      return [
        counted,
        decision.why === 'permanent'
          ? { kind: 'give-up', cause: { kind: 'permanent-exit', exit } }
          : { kind: 'give-up', cause: { kind: 'attempts', attempts: decision.failures, exit } },
      ];
    default:
      return unreachable(decision);
  }
}

function onSwept(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STOPPING' || state.phase.kind !== 'sweeping') return drop(machine);
  const { next } = state;
  switch (next.kind) {
    case 'rest':
    case 'judge':
      return rest(machine, now);
    case 'begin':
      return begin(machine, now);
    case 'backoff':
      return next.until > now.at ? backoff(machine, next.until, next.cause, now) : again(machine, now);
    case 'leave':
      return to(machine, { id: 'EXITED', since: now.at, exit: next.exit });
    case 'give-up':
      return to(machine, { id: 'FATAL', since: now.at, cause: next.cause });
    default:
      return unreachable(next);
  }
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
        : climb(machine, state.pid, 0, now, { kind: 'judge' }, now.at);
    case 'BACKOFF':
      return again(machine, now);
    case 'STOPPING': {
      if (state.phase.kind !== 'signalled') return drop(machine);
      const rung = Math.min(state.phase.rung + 1, machine.policy.stop.length - 1);
      return climb(machine, state.phase.pid, rung, now, state.next, state.since);
    }
    default:
      return unreachable(state);
  }
}

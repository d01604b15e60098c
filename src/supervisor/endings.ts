/** What follows the end of a run: its exit, and then the end of everything that it has left behind. */
import type { Moment } from '../model/clock.ts';
import type { Exit } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { afterEnd } from './policy.ts';
import type { BackoffCause, Event, Machine, Step, Then, Verdict } from './state.ts';
import { again, backoff, begin, drop, rest, sweep, to } from './transitions.ts';

type Exited = Extract<Event, { type: 'exited' }>;

export function onExited(machine: Machine, event: Exited, now: Moment): Step {
  const { state } = machine;
  const { exit } = event;
  const ended = { ...machine, exit };
  switch (state.id) {
    case 'STARTING':
      return state.pid === null ? drop(machine) : sweep(...judge(ended, event, null, null, now), now.at);
    case 'RUNNING':
      return sweep(...judge(ended, event, now.at - state.since, null, now), now.at);
    case 'STOPPING':
      if (state.phase.kind !== 'signalled') return drop(machine);
      return state.next.kind === 'judge'
        ? sweep(...judge(ended, event, readyMsOf(state.next.verdict), state.next.verdict, now), state.since)
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

const readyMsOf = (verdict: Verdict): number | null =>
  verdict.kind === 'unresponsive' ? verdict.readyMs : null;

/** What follows an end that nobody ordered; `verdict` is why we brought it about, null where we did not. */
function judge(
  machine: Machine,
  { exit, refusal }: Exited,
  readyMs: number | null,
  verdict: Verdict | null,
  now: Moment,
): [Machine, Then] {
  if (refusal !== null) return [machine, { kind: 'give-up', cause: { kind: 'failure', failure: refusal } }];
  const { permanentExitCodes, restart } = machine.policy;
  const ended = {
    exit,
    readyMs,
    failures: machine.failures,
    permanentExitCodes,
    condemned: verdict !== null,
  };
  const decision = afterEnd(restart, ended, now.chance);
  const counted = { ...machine, failures: decision.failures };
  switch (decision.kind) {
    case 'restart':
      return [counted, { kind: 'backoff', until: now.at + decision.delayMs, cause: causeOf(verdict, exit) }];
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

function causeOf(verdict: Verdict | null, exit: Exit): BackoffCause {
  if (verdict?.kind === 'unresponsive') return { kind: 'unresponsive', exit, trouble: verdict.trouble };
  return { kind: verdict === null ? 'crash' : 'start-timeout', exit };
}

export function onSwept(machine: Machine, now: Moment): Step {
  const { state } = machine;
  if (state.id !== 'STOPPING' || state.phase.kind !== 'sweeping') return drop(machine);
  const { next } = state;
  switch (next.kind) {
    case 'rest':
    case 'judge':
      return rest(machine, now);
    case 'begin':
      return begin(machine, now);
    case 'reclaim':
      return next.after === 'begin' ? begin(machine, now) : rest(machine, now);
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

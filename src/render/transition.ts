/** What a change of state says about itself. */
import type { BrokerTrouble, Exit, Hindrance, LockHolder } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { formatDuration } from '../model/units.ts';
import type { News, StillStopping } from '../supervisor/news.ts';
import type { FatalCause, State, Then, Verdict } from '../supervisor/state.ts';
import type { Unfit } from '../supervisor/successor.ts';
import { messageOf } from './failures.ts';
import { hindranceText, lossText } from './locks.ts';
import { exitText, troubleText } from './words.ts';

type Changed = Extract<News, { type: 'changed' }>;

export const brokerText = ({ url, error }: BrokerTrouble): string =>
  `broker unreachable: ${url} (${error}), retrying`;

/**
 * The words after the states, empty where the states say all; null for a step in between that is not worth a line.
 * `before` is the state that was shown last.
 */
export function transitionText(
  { from, machine, spec, at, uptimeMs }: Changed,
  before: State['id'],
): string | null {
  const { state } = machine;
  const after = uptimeMs === null ? '' : ` after ${formatDuration(uptimeMs)}`;
  switch (state.id) {
    case 'STOPPED':
      return machine.exit === null || before === 'BACKOFF' || before === 'WAITING'
        ? ''
        : `(${exitText(machine.exit)}${after})`;
    case 'WAITING':
      if (state.hindrance === null)
        return before === 'WAITING' || spec.singleton === null ? null : '(asking for its lock)';
      // It is asked every second: news only when something else is in the way.
      return sameHindrance(from, state.hindrance) ? null : `(${hindranceText(state.hindrance)})`;
    case 'STARTING':
      if (state.pid === null) return null;
      if (state.trouble !== null) return brokerNews(from, state.trouble, '; the start timeout stands still');
      if (from.id === 'STARTING' && from.pid !== null) return '(the broker answers again)';
      return crashText(machine.exit, before, after, state.pid);
    case 'RUNNING':
      if (state.trouble !== null) return brokerNews(from, state.trouble, '');
      if (from.id === 'RUNNING') return from.trouble === null ? null : '(the broker answers again)';
      return `(pid ${state.pid}, ready after ${formatDuration(uptimeMs ?? 0)})`;
    case 'BACKOFF':
      return `(${backoffText(state.cause, after)}; next start in ${formatDuration(state.until - at)})`;
    case 'STOPPING': {
      if (state.phase.kind !== 'signalled') return null;
      if (from.id === 'STOPPING' && from.phase.kind === 'signalled' && from.phase.until === state.phase.until)
        return null;
      const rung = spec.stop[state.phase.rung];
      const allowedMs = rung?.waitMs ?? 0;
      const givenMs =
        state.next.kind === 'reclaim' ? Math.min(allowedMs, state.next.loss.graceMs) : allowedMs;
      const why = before === 'STOPPING' ? '' : whyText(state.next, spec);
      const target = rung?.signal === 'SIGKILL' ? 'the whole tree of' : 'to';
      return `(${why}${rung?.signal} ${target} pid ${state.phase.pid}, up to ${formatDuration(givenMs)})`;
    }
    case 'EXITED':
      return `(${exitText(state.exit)}${after})`;
    case 'FATAL':
      return `(${fatalText(state.cause)})`;
    default:
      return unreachable(state);
  }
}

function whyText(next: Then, spec: Changed['spec']): string {
  if (next.kind === 'reclaim') return `${lossText(next.loss)}: `;
  return next.kind === 'judge' ? verdictText(next.verdict, spec) : '';
}

function verdictText(verdict: Verdict, spec: Changed['spec']): string {
  switch (verdict.kind) {
    case 'start-timeout':
      return `not ready within ${formatDuration(spec.startTimeoutMs)}: `;
    case 'unresponsive': {
      const times = spec.liveness?.failures ?? 1;
      return `unresponsive (${troubleText(verdict.trouble)}${times === 1 ? '' : `, ${times} times`}): `;
    }
    default:
      return unreachable(verdict);
  }
}

/** A dependency on its way through its states is one piece of news, and so is a lock that runs on in other hands. */
function sameHindrance(from: State, hindrance: Hindrance): boolean {
  const before = from.id === 'WAITING' ? from.hindrance : null;
  if (before?.kind === 'dependency' && hindrance.kind === 'dependency') {
    const settled = (one: typeof before): string => (SETTLED.includes(one.state) ? one.state : 'on its way');
    return before.instance === hindrance.instance && settled(before) === settled(hindrance);
  }
  if (before?.kind === 'lock' && hindrance.kind === 'lock')
    return holderKey(before.holder) === holderKey(hindrance.holder);
  if (before?.kind === 'lock-delay')
    return hindrance.kind === before.kind && hindrance.fence === before.fence;
  return before !== null && hindranceText(before) === hindranceText(hindrance);
}

const holderKey = ({ pid, supervisorPid, fence, file }: LockHolder): string =>
  fence === null ? `${pid ?? supervisorPid} ${file}` : `${fence} ${file}`;

/** From here it does not move by itself. */
const SETTLED: readonly State['id'][] = ['STOPPED', 'EXITED', 'FATAL'];

function brokerNews(from: State, trouble: BrokerTrouble, rest: string): string | null {
  const known = from.id === 'STARTING' || from.id === 'RUNNING' ? from.trouble : null;
  return known?.error === trouble.error ? null : `(${brokerText(trouble)}${rest})`;
}

/** A crash that is followed by a start at once passes no state of its own, so the start tells of it. */
function crashText(exit: Exit | null, before: State['id'], after: string, pid: number): string {
  return exit !== null && (before === 'RUNNING' || before === 'STARTING')
    ? `(${exitText(exit)}; started again: pid ${pid})`
    : `(pid ${pid})`;
}

function backoffText(cause: Extract<State, { id: 'BACKOFF' }>['cause'], after: string): string {
  switch (cause.kind) {
    case 'crash':
      return `${exitText(cause.exit)}${after}`;
    case 'start-timeout':
      return `not ready in time, ${exitText(cause.exit)}`;
    case 'unresponsive':
      return `unresponsive (${troubleText(cause.trouble)}), ${exitText(cause.exit)}`;
    case 'failure':
      return messageOf(cause.failure);
    default:
      return unreachable(cause);
  }
}

/** Why a successor will not take over. */
export const unfitText = (why: Unfit): string =>
  why.kind === 'permanent-exit' || why.kind === 'attempts' ? fatalText(why) : backoffText(why, '');

function fatalText(cause: FatalCause): string {
  switch (cause.kind) {
    case 'failure':
      return messageOf(cause.failure);
    case 'permanent-exit':
      return `${exitText(cause.exit)}: another attempt cannot help`;
    case 'attempts':
      return `given up after ${cause.attempts} attempts; the last: ${exitText(cause.exit)}`;
    default:
      return unreachable(cause);
  }
}

/** `worker.1 (pid 4711, 2 tasks running, 12 s of 60 s)` */
export function waitingText({ instance, pid, tasks, elapsedMs, totalMs }: StillStopping): string {
  const who = pid === null ? '' : `pid ${pid}, `;
  const what = tasks === null ? '' : `${tasks} task${tasks === 1 ? '' : 's'} running, `;
  return `${instance} (${who}${what}${formatDuration(elapsedMs)} of ${formatDuration(totalMs)})`;
}

/** Whether a set has come to where it will stay: the moment at which a service manager is told that the service is up. */
import type { ProcessSpec } from '../model/spec.ts';
import type { State } from '../supervisor/state.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

export interface Standing {
  readonly spec: Pick<ProcessSpec, 'instance' | 'autostart'>;
  readonly state: State;
  /** It is being replaced, or about to be. */
  readonly changing: boolean;
}

/** Those that are to stay in the set, as they stand now. */
export function standingsOf(supervisor: Pick<Supervisor, 'instances' | 'wanted' | 'queuedFor'>): Standing[] {
  const wanted = new Set(supervisor.wanted().map(({ instance }) => instance));
  return supervisor.instances
    .filter(({ spec }) => wanted.has(spec.instance))
    .map((slot) => ({
      spec: slot.spec,
      state: slot.machine().state,
      changing: slot.replacing() !== null || (supervisor.queuedFor(slot) ?? null) !== null,
    }));
}

/**
 * All that start by themselves are ready, or will not be by anything that is being done here: a standby that waits for
 * the lock of another host, what an operator stopped, what has ended for good. A set of which nothing is left to run
 * has not come up. Of one that had been up (`again`) nothing more is asked than that all changes have been tried: what
 * waits for its next attempt then is a matter of every day.
 */
export function isSettled(all: readonly Standing[], again: boolean): boolean {
  const meant = all.filter(({ spec }) => spec.autostart);
  if (!again && meant.length > 0 && meant.every(({ state }) => hasFailed(state))) return false;
  return meant.every((one) => rests(one, all) || (again && !one.changing && one.state.id === 'BACKOFF'));
}

function rests({ state, changing }: Standing, all: readonly Standing[]): boolean {
  if (changing) return false;
  switch (state.id) {
    case 'RUNNING':
    case 'EXITED':
    case 'FATAL':
      return true;
    case 'STOPPED':
      return state.ordered;
    case 'WAITING':
      return waitsForLong(state, all);
    default:
      return false;
  }
}

/** For a lock that another has, or for one that rests without being what is needed. */
function waitsForLong({ hindrance }: Extract<State, { id: 'WAITING' }>, all: readonly Standing[]): boolean {
  if (hindrance?.kind === 'lock') return true;
  if (hindrance?.kind !== 'dependency') return false;
  const needed = all.find(({ spec }) => spec.instance === hindrance.instance);
  // One that starts on somebody's word only has no word yet.
  if (needed?.state.id === 'STOPPED') return needed.state.ordered || !needed.spec.autostart;
  return (
    needed !== undefined && needed.state.id !== 'RUNNING' && rests(needed, all) && !hasCompleted(needed.state)
  );
}

const hasCompleted = (state: State): boolean => state.id === 'EXITED' && state.exit.code === 0;

const hasFailed = (state: State): boolean =>
  state.id === 'FATAL' || (state.id === 'EXITED' && !hasCompleted(state));

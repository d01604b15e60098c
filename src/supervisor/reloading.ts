/** A reload by a signal: the main process goes on, and takes in new code by new workers. */
import type { Cancel } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec, Reload } from '../model/spec.ts';
import type { Ports } from './instance.ts';
import type { Run } from './run.ts';

/** How often it is looked at. Milliseconds. */
const LOOK_MS = 200;
/** How long the new workers must be the same ones: those that cannot import the code end at once. Milliseconds. */
const STEADY_MS = 1000;

/** As long as its old workers may take to end, and its new ones to start. Milliseconds. */
export const reloadBoundMs = ({
  stop,
  startTimeoutMs,
}: Pick<ProcessSpec, 'stop' | 'startTimeoutMs'>): number => stop[0].waitMs + startTimeoutMs;

/**
 * Signals, and watches until none of the old workers is left, the new ones stay, and its READY holds (`end(null)`), or that
 * is not going to be seen any more. Whoever sees the main process end calls the returned function.
 */
export function reloadRun(
  spec: ProcessSpec,
  { signal }: Reload,
  run: Run,
  { clock, tell, watchReadiness }: Pick<Ports, 'clock' | 'tell' | 'watchReadiness'>,
  end: (late: Failure | null) => void,
): Cancel {
  const facts = { spec, signal, pid: run.pid };
  const began = clock.now();
  const old = run.tree.workers();
  let young = '';
  let since = began;
  let stopLooking: Cancel = () => undefined;
  let stopWatching: Cancel = () => undefined;

  const over = (): void => {
    stopLooking();
    stopWatching();
    cancelBound();
  };
  const done = (): void => {
    over();
    end(null);
    tell({ type: 'reloaded', ...facts, tookMs: clock.now() - began });
  };
  const look = (): void => {
    const workers = run.tree.workers();
    const left = old.filter((pid) => workers.includes(pid));
    const now = workers.join(' ');
    // Of a program that has no workers there is nothing to see but that it stays.
    const replaced = left.length === 0 && (old.length === 0 || workers.length > 0);
    if (!replaced || now !== young) since = clock.now();
    young = now;
    if (replaced && clock.now() - since >= STEADY_MS) {
      // Over the link it tells of its start, which it has behind it.
      if (spec.readiness.kind === 'link') return done();
      stopWatching = watchReadiness(spec, run, done);
      return undefined;
    }
    stopLooking = clock.after(LOOK_MS, look);
    return undefined;
  };

  const ms = reloadBoundMs(spec);
  const cancelBound = clock.after(ms, () => {
    const workers = run.tree.workers();
    const left = old.filter((pid) => workers.includes(pid)).length;
    over();
    end(failure('reload-unseen', { signal, pid: run.pid, old: left, ms }));
  });
  tell({ type: 'reloading', ...facts });
  run.tree.signal(signal);
  stopLooking = clock.after(LOOK_MS, look);
  return over;
}

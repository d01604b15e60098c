/** Watches a process that had been ready, for it may live and do nothing. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { ProbeTrouble } from '../model/process.ts';
import type { Liveness } from '../model/spec.ts';
import { look, type Probes, type Subject } from './probe.ts';

/** Calls `silent` once, after so many looks in a row that went wrong; the returned function ends the watch. */
export function watchLiveness(
  liveness: Liveness,
  subject: Subject,
  probes: Probes,
  clock: Clock,
  silent: (trouble: ProbeTrouble) => void,
): Cancel {
  const { delayMs, periodMs, timeoutMs, failures, probes: wanted } = liveness;
  let over = false;
  let failed = 0;
  let cancelTimer: Cancel = () => undefined;

  const again = async (): Promise<void> => {
    const found = await Promise.all(wanted.map((one) => look(one, subject, probes, timeoutMs)));
    if (over) return;
    const trouble = found.find((one) => one !== null) ?? null;
    // For what we lack ourselves nobody is to be blamed.
    if (trouble === null) failed = 0;
    else if (!probes.isShort()) failed += 1;
    if (trouble !== null && failed >= failures) {
      over = true;
      silent(trouble);
    } else cancelTimer = clock.after(periodMs, () => void again());
  };
  cancelTimer = clock.after(Math.max(delayMs, periodMs), () => void again());
  return () => {
    over = true;
    cancelTimer();
  };
}

/** Watches a process that is starting until it does its work. The Celery link tells by itself: see `link.ts`. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { Probe, ProbeTiming, Readiness } from '../model/spec.ts';
import { look, type Probes, type Subject } from './probe.ts';

/** Calls `ready` once, as soon as the process is ready; the returned function ends the watch. */
export function watchReadiness(
  readiness: Readiness,
  timing: ProbeTiming,
  subject: Subject,
  probes: Probes,
  clock: Clock,
  ready: () => void,
): Cancel {
  if (readiness.kind === 'link') return () => undefined;
  let over = false;
  let cancelTimer: Cancel = () => undefined;

  const again = async (): Promise<void> => {
    const result = await isReady(readiness, timing, subject, probes);
    if (over) return;
    if (result) {
      over = true;
      ready();
    } else cancelTimer = clock.after(timing.periodMs, () => void again());
  };
  const first = readiness.kind === 'alive' ? readiness.afterMs : Math.max(timing.delayMs, timing.periodMs);
  cancelTimer = clock.after(first, () => {
    // An exit that is already pending must be seen first, or a dead process would be promoted: the poll phase of
    // the loop, which reaps, runs before an immediate does.
    setImmediate(() => {
      if (!over) void again();
    });
  });
  return () => {
    over = true;
    cancelTimer();
  };
}

async function isReady(
  readiness: Exclude<Readiness, { kind: 'link' }>,
  timing: ProbeTiming,
  subject: Subject,
  probes: Probes,
): Promise<boolean> {
  if (readiness.kind === 'alive') return probes.isAlive(subject.pid);
  const all: readonly Probe[] = readiness.kind === 'all' ? readiness.probes : [readiness];
  const found = await Promise.all(all.map((one) => look(one, subject, probes, timing.timeoutMs)));
  return found.every((trouble) => trouble === null);
}

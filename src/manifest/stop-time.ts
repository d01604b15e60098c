/** How long it may take until all processes of a manifest have ended. */
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Document } from './document.ts';

/** What the most impatient of those who end containers gives (docker stop). Milliseconds. */
const USUAL_MS = 10_000;

interface Way {
  readonly ms: number;
  /** Entries, in the order in which they end. */
  readonly specs: readonly ProcessSpec[];
}

/** Said once: where somebody else ends the supervisor, they should know for how long to wait. DEPENDS_ON has no circle. */
export function stopRule(doc: Document, all: readonly ProcessSpec[]): Failure[] {
  const longest = longestWay(all.filter(({ index, oneshot }) => index === 1 && !oneshot));
  const slowest = longest.specs.toSorted((a, b) => graceOf(b) - graceOf(a))[0];
  if (slowest === undefined || longest.ms <= USUAL_MS) return [];
  const facts = { ms: longest.ms, names: longest.specs.map(({ name }) => name) };
  return [failure('stop-long', facts, { place: doc.place(['PRODUCTION_PROCESSES', slowest.name], 'key') })];
}

/** What all of a process' gentle rungs are given: the last one, SIGKILL, needs no time. Milliseconds. */
const graceOf = ({ stop }: ProcessSpec): number =>
  stop.slice(0, -1).reduce((sum, { waitMs }) => sum + waitMs, 0);

/** Nobody ends before those that depend on it. */
function longestWay(specs: readonly ProcessSpec[]): Way {
  const known = new Map<string, Way>();
  const longer = (a: Way, b: Way): Way => (b.ms > a.ms ? b : a);
  const wayTo = (spec: ProcessSpec): Way => {
    const before = known.get(spec.name);
    if (before !== undefined) return before;
    const dependents = specs.filter(({ dependsOn }) => dependsOn.some(({ name }) => name === spec.name));
    const { ms, specs: first } = dependents.map(wayTo).reduce(longer, NOWHERE);
    const way = { ms: ms + graceOf(spec), specs: [...first, spec] };
    known.set(spec.name, way);
    return way;
  };
  return specs.map(wayTo).reduce(longer, NOWHERE);
}

const NOWHERE: Way = { ms: 0, specs: [] };

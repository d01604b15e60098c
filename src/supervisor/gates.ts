/** What must be so before a process may start, beside its lock: each gate asks its own question, then the next one. */
import { lookAtAddress, lookAtUrl, type Probes } from '../health/probe.ts';
import type { Clock } from '../model/clock.ts';
import { failure } from '../model/failure.ts';
import type { ProbeTrouble } from '../model/process.ts';
import type { Target } from '../model/spec.ts';
import type { Locker } from '../singleton/holder.ts';
import { dependencyOf, type Member } from './order.ts';

/** What asking one target may take. Milliseconds. */
const TARGET_TIMEOUT_MS = 2000;

export const newDependencyGate = (inner: Locker, all: () => readonly Member[]): Locker => ({
  wants: (spec) => spec.dependsOn.length > 0 || inner.wants(spec),
  async take(spec, abort, waitedMs) {
    const hindrance = dependencyOf(spec, all());
    if (hindrance !== null) return { kind: 'held', hindrance };
    return inner.wants(spec) ? inner.take(spec, abort, waitedMs) : { kind: 'acquired', grip: null };
  },
  abandon: (spec) => inner.abandon(spec),
});

/** WAIT_FOR: all targets must answer at one time. */
export function newTargetGate(
  inner: Locker,
  probes: Pick<Probes, 'refusal' | 'get' | 'writtenAt'>,
  clock: Clock,
): Locker {
  /** When each instance was first kept waiting by a target. */
  const since = new Map<string, number>();

  const take: Locker['take'] = async (spec, abort, waitedMs) => {
    const { targets, timeoutMs } = spec.waitFor ?? { targets: [], timeoutMs: null };
    const found = await Promise.all(targets.map((target) => lookAt(target, probes)));
    const trouble = found.find((one) => one !== null) ?? null;
    if (trouble === null) {
      return inner.wants(spec) ? inner.take(spec, abort, waitedMs) : { kind: 'acquired', grip: null };
    }
    const now = clock.now();
    const known = since.get(spec.instance) ?? now;
    // What was noted before this waiting began was about another start.
    const began = known < now - waitedMs ? now : known;
    if (timeoutMs !== null && now - began >= timeoutMs) {
      return {
        kind: 'failed',
        failure: failure('wait-timeout', { trouble, ms: timeoutMs }),
        permanent: false,
      };
    }
    since.set(spec.instance, began);
    return { kind: 'held', hindrance: { kind: 'target', trouble } };
  };
  return {
    wants: (spec) => spec.waitFor !== null || inner.wants(spec),
    take,
    abandon: (spec) => inner.abandon(spec),
  };
}

async function lookAt(
  target: Target,
  probes: Pick<Probes, 'refusal' | 'get' | 'writtenAt'>,
): Promise<ProbeTrouble | null> {
  switch (target.kind) {
    case 'address':
      return lookAtAddress(target.address, probes, TARGET_TIMEOUT_MS);
    case 'http':
      return lookAtUrl(target.text, probes, TARGET_TIMEOUT_MS);
    case 'file':
      return probes.writtenAt(target.path) === null
        ? { probe: 'file', target: target.path, got: 'there is none' }
        : null;
    default:
      return target satisfies never;
  }
}

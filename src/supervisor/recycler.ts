/** Looks after one instance: reads what its limits are about, and says when it is to be replaced. */
import { failure } from '../model/failure.ts';
import type { ReplaceCause } from '../model/process.ts';
import type { ProcessSpec, RecyclePolicy } from '../model/spec.ts';
import { doneOf } from '../model/vitals.ts';
import type { Instance, Ports } from './instance.ts';
import { draw, reasonToReplace, type Draw, type Used } from './recycling.ts';
import type { Run } from './run.ts';

/** Of the limit: from here on PSS is read at every look. */
const NEAR = 0.8;
/** Further away a reading that took 1 ms is followed by so many without one, up to the second number. */
const REST_MS = 100;
const LONGEST_REST_MS = 30_000;

export type RecyclerPorts = Pick<Ports, 'clock' | 'chance' | 'tell' | 'pss' | 'nextRun'>;

/** Who serves now, which changes. */
type Serving = Pick<Instance, 'machine' | 'run'>;

/** A run that is ready, with what was drawn for it. */
interface Watched {
  readonly run: Run;
  readonly drawn: Draw;
  /** When PSS is worth reading again: the clock's milliseconds. */
  restUntil: number;
}

export interface Recycler {
  /** Calls `replace` when there is a reason to, at each look until it is heeded. */
  look(instance: Serving, replace: (cause: ReplaceCause) => void): Promise<void>;
}

export function newRecycler(spec: ProcessSpec, policy: RecyclePolicy, ports: RecyclerPorts): Recycler {
  const { clock } = ports;
  const limit = Math.min(policy.maxMemory ?? Infinity, policy.maxMemoryHard ?? Infinity);
  let watched: Watched | null = null;
  let looking = false;
  let warned = false;

  const usedBy = async (one: Watched): Promise<Used | null> => {
    const seen = one.run.footprint();
    if (seen === null) return null;
    if (policy.memory === 'main') return { bytes: seen.mainBytes, memory: 'main' };
    const resident: Used = { bytes: seen.treeBytes, memory: 'rss' };
    // PSS is never more than RSS, which costs nothing.
    if (policy.memory === 'rss' || seen.treeBytes <= limit) return resident;
    const begun = clock.now();
    if (begun < one.restUntil) return null;
    const pss = await ports.pss(seen.pids);
    if (pss === null) return null;
    if (pss === 'refused') {
      if (!warned)
        ports.tell({ type: 'failed', failure: failure('pss-unreadable', { instance: spec.instance }) });
      warned = true;
      return resident;
    }
    const took = clock.now() - begun;
    if (pss < NEAR * limit) one.restUntil = begun + Math.min(LONGEST_REST_MS, took * REST_MS);
    return { bytes: pss, memory: 'pss' };
  };

  const look = async (instance: Serving, replace: (cause: ReplaceCause) => void): Promise<void> => {
    const run = instance.run();
    if (run === null || instance.machine().state.id !== 'RUNNING') return;
    if (watched?.run !== run)
      watched = { run, drawn: draw(policy, () => ports.chance(), clock.wall(), ports.nextRun), restUntil: 0 };
    const { drawn } = watched;
    const used = limit === Infinity ? null : await usedBy(watched);
    // Reading took its time.
    const { state } = instance.machine();
    if (state.id !== 'RUNNING' || instance.run() !== run) return;
    const cause = reasonToReplace(policy, drawn, {
      readyMs: clock.now() - state.since,
      ageMs: run.uptimeMs(),
      tasksDone: doneOf(run.vitals()),
      used,
      stranded: state.trouble !== null,
      wall: clock.wall(),
    });
    if (cause !== null) replace(cause);
  };

  return {
    async look(instance, replace) {
      if (looking) return;
      looking = true;
      try {
        await look(instance, replace);
      } finally {
        looking = false;
      }
    },
  };
}

/** One for each instance whose spec has limits; another one when they have changed. */
export function newRecyclers(ports: RecyclerPorts): {
  of(slot: Serving & Pick<Instance, 'spec'>): Recycler | null;
} {
  const known = new WeakMap<Serving, { readonly policy: RecyclePolicy; readonly recycler: Recycler }>();
  return {
    of(slot) {
      const { recycle: policy } = slot.spec;
      if (policy === null) return null;
      const found = known.get(slot);
      if (found?.policy === policy) return found.recycler;
      const recycler = newRecycler(slot.spec, policy, ports);
      known.set(slot, { policy, recycler });
      return recycler;
    },
  };
}

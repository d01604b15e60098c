/**
 * The place of one instance, `worker.1`: who serves in it changes. Where two may run side by side, a successor is
 * started first, takes over once it is ready and has proved that it works, and only then its predecessor is stopped;
 * if it fails, nothing has happened. Elsewhere, and where there is no time to lose, the one there stops and starts.
 *
 *   replace, beside:    starting --ready and proven--> draining --the old one is over--> replaced
 *                           \--it fails--> the old one goes on
 *   replace, in place:  draining --gone--> starting --ready--> replaced
 */
import type { Cancel } from '../model/clock.ts';
import { isOrdered, isUrgent, type ReplaceCause } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { doneOf } from '../model/vitals.ts';
import { newDeaths } from './deaths.ts';
import { newInstance, type Instance, type Ports } from './instance.ts';
import type { News } from './news.ts';
import { viewOf, type Ongoing, type Replacing } from './ongoing.ts';
import { isOver } from './order.ts';
import type { Run } from './run.ts';
import { proofOf, successorSpec, unfitness, type Unfit } from './successor.ts';

/** How often a successor that is ready is asked for its proof. Milliseconds. */
const PROOF_LOOK_MS = 100;
/** After a replacement that failed, how long none is begun but by an operator. Milliseconds. */
const PAUSE_MS = 60_000;

export interface FailedReplacement {
  /** ISO 8601 */
  readonly at: string;
  /** Of the one that was to serve. */
  readonly generation: number;
  readonly why: Unfit;
  /** The last lines that it said. */
  readonly said: readonly string[];
}

/** It speaks for the one that serves, as if there were no other; orders and looks go to all that run in it. */
export interface Slot extends Omit<Instance, 'label' | 'retire' | 'generation'> {
  /** Of the one that serves: 1, and another one for each successor that was started beside it. */
  generation(): number;
  /** All that may still run in it: the one that serves, its successor, and those that drain. */
  all(): readonly Instance[];
  replacing(): Replacing | null;
  /** The last attempt, where it failed. */
  failedReplacement(): FailedReplacement | null;
  /** Every run that begins by order, or takes the place of another, is of this from now on. */
  reform(next: ProcessSpec): void;
  /** To the main process of the one that serves: its pid, or null where none runs. */
  signal(signal: NodeJS.Signals): number | null;
  /** False where it cannot be done now: it does not run, one is under way, or the last one failed a moment ago. */
  replace(cause: ReplaceCause): boolean;
}

export function newSlot(first: ProcessSpec, ports: Ports): Slot {
  const { clock } = ports;
  let spec = first;
  /** Of which spec each was made, before it was named a successor. */
  const madeOf = new WeakMap<Instance, ProcessSpec>();
  const deaths = newDeaths();
  /** Beside the one that serves: its successor, and those that drain or whose output does. */
  const others = new Set<Instance>();
  /** Restarts of those that have served. */
  let restarts = 0;
  let tried = 0;
  let serving = 1;
  let paused = false;
  let ongoing: Ongoing | null = null;
  let failed: (Omit<FailedReplacement, 'said'> & { readonly run: Run | null }) | null = null;
  let pauseUntil = -Infinity;
  /** Another instance, of the new spec, starts as soon as the one there is over. */
  let renewing = false;
  let stopAsking: Cancel = () => undefined;

  const make = (): Instance => {
    const generation = (tried += 1);
    const tell = (news: News): void => {
      ports.tell(news);
      if (news.type === 'changed') follow(one);
    };
    const one = newInstance(successorSpec(spec, generation), { ...ports, tell }, { generation, deaths });
    madeOf.set(one, spec);
    if (paused) one.pause();
    return one;
  };
  /** It was made of what the manifest said before. */
  const isStale = (): boolean => madeOf.get(current) !== spec;

  /** As it runs, and as it is to run. */
  const canOverlap = (): boolean => spec.overlap !== null && madeOf.get(current)?.overlap !== null;

  const follow = (one: Instance): void => {
    if (renewing && one === current && isOver(one.machine().state)) return renew();
    if (one !== current && isOver(one.machine().state)) void one.drained().then(() => others.delete(one));
    switch (ongoing?.kind) {
      case 'beside':
        return one === ongoing.successor ? followSuccessor(ongoing) : undefined;
      case 'handed-over': {
        const { old, cause, at, readyMs } = ongoing;
        if (one !== old || !isOver(old.machine().state)) return undefined;
        return succeed(cause, old.run(), readyMs, clock.now() - at);
      }
      case 'in-place':
        return one === current ? followInPlace(ongoing) : undefined;
      case undefined:
        return undefined;
      default:
        return ongoing satisfies never;
    }
  };

  const followSuccessor = (now: Extract<Ongoing, { kind: 'beside' }>): void => {
    const { state } = now.successor.machine();
    const why = unfitness(state);
    if (why !== null) return giveUp(now, why);
    if (state.id !== 'RUNNING' || now.readyAt !== null) return undefined;
    ongoing = { ...now, readyAt: clock.now() };
    return ask();
  };

  const ask = (): void => {
    if (ongoing?.kind !== 'beside' || ongoing.readyAt === null) return undefined;
    const { successor, readyAt } = ongoing;
    // It is on its way to an end, which will be told.
    if (successor.machine().state.id !== 'RUNNING') return undefined;
    const proof = proofOf(spec, successor.run()?.vitals() ?? null, clock.now() - readyAt);
    if (proof === 'proven') return handOver(ongoing);
    if (proof !== 'open') return giveUp(ongoing, proof);
    stopAsking = clock.after(PROOF_LOOK_MS, ask);
    return undefined;
  };

  const handOver = (now: Extract<Ongoing, { kind: 'beside' }>): void => {
    const { cause, successor, generation, startedAt, readyAt } = now;
    const old = current;
    stopAsking();
    restarts += old.machine().restarts;
    [current, serving] = [successor, generation];
    others.delete(successor);
    others.add(old);
    const readyMs = readyAt === null ? null : readyAt - startedAt;
    ongoing = { kind: 'handed-over', cause, old, at: clock.now(), readyMs };
    old.retire(cause.kind, 'rest');
    // One that was over already has nothing more to tell.
    follow(old);
  };

  const giveUp = (now: Extract<Ongoing, { kind: 'beside' }>, why: Unfit): void => {
    stopAsking();
    fail(now, now.successor, now.generation, why);
    // One that had been ready may have started again by now.
    now.successor.order('stop-ordered');
  };

  const followInPlace = (now: Extract<Ongoing, { kind: 'in-place' }>): void => {
    const { state } = current.machine();
    if (now.anew && now.goneAt === null) {
      if (!isOver(state)) return undefined;
      ongoing = { ...now, goneAt: clock.now() };
      return renew();
    }
    const why = unfitness(state);
    if (why !== null) return fail(now, current, serving, why);
    if (state.id === 'STOPPING') return undefined;
    const goneAt = now.goneAt ?? clock.now();
    if (state.id === 'RUNNING') return succeed(now.cause, now.old, clock.now() - goneAt, goneAt - now.at);
    ongoing = { ...now, goneAt };
    return undefined;
  };

  const succeed = (cause: ReplaceCause, old: Run | null, readyMs: number | null, drainedMs: number): void => {
    ongoing = failed = null;
    const tasks = doneOf(old?.vitals() ?? null);
    ports.tell({ type: 'replaced', spec, cause, tasks, readyMs, drainedMs });
  };

  const fail = ({ cause }: Ongoing, one: Instance, generation: number, why: Unfit): void => {
    ongoing = null;
    failed = { at: new Date(clock.wall()).toISOString(), generation, why, run: one.run() };
    pauseUntil = clock.now() + PAUSE_MS;
    const { id } = current.machine().state;
    ports.tell({ type: 'replacement-failed', spec, serving, generation, cause, why, state: id });
  };

  const beginBeside = (cause: ReplaceCause): void => {
    const successor = make();
    others.add(successor);
    ongoing = { kind: 'beside', cause, generation: tried, successor, startedAt: clock.now(), readyAt: null };
    ports.tell({ type: 'replacing', spec, generation: tried, cause });
    successor.order('start-ordered');
  };

  const beginInPlace = (cause: ReplaceCause): void => {
    const anew = isStale();
    ongoing = { kind: 'in-place', cause, anew, old: current.run(), at: clock.now(), goneAt: null };
    ports.tell({ type: 'replacing', spec, generation: null, cause });
    current.retire(cause.kind, anew ? 'rest' : 'begin');
  };

  const startAnew = (): void => {
    const { state } = current.machine();
    if (state.id === 'RUNNING') return undefined;
    if (isOver(state)) return renew();
    renewing = true;
    return current.order('stop-ordered');
  };

  /** Starts another instance in place of one that is over. */
  const renew = (): void => {
    renewing = false;
    const old = current;
    restarts += old.machine().restarts;
    others.add(old);
    void old.drained().then(() => others.delete(old));
    current = make();
    serving = tried;
    current.order('start-ordered');
  };

  let current = make();
  const all = (): Instance[] => [current, ...others];
  /** Where the one that serves is over and another is not, that other one is what there is. */
  const shown = (): Instance => all().find((one) => !isOver(one.machine().state)) ?? current;

  return {
    get spec() {
      return spec;
    },
    amend(next) {
      spec = next;
      for (const one of all()) {
        if (madeOf.get(one) === undefined) continue;
        one.amend(successorSpec(next, one.generation));
        madeOf.set(one, next);
      }
    },
    signal(signal) {
      const run = current.run();
      if (run === null || isOver(current.machine().state)) return null;
      run.tree.signal(signal);
      return run.pid;
    },
    reform(next) {
      spec = next;
    },
    all,
    generation: () => serving,
    machine() {
      const machine = shown().machine();
      return restarts === 0 ? machine : { ...machine, restarts: restarts + machine.restarts };
    },
    run: () => shown().run(),
    deaths: deaths.all,
    measure: (stats) => all().forEach((one) => one.measure(stats)),
    order(event) {
      if (event === 'start-ordered') {
        return isStale() ? startAnew() : current.order(event);
      }
      renewing = false;
      if (event !== 'hindrance-changed' && ongoing?.kind !== 'handed-over') {
        stopAsking();
        ongoing = null;
      }
      return all().forEach((one) => one.order(event));
    },
    pause() {
      paused = true;
      for (const one of all()) one.pause();
    },
    resume() {
      paused = false;
      for (const one of all()) one.resume();
    },
    drained: async () => void (await Promise.all(all().map(async (one) => one.drained()))),
    replacing: () => (ongoing === null ? null : viewOf(ongoing, current)),
    failedReplacement() {
      if (failed === null) return null;
      const { run, ...rest } = failed;
      // Its last lines may come after its end.
      return { ...rest, said: run?.tail() ?? [] };
    },
    replace(cause) {
      const hard = isUrgent(cause);
      if (ongoing?.kind === 'beside' && hard) {
        handOver({ ...ongoing, cause });
        return true;
      }
      if (ongoing !== null) return false;
      const { state } = current.machine();
      const manual = isOrdered(cause);
      const waits = clock.now() < pauseUntil && !manual && !hard;
      if (waits || (state.id !== 'RUNNING' && !(manual && state.id === 'STARTING' && state.pid !== null)))
        return false;
      if (canOverlap() && state.id === 'RUNNING' && !hard) beginBeside(cause);
      else beginInPlace(cause);
      return true;
    },
  };
}

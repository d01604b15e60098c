/** All instances of one set: starts and stops them, and knows when nothing is left to do. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { ReplaceCause } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { ProcessStat } from '../os/proc.ts';
import type { Change } from './changes.ts';
import { newDependencyGate } from './gates.ts';
import type { Ports } from './instance.ts';
import type { News, StillStopping } from './news.ts';
import { inOrder, isOver, maySleep } from './order.ts';
import { newRecyclers } from './recycler.ts';
import { newRoster } from './roster.ts';
import { newRolling, type ReloadWay, type RestartWay } from './rolling.ts';
import type { Slot } from './slot-face.ts';
import { newSlot } from './slot.ts';

/** How often a stop that takes long says whom it waits for. Milliseconds. */
const PROGRESS_MS = 2000;

export interface Supervisor {
  readonly instances: readonly Slot[];
  /** Without those that leave: what the set is to be once all that was applied is done. */
  readonly staying: readonly Slot[];
  wanted(): readonly ProcessSpec[];
  /** Starts all that start by themselves. */
  start(): void;
  /** Orders the named processes to stop; the others go on. */
  stop(instances: readonly Slot[]): void;
  /** What runs is replaced, one at a time of each name, until one fails; what does not is started. */
  restart(instances: readonly Slot[], cause?: ReplaceCause): readonly RestartWay[];
  /** False where it cannot be done now: one of its name is being replaced, or it is not in a state for that. */
  replace(instance: Slot, cause: ReplaceCause): boolean;
  /** Starts what does not run and is not about to; those that are ordered to stop start again after it. */
  startThese(instances: readonly Slot[]): void;
  /**
   * Makes the set what `changes` of `changesOf` say: what is new starts if it starts by itself, what is gone stops and
   * then leaves, what must restart does, one of a name at a time. Nothing while everything is being stopped.
   */
  apply(changes: readonly Change[]): void;
  /** What runs takes in new code, one at a time of each name, until one fails; nothing is started. */
  reload(instances: readonly Slot[]): readonly ReloadWay[];
  /** Why it is to be replaced when those of its name before it have been; null: it is not. */
  queuedFor(instance: Slot): ReplaceCause | null;
  /**
   * Stops everything, then ends. First in order, as the ladders say: those that others depend on come last. Each further
   * call steps every ladder on, then kills.
   */
  shutdown(urgency: 'stop' | 'step' | 'kill'): void;
  readonly stopping: boolean;
  /** Resolves when everything has ended, for good or because it was ordered to, and all output was passed on. */
  readonly ended: Promise<void>;
  /** Looks at the memory of all trees among all processes of the system, and replaces what has had its time. */
  measure(stats: readonly ProcessStat[]): void;
}

/** `revives`: one that is FATAL may be started again by itself, so that it does not count as ended for good. */
export function newSupervisor(specs: readonly ProcessSpec[], ports: Ports, revives = false): Supervisor {
  const { clock } = ports;
  let stopping = false;
  let cancelProgress: Cancel = () => undefined;
  /** Those of a stop of everything that have had their word. */
  const ordered = new Set<Slot>();
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((done) => (finish = done));

  const tell = (news: News): void => {
    ports.tell(news);
    // What went wrong with one would go wrong with the next, and there are to be others left that serve.
    if (news.type === 'replacement-failed') rolling.forget(({ spec }) => spec.name === news.spec.name);
    rolling.advance();
    if (news.type !== 'changed') return;
    wake(news.spec.instance);
    if (!isOver(news.machine.state)) return;
    if (stopping) stopNext();
    roster.look();
    void settle();
  };
  const locker = newDependencyGate(ports.locker, () => instances);
  const newOne = (spec: ProcessSpec): Slot => newSlot(spec, { ...ports, locker, tell });
  let instances: readonly Slot[] = specs.map(newOne);
  const rolling = newRolling(() => instances);
  const recyclers = newRecyclers({ ...ports, tell });
  const roster = newRoster({
    all: () => instances,
    set: (next) => (instances = next),
    newOne,
    restart: (slots) => void rolling.restart(slots),
    removed: (slot) => {
      ports.tell({ type: 'removed', spec: slot.spec });
      wake(slot.spec.instance);
      void settle();
    },
  });

  const replace = (instance: Slot, cause: ReplaceCause): boolean =>
    !stopping && rolling.replace(instance, cause);

  /** Those that wait for `moved` ask again. */
  const wake = (moved: string): void => {
    for (const instance of instances) {
      const { state } = instance.machine();
      if (state.id !== 'WAITING' || state.hindrance?.kind !== 'dependency') continue;
      if (state.hindrance.instance === moved) instance.order('hindrance-changed');
    }
  };

  /** Orders those to stop whom nobody needs any more. */
  const stopNext = (): void => {
    for (const instance of instances) {
      if (!ordered.has(instance) && maySleep(instance, instances)) {
        ordered.add(instance);
        instance.order('stop-ordered');
      }
    }
  };

  const settle = async (): Promise<void> => {
    if (!nothingLeft(instances, stopping, revives)) return;
    await Promise.all(instances.map(async (instance) => instance.drained()));
    if (!nothingLeft(instances, stopping, revives)) return;
    // Else the process would stay for the next word about it.
    cancelProgress();
    finish();
  };

  const progress = (): void => {
    if (!stopping) return;
    const waitingFor = stillStopping(instances, clock);
    if (waitingFor.length === 0) return;
    ports.tell({ type: 'stopping', waitingFor });
    cancelProgress = clock.after(PROGRESS_MS, progress);
  };

  return {
    get instances() {
      return instances;
    },
    get staying() {
      return roster.staying();
    },
    wanted: () => roster.staying().map(({ spec }) => spec),
    start() {
      // The order to stop can come before that to start, while the rest of the house is being opened.
      const wanted = stopping ? [] : inOrder(instances);
      for (const instance of wanted) if (instance.spec.autostart) instance.order('start-ordered');
      void settle();
    },
    stop(named) {
      rolling.forget((instance) => named.includes(instance));
      for (const instance of named) instance.order('stop-ordered');
    },
    startThese(named) {
      if (stopping) return;
      for (const instance of inOrder(instances))
        if (named.includes(instance)) instance.order('start-ordered');
    },
    apply(changes) {
      if (stopping) return;
      const gone = changes.filter(({ kind }) => kind === 'removed').map(({ spec }) => spec.instance);
      rolling.forget(({ spec }) => gone.includes(spec.instance));
      roster.apply(changes);
      void settle();
    },
    restart: (named, cause) => (stopping ? [] : rolling.restart(named, cause)),
    reload: (named) => (stopping ? [] : rolling.reload(named)),
    replace,
    queuedFor: (instance) => rolling.queuedFor(instance),
    shutdown(urgency) {
      const first = !stopping;
      stopping = true;
      rolling.forget(() => true);
      if (urgency === 'stop') stopNext();
      else for (const instance of instances) instance.order(`${urgency}-ordered`);
      if (first) cancelProgress = clock.after(PROGRESS_MS, progress);
      void settle();
    },
    get stopping() {
      return stopping;
    },
    ended,
    measure(stats) {
      for (const instance of instances) instance.measure(stats);
      for (const slot of instances) void recyclers.of(slot)?.look(slot, (cause) => void replace(slot, cause));
    },
  };
}

/**
 * Nothing runs, and nothing will: everything ended for good, or a stop of everything was ordered. Processes that an
 * operator stopped by name can be started again, so they keep the supervisor, unless there is only the one.
 */
function nothingLeft(instances: readonly Slot[], stopping: boolean, revives: boolean): boolean {
  const states = instances.map((instance) => instance.machine().state);
  if (!states.every(isOver)) return false;
  if (revives && !stopping && states.some((state) => state.id === 'FATAL')) return false;
  const stoppedByName = states.some((state) => state.id === 'STOPPED' && state.ordered);
  return stopping || instances.length === 1 || !stoppedByName;
}

function stillStopping(slots: readonly Slot[], clock: Clock): StillStopping[] {
  const instances = slots.flatMap((slot) => slot.all());
  return instances.flatMap((instance) => {
    const { state } = instance.machine();
    if (state.id !== 'STOPPING') return [];
    return [
      {
        instance: instance.label,
        pid: state.phase.kind === 'signalled' ? state.phase.pid : null,
        tasks: instance.run()?.activeTasks() ?? null,
        elapsedMs: clock.now() - state.since,
        totalMs: instance.spec.stop.slice(0, -1).reduce((sum, rung) => sum + rung.waitMs, 0),
      },
    ];
  });
}

/** One instance: feeds its machine with what happens, and carries out what the machine orders. The only caller of step. */
import type { Cancel } from '../model/clock.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { labelOf, type Death, type Exit, type ProbeTrouble, type ReplaceCause } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Child, SpawnFailure, SpawnOrder } from '../os/spawn.ts';
import type { ProcessStat } from '../os/proc.ts';
import type { Tree } from '../os/tree.ts';
import type { Grip, Locker } from '../singleton/holder.ts';
import { newDeaths, type Lineage } from './deaths.ts';
import { feedOf, policyOf, spawnOrder } from './launch.ts';
import { newMachine, step } from './machine.ts';
import type { RecyclingPorts } from './recycling.ts';
import { newRun, type Run, type RunPorts } from './run.ts';
import type { Effect, Event, Machine } from './state.ts';

/** What an instance needs from the world; the daemon wires the real one. */
export interface Ports extends RunPorts, RecyclingPorts {
  /** 0 <= chance < 1 */
  chance(): number;
  spawn(order: SpawnOrder): Promise<Result<Child, SpawnFailure>>;
  /** The sockets that it is given. */
  descriptors(spec: ProcessSpec): readonly number[];
  /** What stands in the environment of all that a run starts. */
  mark(instance: string, generation: number): string;
  tree(pid: number, mark: string): Tree;
  /** Told before anything else may happen to a run, and after its tree is gone. */
  readonly ledger: {
    spawned(entry: { readonly instance: string; readonly pid: number; readonly mark: string }): void;
    gone(instance: string): void;
  };
  watchReadiness(spec: ProcessSpec, run: Run, ready: () => void): Cancel;
  watchLiveness(spec: ProcessSpec, run: Run, silent: (trouble: ProbeTrouble) => void): Cancel;
  /** 0: it may start now; else the milliseconds until its turn. */
  turn(instance: string): number;
  /** Whether the kernel has just killed something for want of memory. */
  oomKilled(): boolean;
  readonly locker: Locker;
}

type SpawnFailed = Extract<Event, { type: 'spawn-failed' }>;

export type Order = Extract<Event, { type: `${string}-ordered` | 'hindrance-changed' }>['type'];

export interface Instance {
  readonly spec: ProcessSpec;
  /** `worker.1`, of a successor `worker.1.g2`. */
  readonly label: string;
  /** 1, and one more for each successor before it in its place. */
  readonly generation: number;
  /** Changes what can be changed while it runs; the command itself stays as it was. */
  amend(next: ProcessSpec): void;
  machine(): Machine;
  /** The newest run; null before the first spawn. */
  run(): Run | null;
  order(event: Order): void;
  /** Its run has served: stopped by the ladder; the next one begins, or it rests. */
  retire(why: ReplaceCause['kind'], next: 'begin' | 'rest'): void;
  /** How its last runs ended, the newest last. */
  deaths(): readonly Death[];
  /** Looks at the memory of its tree among all processes of the system. */
  measure(stats: readonly ProcessStat[]): void;
  /** Stops and resumes reading the output of this run and of those to come. */
  pause(): void;
  resume(): void;
  /** Resolves when everything that the last run wrote has been passed on. */
  drained(): Promise<void>;
}

export function newInstance(
  first: ProcessSpec,
  ports: Ports,
  { generation: ordinal, deaths }: Lineage = { generation: 1, deaths: newDeaths() },
): Instance {
  const { clock } = ports;
  let spec = first;
  const label = labelOf(spec.instance, ordinal);
  const timers = new Map<number, Cancel>();
  let machine = newMachine(policyOf(spec, ports.locker.wants(spec)), clock.now());
  let run: Run | null = null;
  let paused = false;
  let grip: Grip | null = null;
  let asking: AbortController | null = null;
  let stopWatching: Cancel = () => undefined;

  /** Events that effects cause are handled after the event that caused them, in order. */
  const inbox: Event[] = [];
  let busy = false;
  const post = (event: Event): void => {
    inbox.push(event);
    if (busy) return;
    busy = true;
    try {
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) handle(next);
    } finally {
      busy = false;
    }
  };

  const handle = (event: Event): void => {
    const from = machine.state;
    if (event.type === 'exited' && run !== null && event.generation === machine.generation) {
      deaths.add(spec, from, event.exit, run, clock.wall());
    }
    const result = step(machine, event, { at: clock.now(), chance: ports.chance() });
    machine = result.machine;
    for (const effect of result.effects) act(effect);
    if (from !== machine.state) {
      ports.tell({
        type: 'changed',
        spec,
        generation: ordinal,
        from,
        machine,
        at: clock.now(),
        uptimeMs: run?.uptimeMs() ?? null,
      });
    }
  };

  const act = (effect: Effect): void => {
    switch (effect.do) {
      case 'take-lock':
        return void takeLock(effect.generation);
      case 'abandon-lock':
        return abandonLock();
      case 'spawn':
        return void spawn(effect.generation);
      case 'watch-readiness': {
        const { generation } = effect;
        if (run !== null)
          stopWatching = ports.watchReadiness(spec, run, () => post({ type: 'became-ready', generation }));
        return undefined;
      }
      case 'watch-liveness': {
        const { generation } = effect;
        if (run !== null)
          stopWatching = ports.watchLiveness(spec, run, (trouble) =>
            post({ type: 'fell-silent', generation, trouble }),
          );
        return undefined;
      }
      case 'stop-watching':
        return stopWatching();
      case 'signal':
        return run?.tree.signal(effect.signal);
      case 'kill-tree':
        return run?.tree.kill();
      case 'sweep':
        return run?.tree.sweep(() => {
          ports.ledger.gone(label);
          const swept = (): void => post({ type: 'swept', generation: effect.generation });
          const released = letGo();
          if (released === null) swept();
          else void released.then(swept);
        });
      case 'arm':
        timers.set(
          effect.timer,
          clock.after(effect.ms, () => {
            timers.delete(effect.timer);
            post({ type: 'timer-fired', timer: effect.timer });
          }),
        );
        return undefined;
      case 'disarm':
        timers.get(effect.timer)?.();
        timers.delete(effect.timer);
        return undefined;
      default:
        return unreachable(effect);
    }
  };

  const takeLock = async (generation: number): Promise<void> => {
    const mine = new AbortController();
    asking = mine;
    const waitedMs = clock.now() - machine.state.since;
    const answer = await ports.locker.take(spec, mine.signal, waitedMs).catch(unexpected);
    if (mine.signal.aborted) {
      if (answer.kind === 'acquired') void answer.grip?.ended();
      return;
    }
    switch (answer.kind) {
      case 'acquired':
        grip = answer.grip;
        return post({ type: 'lock-acquired', generation });
      case 'held': {
        const { hindrance, againMs } = answer;
        const again = againMs === undefined ? {} : { againMs };
        return post({ type: 'lock-refused', generation, hindrance, ...again });
      }
      case 'failed':
        return post({
          type: 'lock-failed',
          generation,
          failure: answer.failure,
          permanent: answer.permanent,
        });
      default:
        return unreachable(answer);
    }
  };

  /** A fault of our own must not leave the machine waiting for an answer for ever. */
  const unexpected = (error: unknown): { kind: 'failed'; failure: Failure; permanent: false } => ({
    kind: 'failed',
    failure: failure('internal', { detail: String(error) }, { cause: error }),
    permanent: false,
  });

  const abandonLock = (): void => {
    asking?.abort();
    void letGo();
    ports.locker.abandon(spec);
  };

  const letGo = (): Promise<void> | null => {
    const lock = grip;
    grip = null;
    return lock?.ended() ?? null;
  };

  const spawn = async (generation: number): Promise<void> => {
    const fail = async (why: Omit<SpawnFailed, 'type' | 'generation'>): Promise<void> => {
      const released = letGo();
      if (released !== null) await released;
      post({ type: 'spawn-failed', generation, ...why });
    };
    const turnMs = ports.turn(label);
    if (turnMs > 0) return fail({ failure: failure('start-rate', { ms: turnMs }), permanent: false, turnMs });
    const mark = ports.mark(label, generation);
    const launch = async () => ports.spawn(spawnOrder(spec, grip, mark, ports.descriptors(spec)));
    const result = await launch().catch((error: unknown) => ({
      ok: false as const,
      error: unexpected(error),
    }));
    if (!result.ok) return fail({ failure: result.error.failure, permanent: result.error.permanent });
    const child = result.value;
    ports.ledger.spawned({ instance: label, pid: child.pid, mark });
    grip?.spawned(child.pid, feedOf(spec, grip, child), (loss) =>
      post({ type: 'lock-lost', generation, loss }),
    );
    const begun = newRun(spec, child, ports.tree(child.pid, mark), ports, {
      ready: () => post({ type: 'became-ready', generation }),
      brokerLost: (trouble) => post({ type: 'broker-lost', generation, trouble }),
      brokerFound: () => post({ type: 'broker-found', generation }),
    });
    run = begun;
    if (paused) run.pause();
    post({ type: 'spawned', generation, pid: child.pid });
    void child.exited.then(async (exit) => {
      const refusal = begun.maybeRefused(exit) ? await begun.refusal() : null;
      grip?.exited();
      return post({ type: 'exited', generation, exit: explained(exit), refusal });
    });
  };

  /** A SIGKILL that is not ours may be the kernel's, for want of memory. */
  const explained = (exit: Exit): Exit => {
    const ours = machine.state.id === 'STOPPING';
    return exit.signal === 'SIGKILL' && !ours && ports.oomKilled() ? { ...exit, oom: true } : exit;
  };

  return {
    get spec() {
      return spec;
    },
    label,
    generation: ordinal,
    amend(next) {
      spec = next;
      machine = { ...machine, policy: policyOf(next, ports.locker.wants(next)) };
      const { state } = machine;
      if (state.id !== 'RUNNING') return;
      stopWatching();
      stopWatching = () => undefined;
      if (machine.policy.live) act({ do: 'watch-liveness', generation: state.generation, pid: state.pid });
    },
    deaths: deaths.all,
    measure: (stats) => run?.measure(stats),
    machine: () => machine,
    run: () => run,
    order: (type) => post({ type }),
    retire: (why, next) => post({ type: 'retired', why, next }),
    pause() {
      paused = true;
      run?.pause();
    },
    resume() {
      paused = false;
      run?.resume();
    },
    drained: async () => run?.drained(),
  };
}

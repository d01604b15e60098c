/** What orders, signals and faults do to a supervisor, and what its end amounts to. */
import { PROTOCOL, type PlanAnswer, type StatusAnswer } from '../control/protocol.ts';
import type { Vitality } from '../control/pages.ts';
import type { Control } from '../control/server.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { Exit } from '../model/process.ts';
import type { OnFatal, Plan, ProcessSpec } from '../model/spec.ts';
import { systemClock as clock } from '../os/clock.ts';
import { allStats } from '../os/proc.ts';
import { hasTerminal, leaveTerminal } from '../os/terminal.ts';
import type { Holding } from '../singleton/holder.ts';
import type { News } from '../supervisor/news.ts';
import { newSalt, seal } from '../supervisor/seal.ts';
import type { Slot } from '../supervisor/slot-face.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { SupervisorSignal } from './signals.ts';
import { statusRow } from './status.ts';
import type { LoopLag } from '../os/loop.ts';
import type { Chronicle } from './chronicle.ts';
import { newOrders } from './orders.ts';
import type { Output } from './output.ts';
import type { Revision } from './revision.ts';

export interface DirectorOptions {
  /** As it was read last. */
  plan(): Plan;
  /** These are all that the manifest has, and none was named. */
  readonly all: boolean;
  readonly version: string;
  /** Source code is looked after, so that what is FATAL is started again when it changes. */
  readonly watch: { readonly code: boolean } | null;
  /** False: where another process holds a lock it ends at once. */
  readonly wait: boolean;
  /** The lines that show a piece of news. */
  present(news: News): readonly string[];
  readonly chronicle: Pick<Chronicle, 'note' | 'stream'>;
  /** Hears every piece of news, with whoever reads the output. */
  hear(news: News): void;
  readonly output: Pick<Output, 'write' | 'reopen' | 'dropped'>;
  readonly lag: LoopLag;
  readonly revision: () => Revision;
  /** What monitors are told. */
  readonly vitality: Vitality;
  /** Where it listens for HTTP; null: nowhere. */
  readonly http: string | null;
  /** What is known of the lease that an instance holds. */
  holding(spec: ProcessSpec): Holding | null;
}

/** Why a supervisor ended. */
export type Ending =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'signalled'; readonly signal: SupervisorSignal }
  /** Of the only process of the set, or of one whose end is the end of all. */
  | { readonly kind: 'exited'; readonly exit: Exit }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Signals of one press of a key arrive within this. Milliseconds. */
const ECHO_MS = 250;

/** Takes the supervisor's orders: signals, requests, and the faults of its own. */
export interface Director {
  attach(supervisor: Supervisor): void;
  onSignal(signal: SupervisorSignal): void;
  tell(news: News): void;
  readonly control: Control;
  result(supervisor: Supervisor): Ending;
}

export function newDirector(options: DirectorOptions): Director {
  const startedAt = new Date(clock.wall()).toISOString();
  const startedOnTerminal = hasTerminal();
  let supervisor: Supervisor | null = null;
  let stopSignal: SupervisorSignal | null = null;
  let stopOrders = 0;
  let lastOrder = -Infinity;
  let refusal: Failure | null = null;
  let decisive: Slot | null = null;
  let degraded = false;
  const warnings = new Map<string, Failure>();
  /** A listener stays where it is until the end. */
  const doorAtStart = options.plan().http;

  const tell = (news: News): void => {
    if (news.type === 'failed') warnings.set(news.failure.code, news.failure);
    for (const line of options.present(news)) options.output.write(line);
    options.chronicle.note(news);
    options.hear(news);
    if (news.type !== 'changed') return;
    const { state } = news.machine;
    const slot = supervisor?.instances.find((one) => one.spec.instance === news.spec.instance) ?? null;
    // The end of a successor is not that of the process.
    const { id } = slot?.machine().state ?? state;
    if ((id === 'FATAL' || id === 'EXITED') && isDecisive(news.spec, id)) {
      decisive = slot;
      tell({ type: 'decided', instance: news.spec.instance, state: id });
      supervisor?.shutdown('stop');
    }
    if (options.wait || refusal !== null) return;
    if (state.id !== 'WAITING' || state.hindrance?.kind !== 'lock') return;
    refusal = failure('lock-held', { instance: news.spec.instance, holder: state.hindrance.holder });
    supervisor?.shutdown('stop');
  };

  /** The kernel ends all others with PID 1, so a container should end while it can say why. */
  const salt = newSalt();
  const revives = options.watch?.code === true;
  const onFatal = (): OnFatal =>
    options.plan().onFatal ?? (process.pid === 1 && !revives ? 'shutdown' : 'keep');
  const isDecisive = (spec: ProcessSpec, state: 'FATAL' | 'EXITED'): boolean =>
    supervisor?.stopping === false &&
    supervisor.instances.length > 1 &&
    (spec.significant || (state === 'FATAL' && onFatal() === 'shutdown'));

  const onFault = (error: unknown): void => {
    degraded = true;
    tell({ type: 'crashed', error });
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);

  const status = (): StatusAnswer => {
    const stats = allStats();
    return {
      protocol: PROTOCOL,
      supervisor: {
        pid: process.pid,
        version: options.version,
        manifest: options.plan().manifest,
        started_at: startedAt,
        degraded,
        stopping: supervisor?.stopping ?? false,
        warnings: [...warnings.values()].map(({ code, facts }) => ({ code, facts: { ...facts } })),
        log_lines_dropped: options.output.dropped(),
        http: options.http,
        loop_lag_ms: options.lag.read(),
      },
      processes: (supervisor?.instances ?? []).map((instance) =>
        statusRow(
          instance,
          clock,
          stats,
          options.output.dropped(instance.spec.instance),
          supervisor?.queuedFor(instance) ?? null,
          options.holding(instance.spec),
        ),
      ),
    };
  };

  /** npm and other wrappers pass on a Ctrl-C that the terminal has already sent: two at once are one. */
  const isEcho = (): boolean => {
    const now = clock.now();
    const echo = now - lastOrder < ECHO_MS;
    lastOrder = now;
    return echo;
  };

  const shutdown = (signal: SupervisorSignal, urgency: 'stop' | 'step' | 'kill'): void => {
    stopSignal ??= signal;
    stopOrders += 1;
    tell({ type: 'ordered', signal, order: urgency });
    supervisor?.shutdown(urgency);
  };

  const reread = (signal: SupervisorSignal): void => {
    tell({ type: 'ordered', signal, order: 'update' });
    options.revision().update(false).catch(onFault);
  };

  return {
    attach(given) {
      supervisor = given;
    },
    tell,
    onSignal(signal) {
      switch (signal) {
        case 'SIGTERM':
        case 'SIGINT':
          if (isEcho()) return undefined;
          return shutdown(signal, (['stop', 'step', 'kill'] as const)[stopOrders] ?? 'kill');
        case 'SIGQUIT':
          return shutdown(signal, 'kill');
        case 'SIGHUP':
          // With the terminal gone the one who started it is gone too; sent by hand it means to read the manifest.
          if (!startedOnTerminal || hasTerminal()) return reread(signal);
          leaveTerminal();
          return shutdown(signal, 'stop');
        case 'SIGUSR1':
          return void options.output.reopen().then((any) => tell({ type: 'reopened', any }));
        case 'SIGUSR2':
          return tell({ type: 'dump', state: status() });
        default:
          return signal satisfies never;
      }
    },
    control: {
      ...newOrders(() => supervisor, options.revision, tell),
      status,
      stream: options.chronicle.stream,
      vitality: options.vitality,
      plan: () => sealedPlan(options.plan(), doorAtStart, supervisor?.wanted() ?? [], options.all, salt),
    },
    result(given) {
      process.off('uncaughtException', onFault);
      process.off('unhandledRejection', onFault);
      if (refusal !== null) return { kind: 'failed', failure: refusal };
      if (stopSignal !== null) return { kind: 'signalled', signal: stopSignal };
      return decisive === null ? endedByItself(given) : endOf(decisive);
    },
  };
}

function sealedPlan(
  plan: Plan,
  http: Plan['http'],
  specs: readonly ProcessSpec[],
  all: boolean,
  salt: string,
): PlanAnswer {
  const { manifest, onFatal, startRate } = plan;
  const processes = specs.map((spec) => {
    const sealed = seal(spec, salt);
    return { spec: { ...sealed.spec }, digests: { ...sealed.digests } };
  });
  return {
    protocol: PROTOCOL,
    plan: {
      manifest,
      all,
      onFatal,
      startRate,
      http: http && { ...http, hosts: [...http.hosts] },
      salt,
      processes,
    },
  };
}

const isOverForGood = (instance: Slot): boolean => ['FATAL', 'EXITED'].includes(instance.machine().state.id);

/** Of one that ended for good: why it could not run, or how it exited. */
function endOf(instance: Slot): Ending {
  const { state, exit } = instance.machine();
  if (state.id === 'FATAL' && state.cause.kind === 'failure')
    return { kind: 'failed', failure: state.cause.failure };
  return { kind: 'exited', exit: exit ?? { code: 1, signal: null } };
}

function endedByItself(supervisor: Supervisor): Ending {
  const { instances, stopping } = supervisor;
  const states = instances.map((instance) => instance.machine().state);
  if (stopping || states.every((state) => state.id === 'STOPPED')) return { kind: 'stopped' };
  const [only] = instances;
  if (instances.length === 1 && only !== undefined && isOverForGood(only)) return endOf(only);
  const fatal = instances.find((instance) => instance.machine().state.id === 'FATAL');
  const bad = instances.some((instance) => instance.machine().exit?.code !== 0);
  if (fatal === undefined && !bad) return { kind: 'stopped' };
  return {
    kind: 'failed',
    failure: failure('processes-ended', { names: instances.map((one) => one.spec.instance) }),
  };
}

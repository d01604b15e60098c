/** The composition root: wires the rooms into one running supervisor. It alone picks real clocks, probes and locks. */
import type { GuardedDoor } from '../control/http-guard.ts';
import { manifestId } from '../control/protocol.ts';
import type { EventBody } from '../control/records.ts';
import type { Cancel } from '../model/clock.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { bootMs } from '../os/boot-clock.ts';
import { httpAddressText } from '../model/http-door.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { systemClock as clock } from '../os/clock.ts';
import { inheritedSockets, type ServiceManager } from '../os/activation.ts';
import { watchLoopLag } from '../os/loop.ts';
import { newNotifier } from '../os/notify.ts';
import { newOomWatch, type OomWatch } from '../os/oom.ts';
import { giveBackPipes, openOutlet } from '../os/outlet.ts';
import { parentDeathPrefix } from '../os/parent-death.ts';
import { allStats } from '../os/proc.ts';
import { startReaper } from '../os/reaper.ts';
import { runHelper } from '../os/run.ts';
import { markId, openRuntimeFolder, socketPath } from '../os/runtime.ts';
import { newKeys } from '../singleton/key.ts';
import { newLockers } from '../singleton/lockers.ts';
import type { News } from '../supervisor/news.ts';
import { newSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { claimNames } from './claim.ts';
import { newChronicle } from './chronicle.ts';
import { openDoor } from './door.ts';
import { newFarewell } from './farewell.ts';
import { newDirector, type Director, type DirectorOptions, type Ending } from './director.ts';
import { newLedger } from './ledger.ts';
import { newMonitor, type Monitor } from './monitor.ts';
import { listenerFor, nextRunFor, watchFor } from './on-demand.ts';
import { newOutput } from './output.ts';
import { newPorts } from './ports.ts';
import { findPrevious } from './previous.ts';
import { newRevision, type RevisionPorts } from './revision.ts';
import { listen } from './signals.ts';
import { newSockets, type Sockets } from './sockets.ts';
import { newService, type Service, type ServiceView } from './systemd.ts';
import type { WatchOptions } from './watch.ts';

export interface DaemonOptions
  extends
    Omit<
      DirectorOptions,
      'chronicle' | 'output' | 'lag' | 'holding' | 'plan' | 'revision' | 'hear' | 'vitality' | 'http'
    >,
    Pick<RevisionPorts, 'reread' | 'choose'> {
  readonly plan: Plan;
  readonly specs: readonly ProcessSpec[];
  /** Where it listens for HTTP, with the token itself; null: nowhere. */
  readonly door: GuardedDoor | null;
  /** The line for lines that were dropped. */
  lost(count: number, to: 'stdout' | 'file'): string;
  /** The event that a piece of news is; null where it is none. */
  eventOf(news: News): EventBody | null;
  /** Who started us and wants to be told how we are; null: nobody. */
  readonly manager: ServiceManager | null;
  /** One line for it. */
  readonly summary: (view: ServiceView) => string;
  /** What is looked after while it runs; null: no file is. */
  readonly watch: WatchOptions | null;
}

/** How long what is queued for a slow reader may take at the end. Milliseconds. */
const FLUSH_MS = 2000;

/** Runs the supervisor until everything has ended. An error before anything was started is the result's. */
export async function runDaemon(options: DaemonOptions): Promise<Result<Ending>> {
  if (process.platform !== 'linux') {
    return { ok: false, error: failure('platform-unsupported', { platform: process.platform }) };
  }
  const { specs } = options;
  let { plan } = options;
  let nextRun = await nextRunFor(specs);
  const folder = openRuntimeFolder();
  if (!folder.ok) return folder;
  const socket = socketPath(folder.value, manifestId(plan.manifest), process.pid);
  if (!socket.ok) return socket;
  const names = specs.map((spec) => spec.name);
  const claim = await claimNames(folder.value, plan.manifest, names, clock);
  if (!claim.ok) return claim;
  const listener = await listenerFor(options.door);
  if (!listener.ok) {
    claim.value.release();
    return listener;
  }

  const through = parentDeathPrefix();
  const ledgerId = markId(folder.value, plan.manifest);
  const previous = findPrevious(folder.value, ledgerId, specs, clock);

  giveBackPipes();
  const chronicle = newChronicle(clock, (news) => options.eventOf(news));
  const output = newOutput({
    ...options,
    keep: (spec, stream, pieces) => chronicle.keep(spec, stream, pieces),
    stdout: openOutlet(1, clock),
    clock,
    tell: (news) => director.tell(news),
  });
  const lag = watchLoopLag();
  const lockers = newLockers(plan.manifest, newKeys(runHelper), clock, bootMs);
  const monitor = newMonitor({ clock, status: () => director.control.status() });
  const director: Director = newDirector({
    ...options,
    plan: () => plan,
    revision: () => revision,
    chronicle,
    output,
    lag,
    vitality: monitor,
    http: options.door === null ? null : httpAddressText(options.door),
    holding: (spec) => lockers.holding(spec),
    hear(news) {
      monitor.heard(news);
      service?.heard(news);
      watch?.heard(news);
    },
  });
  const problem = (found: Failure): void => director.tell({ type: 'failed', failure: found });
  const service = serviceFor(options, problem);
  const watch = await watchFor(options.watch, {
    clock,
    supervisor: () => supervisor,
    revision: () => revision,
    tell: (news) => director.tell(news),
  });
  const removeListeners = listen((signal) => director.onSignal(signal));
  const reaper = startReaper();
  const oom = newOomWatch(clock);
  const sockets = newSockets(inheritedSockets(), problem);
  const supervisor = newSupervisor(
    specs,
    newPorts({
      plan,
      through,
      previous,
      locker: lockers,
      ledger: newLedger(folder.value, ledgerId),
      sockets,
      mark: (instance, generation) => `${ledgerId}/${instance}:${generation}:${process.pid}`,
      adopts: reaper.adopts,
      oom,
      nextRun: (...asked) => nextRun(...asked),
      output,
      tell: (news) => director.tell(news),
    }),
    options.watch?.code === true,
  );
  output.attach(() => supervisor.instances);
  const plain = newRevision({
    reread: options.reread,
    choose: options.choose,
    supervisor: () => supervisor,
    tell: (news) => director.tell(news),
    reading: () => service?.reloading() ?? (() => undefined),
    async prepare(next, target, added) {
      const held = await sockets.hold(target);
      if (!held.ok) return held;
      const claimed = await claim.value.add(added.map((spec) => spec.name));
      if (!claimed.ok) return claimed;
      const known = new Set(supervisor.wanted().map((spec) => spec.name));
      previous.add(added.filter(({ name }) => !known.has(name)));
      nextRun = await nextRunFor(target);
      output.arrange(target);
      plan = next;
      return claimed;
    },
  });
  const revision = watch?.around(plain) ?? plain;
  director.attach(supervisor);
  director.tell({
    type: 'begun',
    manifest: plan.manifest,
    pid: process.pid,
    instances: specs.map((spec) => spec.instance),
  });
  if (reaper.problem !== null) director.tell({ type: 'failed', failure: reaper.problem });

  if (through === null) director.tell({ type: 'failed', failure: failure('parent-death-missing', {}) });

  const farewell = newFarewell(director.control, clock);
  const door = await openDoor(socket.value, farewell.control, claim.value, clock, problem);
  if (!door.ok) {
    listener.value?.close();
    return door;
  }
  if (listener.value !== null && options.door !== null) {
    listener.value.serve(farewell.control);
    const { token } = options.door;
    director.tell({ type: 'listening', address: httpAddressText(options.door), token: token !== null });
  }
  await output.opened();
  // All that is left is ended at one time, whoever waits for it.
  const ended = previous.ended();
  const held = await holdFirst(sockets, specs, ended);
  if (!held.ok) {
    door.value.close();
    listener.value?.close();
    return held;
  }
  supervisor.start();
  service?.begun(supervisor);
  monitor.begun(supervisor);
  const stopLooking = lookAround(supervisor, oom, monitor, service, sockets);
  watch?.begin().catch((error: unknown) => director.tell({ type: 'crashed', error }));
  await supervisor.ended;
  stopLooking();
  sockets.close();
  watch?.close();
  await ended;
  await reaper.endOrphans(clock);
  lockers.close();

  director.tell({ type: 'over' });
  await service?.close();
  await farewell.taken();
  door.value.close();
  await Promise.all([output.close(FLUSH_MS), chronicle.close()]);
  listener.value?.close();
  lag.stop();
  removeListeners();
  reaper.stop();
  claim.value.release();
  return { ok: true, value: director.result(supervisor) };
}

/** How often memory is looked at. Milliseconds. */
const LOOK_MS = 2000;

/** What a supervisor before this one has left may still have our addresses. */
async function holdFirst(
  sockets: Sockets,
  specs: readonly ProcessSpec[],
  ended: Promise<void>,
): Promise<Result<null>> {
  const held = await sockets.hold(specs);
  if (held.ok || held.error.code !== 'socket-in-use') return held;
  await ended;
  return sockets.hold(specs);
}

/**
 * Looks at all processes and the memory of all trees now and then, and for sockets that nobody uses; the returned
 * function ends it. The service manager hears from here that we live: where this goes on, so does supervision.
 */
function lookAround(
  supervisor: Supervisor,
  oom: OomWatch,
  monitor: Monitor,
  service: Service | null,
  sockets: Sockets,
): Cancel {
  const periodMs = Math.min(LOOK_MS, service?.periodMs ?? LOOK_MS);
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    oom.look();
    const stats = allStats();
    supervisor.measure(stats);
    monitor.look(stats);
    service?.look(stats);
    const used = supervisor.instances.flatMap((slot) => slot.all().map(({ spec }) => spec));
    sockets.keep([...supervisor.wanted(), ...used]);
    cancel = clock.after(periodMs, look);
  };
  look();
  return () => cancel();
}

function serviceFor({ manager, summary }: DaemonOptions, problem: (found: Failure) => void): Service | null {
  if (manager === null) return null;
  const untold = (detail: string): void =>
    problem(failure('manager-untold', { socket: manager.socket, detail }));
  const notifier = newNotifier(manager.socket, clock, untold);
  return newService({ manager, notifier, clock, summary, problem });
}

/** The composition root: wires the rooms into one running supervisor. It alone picks real clocks, probes and locks. */
import { manifestId } from '../control/protocol.ts';
import { watchLiveness } from '../health/liveness.ts';
import type { Probes, Subject } from '../health/probe.ts';
import { watchReadiness } from '../health/readiness.ts';
import { newSink } from '../logs/sink.ts';
import type { Cancel } from '../model/clock.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { systemClock as clock } from '../os/clock.ts';
import { writtenAt } from '../os/files.ts';
import { httpStatus } from '../os/http.ts';
import { listeningAddresses, refusal } from '../os/listen.ts';
import { newOomWatch, type OomWatch } from '../os/oom.ts';
import { giveBackPipes, openOutlet } from '../os/outlet.ts';
import { parentDeathPrefix } from '../os/parent-death.ts';
import { runProbe } from '../os/probe.ts';
import { allStats, isAlive } from '../os/proc.ts';
import { startReaper } from '../os/reaper.ts';
import { runHelper } from '../os/run.ts';
import { markId, openRuntimeFolder, socketPath } from '../os/runtime.ts';
import { spawnChild } from '../os/spawn.ts';
import { newTree } from '../os/tree.ts';
import { newFileLocker } from '../singleton/file.ts';
import { newTargetGate } from '../supervisor/gates.ts';
import type { Ports } from '../supervisor/instance.ts';
import type { News } from '../supervisor/news.ts';
import type { Run } from '../supervisor/run.ts';
import { newSpawnRate } from '../supervisor/spawn-rate.ts';
import { newSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { claimNames } from './claim.ts';
import { openDoor } from './door.ts';
import { newDirector, type DirectorOptions, type Ending } from './director.ts';
import { newLedger, type Ledger } from './ledger.ts';
import { findPrevious, type Previous } from './previous.ts';
import { listen } from './signals.ts';

export interface DaemonOptions extends Omit<DirectorOptions, 'write' | 'dropped'> {
  /** The line for lines that nobody read in time. */
  lost(count: number): string;
}

/** How long what is queued for a slow reader may take at the end. Milliseconds. */
const FLUSH_MS = 2000;

/** Runs the supervisor until everything has ended. An error before anything was started is the result's. */
export async function runDaemon(options: DaemonOptions): Promise<Result<Ending>> {
  if (process.platform !== 'linux') {
    return { ok: false, error: failure('platform-unsupported', { platform: process.platform }) };
  }
  const { plan, specs } = options;
  const folder = openRuntimeFolder();
  if (!folder.ok) return folder;
  const socket = socketPath(folder.value, manifestId(plan.manifest), process.pid);
  if (!socket.ok) return socket;
  const names = specs.map((spec) => spec.name);
  const claim = await claimNames(folder.value, plan.manifest, names, clock);
  if (!claim.ok) return claim;

  const through = parentDeathPrefix();
  const ledgerId = markId(folder.value, plan.manifest);
  const previous = findPrevious(folder.value, ledgerId, specs, clock);

  giveBackPipes();
  const sink = newSink(openOutlet(1, clock), clock, (count) => `${options.lost(count)}\n`);
  const director = newDirector({
    ...options,
    write: (line) => sink.write(`${line}\n`),
    dropped: () => sink.dropped(),
  });
  const removeListeners = listen((signal) => director.onSignal(signal));
  const reaper = startReaper();
  const oom = newOomWatch(clock);
  const supervisor = newSupervisor(
    specs,
    ports({
      plan,
      through,
      previous,
      ledger: newLedger(folder.value, ledgerId),
      mark: (instance, generation) => `${ledgerId}/${instance}:${generation}:${process.pid}`,
      adopts: reaper.adopts,
      oom,
      tell: (news) => director.tell(news),
    }),
  );
  sink.onPressure(
    () => supervisor.pauseOutput(),
    () => supervisor.resumeOutput(),
  );
  director.attach(supervisor);
  director.tell({
    type: 'begun',
    manifest: plan.manifest,
    pid: process.pid,
    instances: specs.map((spec) => spec.instance),
  });
  if (reaper.problem !== null) director.tell({ type: 'failed', failure: reaper.problem });

  if (through === null) director.tell({ type: 'failed', failure: failure('parent-death-missing', {}) });

  const problem = (found: Failure): void => director.tell({ type: 'failed', failure: found });
  const door = await openDoor(socket.value, director.control, claim.value, clock, problem);
  if (!door.ok) return door;
  // All that is left is ended at one time, whoever waits for it.
  const ended = previous.ended();
  supervisor.start();
  const stopLooking = lookAround(supervisor, oom);
  await supervisor.ended;
  stopLooking();
  await ended;
  await reaper.endOrphans(clock);

  director.tell({ type: 'over' });
  door.value.close();
  await sink.close(FLUSH_MS);
  removeListeners();
  reaper.stop();
  claim.value.release();
  return { ok: true, value: director.result(supervisor) };
}

/** How often memory is looked at. Milliseconds. */
const LOOK_MS = 2000;

/** Looks at the memory of all trees now and then; the returned function ends it. */
function lookAround(supervisor: Supervisor, oom: OomWatch): Cancel {
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    oom.look();
    supervisor.measure(allStats());
    cancel = clock.after(LOOK_MS, look);
  };
  look();
  return () => cancel();
}

const probes: Probes = {
  isAlive,
  listeningAddresses,
  refusal,
  get: httpStatus,
  writtenAt,
  wall: () => clock.wall(),
};

/** More than this, and twice its processes, a fleet may start at once. */
const BURST = 20;

interface Wiring {
  readonly plan: Plan;
  readonly through: readonly string[] | null;
  readonly previous: Previous;
  readonly ledger: Ledger;
  readonly mark: (instance: string, generation: number) => string;
  readonly adopts: boolean;
  readonly oom: OomWatch;
  readonly tell: (news: News) => void;
}

const ports = ({ plan, through, previous, ledger, mark, adopts, oom, tell }: Wiring): Ports => {
  const burst = Math.max(BURST, plan.startRate, 2 * plan.processes.length);
  const rate = newSpawnRate(plan.startRate, burst, clock);
  const subject = (spec: ProcessSpec, run: Run): Subject => ({
    pid: run.pid,
    startedAt: Date.parse(run.startedAt),
    members: () => run.tree.members(),
    run: (argv, timeoutMs) => runProbe({ ...spec, argv, through: through ?? [] }, timeoutMs),
  });
  const fileLocker = newFileLocker(plan.manifest, runHelper, () => clock.wall());
  return {
    clock,
    chance: Math.random,
    spawn: (order) => spawnChild(through === null ? order : { ...order, through }),
    mark,
    ledger,
    tree: (pid, text) => newTree(pid, clock, adopts ? 'own' : 'unknown', text),
    watchReadiness: (spec, run, ready) =>
      watchReadiness(spec.readiness, spec.readinessTiming, subject(spec, run), probes, clock, ready),
    watchLiveness: (spec, run, silent) =>
      spec.liveness === null
        ? () => undefined
        : watchLiveness(spec.liveness, subject(spec, run), probes, clock, silent),
    turn: (instance) => rate.turn(instance),
    oomKilled: () => oom.recent(),
    locker: previous.before(newTargetGate(fileLocker, probes, clock)),
    tell,
  };
};

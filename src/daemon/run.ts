/** The composition root: wires the rooms into one running supervisor. It alone picks real clocks, probes and locks. */
import type { Server } from 'node:http';
import { manifestId } from '../control/protocol.ts';
import { serveControl } from '../control/server.ts';
import { watchReadiness, type Probes } from '../health/readiness.ts';
import { newSink } from '../logs/sink.ts';
import { failure, type Result } from '../model/failure.ts';
import type { Plan } from '../model/spec.ts';
import { systemClock as clock } from '../os/clock.ts';
import { removeFile } from '../os/files.ts';
import { httpStatus } from '../os/http.ts';
import { accepts, listeningAddresses } from '../os/listen.ts';
import { openOutlet } from '../os/outlet.ts';
import { parentDeathPrefix } from '../os/parent-death.ts';
import { isAlive } from '../os/proc.ts';
import { startReaper } from '../os/reaper.ts';
import { runHelper } from '../os/run.ts';
import { markId, openRuntimeFolder, socketPath } from '../os/runtime.ts';
import { spawnChild } from '../os/spawn.ts';
import { newTree } from '../os/tree.ts';
import { newFileLocker } from '../singleton/file.ts';
import type { Ports } from '../supervisor/instance.ts';
import type { News } from '../supervisor/news.ts';
import { newSupervisor } from '../supervisor/supervisor.ts';
import { claimNames } from './claim.ts';
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

  const sink = newSink(openOutlet(1, clock), clock, (count) => `${options.lost(count)}\n`);
  const director = newDirector({
    ...options,
    write: (line) => sink.write(`${line}\n`),
    dropped: () => sink.dropped(),
  });
  const removeListeners = listen((signal) => director.onSignal(signal));
  const reaper = startReaper();
  const supervisor = newSupervisor(
    specs,
    ports({
      plan,
      through,
      previous,
      ledger: newLedger(folder.value, ledgerId),
      mark: (instance, generation) => `${ledgerId}/${instance}:${generation}:${process.pid}`,
      adopts: reaper.adopts,
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

  removeFile(socket.value);
  let server: Server;
  try {
    server = await serveControl(socket.value, director.control);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      error: failure('runtime-folder', { path: socket.value, detail: code ?? message }, { cause: error }),
    };
  }
  supervisor.start();
  await supervisor.ended;
  await previous.ended();

  director.tell({ type: 'over' });
  server.close();
  removeFile(socket.value);
  await sink.close(FLUSH_MS);
  removeListeners();
  reaper.stop();
  claim.value.release();
  return { ok: true, value: director.result(supervisor) };
}

const probes: Probes = { isAlive, listeningAddresses, accepts, get: httpStatus };

interface Wiring {
  readonly plan: Plan;
  readonly through: readonly string[] | null;
  readonly previous: Previous;
  readonly ledger: Ledger;
  readonly mark: (instance: string, generation: number) => string;
  readonly adopts: boolean;
  readonly tell: (news: News) => void;
}

const ports = ({ plan, through, previous, ledger, mark, adopts, tell }: Wiring): Ports => ({
  clock,
  chance: Math.random,
  spawn: (order) => spawnChild(through === null ? order : { ...order, through }),
  mark,
  ledger,
  tree: (pid, text) => newTree(pid, clock, adopts ? 'own' : 'unknown', text),
  watchReadiness: (readiness, pid, ready) => watchReadiness(readiness, pid, probes, clock, ready),
  locker: previous.before(newFileLocker(plan.manifest, runHelper, () => clock.wall())),
  tell,
});

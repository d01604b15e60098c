/** What instances need from the world, wired to the real one. */
import { complaintOf, watchVitals, type Complaint } from '../health/link-liveness.ts';
import { watchLiveness } from '../health/liveness.ts';
import type { Probes, Subject } from '../health/probe.ts';
import { watchReadiness } from '../health/readiness.ts';
import { newTurns } from '../logs/turns.ts';
import type { Cancel } from '../model/clock.ts';
import type { ProbeTrouble } from '../model/process.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { awaitedSockets } from '../os/awaited.ts';
import { brokerAnswers } from '../os/broker.ts';
import { systemClock as clock } from '../os/clock.ts';
import { descriptorShortage } from '../os/descriptors.ts';
import { writtenAt } from '../os/files.ts';
import { httpStatus } from '../os/http.ts';
import { listeningAddresses, refusal } from '../os/listen.ts';
import type { OomWatch } from '../os/oom.ts';
import { readPss } from '../os/memory.ts';
import { runProbe } from '../os/probe.ts';
import { isAlive, readResident } from '../os/proc.ts';
import { spawnChild } from '../os/spawn.ts';
import { newTree } from '../os/tree.ts';
import type { Locker } from '../singleton/holder.ts';
import { newTargetGate } from '../supervisor/gates.ts';
import type { Ports } from '../supervisor/instance.ts';
import type { News } from '../supervisor/news.ts';
import type { NextRun } from '../supervisor/recycling.ts';
import type { Run } from '../supervisor/run.ts';
import { newSpawnRate } from '../supervisor/spawn-rate.ts';
import type { Ledger } from './ledger.ts';
import type { Output } from './output.ts';
import type { Previous } from './previous.ts';
import type { Sockets } from './sockets.ts';

const probes: Probes = {
  isAlive,
  awaited: awaitedSockets,
  listeningAddresses,
  refusal,
  get: httpStatus,
  writtenAt,
  wall: () => clock.wall(),
  isShort: () => descriptorShortage() !== null,
};

/** More than this, and twice its processes, a fleet may start at once. */
const BURST = 20;

export interface Wiring {
  readonly plan: Plan;
  readonly through: readonly string[] | null;
  readonly previous: Previous;
  readonly locker: Locker;
  readonly ledger: Ledger;
  readonly sockets: Sockets;
  readonly mark: (instance: string, generation: number) => string;
  readonly adopts: boolean;
  readonly oom: OomWatch;
  readonly nextRun: NextRun;
  readonly output: Output;
  readonly tell: (news: News) => void;
}

export const newPorts = ({
  plan,
  through,
  previous,
  locker,
  ledger,
  sockets,
  mark,
  adopts,
  oom,
  nextRun,
  output,
  tell,
}: Wiring): Ports => {
  const burst = Math.max(BURST, plan.startRate, 2 * plan.processes.length);
  const rate = newSpawnRate(plan.startRate, burst, clock);
  const subject = (spec: ProcessSpec, run: Run): Subject => ({
    pid: run.pid,
    startedAt: Date.parse(run.startedAt),
    sockets: sockets.inodes(spec),
    members: () => run.tree.members(),
    run: (argv, timeoutMs) => runProbe({ ...spec, argv, through: through ?? [] }, timeoutMs),
  });
  return {
    clock,
    chance: Math.random,
    turns: newTurns(clock),
    spawn: (order) => spawnChild(through === null ? order : { ...order, through }),
    descriptors: (spec) => sockets.descriptors(spec),
    mark,
    ledger,
    tree: (pid, text) => newTree(pid, clock, adopts ? 'own' : 'unknown', text),
    watchReadiness: (spec, run, ready) =>
      watchReadiness(spec.readiness, spec.readinessTiming, subject(spec, run), probes, clock, ready),
    watchLiveness(spec, run, silent) {
      const { liveness, linkLiveness } = spec;
      const watches: Cancel[] = [];
      const once = (trouble: ProbeTrouble): void => {
        for (const cancel of watches) cancel();
        silent(trouble);
      };
      if (liveness !== null) watches.push(watchLiveness(liveness, subject(spec, run), probes, clock, once));
      if (linkLiveness !== null) {
        const complain = (complaint: Complaint): void => {
          const mainBytes = readResident(run.pid)?.now ?? null;
          tell({ type: 'failed', failure: complaintOf(complaint, spec, linkLiveness, mainBytes) });
        };
        watches.push(watchVitals(linkLiveness, run, brokerAnswers, clock, { silent: once, complain }));
      }
      return () => watches.forEach((cancel) => cancel());
    },
    turn: (instance) => rate.turn(instance),
    oomKilled: () => oom.recent(),
    locker: previous.before(newTargetGate(locker, probes, clock)),
    pss: readPss,
    nextRun,
    tell,
    pass: (spec, stream, pieces) => output.pass(spec, stream, pieces),
  };
};

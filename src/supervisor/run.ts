/** One life of a process: its tree, its output cut into lines, and what it reports over the link. */
import { beatVitals, newLinkReader, troubleOf, workerVitals, type Report } from '../health/link.ts';
import { textOf } from '../logs/framer.ts';
import { newReader } from '../logs/reader.ts';
import type { Turns } from '../logs/turns.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { Piece, StreamName } from '../model/line.ts';
import type { BrokerTrouble, Exit } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { doneOf, tasksDone, type Vitals } from '../model/vitals.ts';
import { maybeRefusal, refusalOf } from '../os/identity.ts';
import type { Child } from '../os/spawn.ts';
import type { ProcessStat } from '../os/proc.ts';
import type { Tree } from '../os/tree.ts';
import { newGauge, type Gauge } from './gauge.ts';
import { newGrowth, type GrowthSample } from './growth.ts';
import type { News } from './news.ts';
import { newRate } from './rate.ts';

/** How much of its stderr is kept for the one who asks why it failed. Lines. */
const TAIL_LINES = 20;
/** How much of each of them. Characters. */
const TAIL_WIDTH = 500;
/** How long after the exit output is still waited for: somebody else may hold the pipe open. Milliseconds. */
const DRAIN_MS = 1000;
/** A link that has not said hello by now will not. Milliseconds. */
const LINK_SILENT_MS = 30_000;
/** Between two samples of its memory, at first: looks come no more often. Milliseconds. */
const SAMPLE_MS = 2000;

export interface Run extends Omit<Gauge, 'measure'> {
  readonly pid: number;
  readonly tree: Tree;
  /** ISO 8601 */
  readonly startedAt: string;
  uptimeMs(): number;
  measure(stats: readonly ProcessStat[]): void;
  /** The last lines of its stderr, or of its stdout where it said nothing else. */
  tail(): readonly string[];
  versions(): Readonly<Record<string, string | null>> | null;
  /** What it last said of its work; null where it has said nothing. */
  vitals(): Vitals | null;
  /** The broker that it last spoke of; null: of none yet. */
  broker(): { readonly url: string; readonly lost: boolean } | null;
  /** The pool that its worker has in fact; null where it has not said. */
  pool(): string | null;
  /** How its memory went since its start. */
  growth(): readonly GrowthSample[];
  /** Tasks of the application that its worker knows; null where it has not said. */
  registered(): number | null;
  /** Whether it has begun to stop, whoever asked it to. */
  stopping(): boolean;
  /** Tasks that it runs, as it said last; null where it has not said so. */
  activeTasks(): number | null;
  /** Tasks that are done a second, of late; null where that is not known. */
  tasksPerSecond(): number | null;
  /** Stops and resumes reading its output: it then waits in its own write. */
  pause(): void;
  resume(): void;
  drained(): Promise<void>;
  /** Whether its end may be that of setpriv or prlimit, which stood before the program. */
  maybeRefused(exit: Exit): boolean;
  /** What those said, when all output has arrived; null where it was the program that ended. */
  refusal(): Promise<Failure | null>;
}

export interface RunEvents {
  ready(): void;
  brokerLost(trouble: BrokerTrouble): void;
  brokerFound(): void;
}

export interface RunPorts {
  readonly clock: Clock;
  readonly turns: Turns;
  tell(news: News): void;
  /** What it said; the bytes are for use at once. */
  pass(spec: ProcessSpec, stream: StreamName, pieces: readonly Piece[]): void;
}

export function newRun(spec: ProcessSpec, child: Child, tree: Tree, ports: RunPorts, events: RunEvents): Run {
  const { clock } = ports;
  const started = clock.now();
  const tails: Record<StreamName, string[]> = { stdout: [], stderr: [] };
  let versions: Readonly<Record<string, string | null>> | null = null;
  let vitals: Vitals | null = null;
  /** Tasks that still run while it stops. */
  let draining: number | null = null;
  let broker: { readonly url: string; readonly lost: boolean } | null = null;
  let pool: string | null = null;
  let stopping = false;
  let endedMs: number | null = null;
  let registered: number | null = null;
  const gauge = newGauge(tree, started);
  const growth = newGrowth(SAMPLE_MS);
  const rate = newRate();
  /** The first line of its stderr: there setpriv and prlimit tell of themselves. */
  let first: string | null = null;

  const pass = (stream: StreamName, pieces: readonly Piece[]): void => {
    const tail = tails[stream];
    if (stream === 'stderr' && pieces[0] !== undefined) first ??= shortened(pieces[0]);
    for (const piece of pieces.slice(-TAIL_LINES)) {
      tail.push(shortened(piece));
      if (tail.length > TAIL_LINES) tail.shift();
    }
    ports.pass(spec, stream, pieces);
  };
  const readers = (['stdout', 'stderr'] as const).map((stream) =>
    newReader(child[stream], ports.turns, (pieces) => pass(stream, pieces)),
  );

  const hear = (report: Report): void => {
    cancelSilence();
    if (report.event === 'broker-lost' || report.event === 'broker-found')
      broker = { url: report.url, lost: report.event === 'broker-lost' };
    if (report.event === 'ready') {
      pool = report.pool ?? null;
      registered = report.tasks ?? null;
    }
    if (report.event === 'stopping') stopping = true;
    if (report.event === 'init') versions = report.versions;
    else if (report.event === 'ready' && spec.readiness.kind === 'link') events.ready();
    else if (report.event === 'broker-lost') events.brokerLost(troubleOf(report));
    else if (report.event === 'broker-found') events.brokerFound();
    else if (report.event === 'draining') draining = report.active;
    else if (report.event === 'tick') {
      const now = workerVitals(report, clock.now());
      vitals = now;
      rate.add(now.heardAt, tasksDone(now.counts));
    } else if (report.event === 'beat-tick') vitals = beatVitals(report, clock.now());
  };
  let cancelSilence: Cancel = () => undefined;
  const link = spec.link ? child.pipes[0] : undefined;
  if (link !== undefined) {
    // The link says hello before the application is imported. Where it cannot, the user's worker is not to suffer.
    cancelSilence = clock.after(LINK_SILENT_MS, () => {
      const facts = { instance: spec.instance, ms: LINK_SILENT_MS };
      ports.tell({ type: 'failed', failure: failure('link-silent', facts) });
      if (spec.readiness.kind === 'link') events.ready();
    });
    const reader = newLinkReader();
    link.on('data', (chunk: Buffer) => reader.push(chunk).forEach(hear));
    link.on('error', () => link.destroy());
  }

  const drain = async (): Promise<void> => {
    await child.exited;
    endedMs = clock.now() - started;
    cancelSilence();
    // What it wrote last is wanted even while a slow reader has us paused: the sink drops and counts if it must.
    for (const reader of readers) reader.release();
    let cancel: Cancel = () => undefined;
    const bound = new Promise<void>((done) => (cancel = clock.after(DRAIN_MS, done)));
    await Promise.race([child.drained, bound]);
    cancel();
    for (const pipe of child.pipes) pipe.destroy();
    await Promise.all(readers.map(async (reader) => reader.close()));
  };
  const drained = drain();

  return {
    pid: child.pid,
    tree,
    startedAt: new Date(clock.wall()).toISOString(),
    uptimeMs: () => endedMs ?? clock.now() - started,
    measure(stats) {
      if (endedMs !== null) return;
      const now = clock.now();
      gauge.measure(stats, now);
      const seen = gauge.footprint();
      if (seen === null) return;
      const { treeBytes: rssBytes, pids } = seen;
      growth.add({ ageMs: now - started, rssBytes, processes: pids.length, tasks: doneOf(vitals) });
    },
    footprint: gauge.footprint,
    peakBytes: gauge.peakBytes,
    cpuPercent: gauge.cpuPercent,
    cpuSeconds: gauge.cpuSeconds,
    tail: () => (tails.stderr.length > 0 ? tails.stderr : tails.stdout),
    versions: () => versions,
    vitals: () => vitals,
    broker: () => broker,
    pool: () => pool,
    growth: growth.samples,
    registered: () => registered,
    stopping: () => stopping,
    activeTasks: () => draining ?? (vitals?.kind === 'worker' ? vitals.active : null),
    tasksPerSecond: () => rate.perSecond(clock.now()),
    pause() {
      for (const reader of readers) reader.pause();
    },
    resume() {
      for (const reader of readers) reader.resume();
    },
    drained: () => drained,
    maybeRefused: ({ code }) => maybeRefusal(child.through, code, clock.now() - started),
    async refusal() {
      await drained;
      return first === null ? null : refusalOf(spec.argv[0], first);
    },
  };
}

/** Of the bytes first: a slice of a long text would keep all of it. */
function shortened(piece: Piece): string {
  const text = textOf({ ...piece, bytes: piece.bytes.subarray(0, TAIL_WIDTH * 4) });
  return text.length > TAIL_WIDTH ? `${text.slice(0, TAIL_WIDTH)}...` : text;
}

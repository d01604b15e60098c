/** One life of a process: its tree, its output cut into lines, and what it reports over the link. */
import type { Readable } from 'node:stream';
import { newLinkReader, troubleOf, type Report } from '../health/link.ts';
import { newFramer, type Piece } from '../logs/framer.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { StreamName } from '../model/line.ts';
import type { BrokerTrouble, Exit } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { maybeRefusal, refusalOf } from '../os/identity.ts';
import type { Child } from '../os/spawn.ts';
import { readResident, type ProcessStat } from '../os/proc.ts';
import type { Tree } from '../os/tree.ts';
import type { News } from './news.ts';

/** How much of its stderr is kept for the one who asks why it failed. Lines. */
const TAIL_LINES = 20;
/** How long after the exit output is still waited for: somebody else may hold the pipe open. Milliseconds. */
const DRAIN_MS = 1000;
/** A link that has not said hello by now will not. Milliseconds. */
const LINK_SILENT_MS = 30_000;

export interface Run {
  readonly pid: number;
  readonly tree: Tree;
  /** ISO 8601 */
  readonly startedAt: string;
  uptimeMs(): number;
  measure(stats: readonly ProcessStat[]): void;
  /** Bytes: the most resident memory that was seen of its tree; null before the first look. */
  peakBytes(): number | null;
  /** The last lines of its stderr, or of its stdout where it said nothing else. */
  tail(): readonly string[];
  versions(): Readonly<Record<string, string | null>> | null;
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

export function newRun(
  spec: ProcessSpec,
  child: Child,
  tree: Tree,
  ports: { readonly clock: Clock; tell(news: News): void },
  events: RunEvents,
): Run {
  const { clock } = ports;
  const started = clock.now();
  const tails: Record<StreamName, string[]> = { stdout: [], stderr: [] };
  let versions: Readonly<Record<string, string | null>> | null = null;
  let endedMs: number | null = null;
  let peakBytes: number | null = null;
  /** The first line of its stderr: there setpriv and prlimit tell of themselves. */
  let first: string | null = null;

  const pass = (stream: StreamName, pieces: readonly Piece[]): void => {
    for (const { text, cut } of pieces) {
      const tail = tails[stream];
      if (stream === 'stderr') first ??= text;
      tail.push(text.length > 500 ? `${text.slice(0, 500)}...` : text);
      if (tail.length > TAIL_LINES) tail.shift();
      ports.tell({ type: 'line', line: { instance: spec.instance, stream, text, cut } });
    }
  };
  const framers = { stdout: newFramer('stdout'), stderr: newFramer('stderr') };
  const read = (stream: StreamName, source: Readable): void => {
    const framer = framers[stream];
    source.on('data', (chunk: Buffer) => pass(stream, framer.push(chunk)));
    source.once('close', () => pass(stream, framer.end()));
    // A broken pipe of a dying child is an end, not a fault of ours.
    source.on('error', () => source.destroy());
  };
  read('stdout', child.stdout);
  read('stderr', child.stderr);

  const hear = (report: Report): void => {
    cancelSilence();
    if (report.event === 'init') versions = report.versions;
    else if (report.event === 'ready' && spec.readiness.kind === 'link') events.ready();
    else if (report.event === 'broker-lost') events.brokerLost(troubleOf(report));
    else if (report.event === 'broker-found') events.brokerFound();
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
    child.stdout.resume();
    child.stderr.resume();
    let cancel: Cancel = () => undefined;
    const bound = new Promise<void>((done) => (cancel = clock.after(DRAIN_MS, done)));
    await Promise.race([child.drained, bound]);
    cancel();
    for (const stream of [child.stdout, child.stderr, ...child.pipes]) stream.destroy();
    pass('stdout', framers.stdout.end());
    pass('stderr', framers.stderr.end());
  };
  const drained = drain();

  return {
    pid: child.pid,
    tree,
    startedAt: new Date(clock.wall()).toISOString(),
    uptimeMs: () => endedMs ?? clock.now() - started,
    measure(stats) {
      if (endedMs !== null) return;
      const parts = tree.members(stats).map(readResident);
      // The kernel keeps the most of the main process, so what it had between two looks is known.
      const main = parts[0]?.peak ?? 0;
      const sum = parts.reduce((total, part) => total + (part?.now ?? 0), 0);
      if (sum > 0) peakBytes = Math.max(peakBytes ?? 0, sum, main);
    },
    peakBytes: () => peakBytes,
    tail: () => (tails.stderr.length > 0 ? tails.stderr : tails.stdout),
    versions: () => versions,
    pause() {
      child.stdout.pause();
      child.stderr.pause();
    },
    resume() {
      child.stdout.resume();
      child.stderr.resume();
    },
    drained: () => drained,
    maybeRefused: ({ code }) => maybeRefusal(child.through, code, clock.now() - started),
    async refusal() {
      await drained;
      return first === null ? null : refusalOf(spec.argv[0], first);
    },
  };
}

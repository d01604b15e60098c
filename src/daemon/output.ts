/** Where lines go: to standard output together, or to a file of their process; and who waits when that is full. */
import { textOf } from '../logs/framer.ts';
import { newSink, type Sink } from '../logs/sink.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure } from '../model/failure.ts';
import type { Outlet, Piece, StreamName } from '../model/line.ts';
import type { LogFile, ProcessSpec } from '../model/spec.ts';
import { openLogFile, type LogFileOutlet } from '../os/log-file.ts';
import type { News } from '../supervisor/news.ts';
import type { Slot } from '../supervisor/slot-face.ts';

/** Lines are handed on in portions of about this length. Characters. */
const PORTION = 64 * 1024;
/** How long the first opening of the files may hold up the start: a disk may hang. Milliseconds. */
const OPEN_MS = 2000;
/** What is queued for a file that is not written to any more is given this long. Milliseconds. */
const CLOSE_MS = 2000;
const NEWLINE = Buffer.from('\n');

export interface OutputOptions {
  readonly specs: readonly ProcessSpec[];
  readonly stdout: Outlet;
  readonly clock: Clock;
  present(news: News): readonly string[];
  lost(count: number, to: 'stdout' | 'file'): string;
  /** Has each line too, wherever it goes. */
  keep(spec: ProcessSpec, stream: StreamName, pieces: readonly Piece[]): void;
  tell(news: News): void;
}

export interface Output {
  /** A line of the supervisor's own. */
  write(line: string): void;
  pass(spec: ProcessSpec, stream: StreamName, pieces: readonly Piece[]): void;
  /** From now on these wait when what they write to is full. */
  attach(instances: () => readonly Slot[]): void;
  /** Lines of these go where their specs say from now on; of those that are not among them, nowhere any more. */
  arrange(specs: readonly ProcessSpec[]): void;
  /** Resolves when every file was opened or refused, or does not answer. */
  opened(): Promise<void>;
  /** Opens all files anew; false where there are none. */
  reopen(): Promise<boolean>;
  /** Lines that were dropped: of an instance, or of everybody. */
  dropped(instance?: string): number;
  /** Gives what is queued `ms` to get out. */
  close(ms: number): Promise<void>;
}

/** The file of one instance. */
interface Way {
  readonly outlet: LogFileOutlet;
  readonly sink: Sink;
  /** Lines go to standard output meanwhile. */
  refused: boolean;
  full: boolean;
  readonly log: LogFile;
  /** The stream whose last line in the file goes on. */
  unfinished: StreamName | null;
}

export function newOutput(options: OutputOptions): Output {
  const { clock } = options;
  const ways = new Map<string, Way>();
  const drops = new Map<string, number>();
  const firstOpenings: Promise<void>[] = [];
  let instances: () => readonly Slot[] = () => [];
  let stdoutFull = false;

  const regulate = (): void => {
    for (const instance of instances()) {
      const way = ways.get(instance.spec.instance);
      if (way === undefined || way.refused ? stdoutFull : way.full) instance.pause();
      else instance.resume();
    }
  };

  const stdout = newSink(options.stdout, clock, {
    lost: (count) => `${options.lost(count, 'stdout')}\n`,
    whenFull: 'drop',
  });
  stdout.onPressure(
    () => {
      stdoutFull = true;
      regulate();
    },
    () => {
      stdoutFull = false;
      regulate();
    },
  );

  const newWay = (instance: string, log: LogFile): Way => {
    let tried: () => void = () => undefined;
    firstOpenings.push(new Promise((done) => (tried = done)));
    const setRefused = (refused: boolean): void => {
      way.refused = refused;
      regulate();
      tried();
    };
    const setFull = (full: boolean): void => {
      way.full = full;
      regulate();
    };
    const facts = { instance, file: log.file };
    const outlet = openLogFile(log, clock, {
      opened: () => setRefused(false),
      refused(errno) {
        setRefused(true);
        options.tell({ type: 'failed', failure: failure('log-refused', { ...facts, errno }) });
      },
      notRotated: (errno) =>
        options.tell({ type: 'failed', failure: failure('log-not-rotated', { ...facts, errno }) }),
    });
    const sink = newSink(outlet, clock, {
      lost: (count) => `${options.lost(count, 'file')}\n`,
      whenFull: log.whenFull,
    });
    sink.onPressure(
      () => setFull(true),
      () => setFull(false),
    );
    const way: Way = { outlet, sink, log, refused: false, full: false, unfinished: null };
    return way;
  };
  const arrange = (all: readonly ProcessSpec[]): void => {
    const wanted = new Map(all.map(({ instance, log }) => [instance, log]));
    for (const [instance, way] of ways) {
      if (JSON.stringify(wanted.get(instance) ?? null) === JSON.stringify(way.log)) continue;
      ways.delete(instance);
      void way.sink.close(CLOSE_MS);
    }
    for (const [instance, log] of wanted)
      if (log !== null && !ways.has(instance)) ways.set(instance, newWay(instance, log));
    regulate();
  };
  arrange(options.specs);

  const queue = (sink: Sink, instance: string, bytes: Buffer, lines: number): void => {
    if (!sink.write(bytes, lines)) drops.set(instance, (drops.get(instance) ?? 0) + lines);
  };

  const passToFile = (way: Way, instance: string, stream: StreamName, pieces: readonly Piece[]): void => {
    const parts = pieces.flatMap(({ bytes, cut }) => (cut ? [bytes] : [bytes, NEWLINE]));
    // The other stream's line goes on later: this one is not to be glued to it.
    if (way.unfinished !== null && way.unfinished !== stream) parts.unshift(NEWLINE);
    way.unfinished = pieces.at(-1)?.cut === true ? stream : null;
    queue(way.sink, instance, Buffer.concat(parts), pieces.length);
  };
  const passToStdout = (instance: string, stream: StreamName, pieces: readonly Piece[]): void => {
    let text = '';
    let lines = 0;
    const send = (): void => {
      if (lines > 0) queue(stdout, instance, Buffer.from(text), lines);
      text = '';
      lines = 0;
    };
    for (const piece of pieces) {
      const line = { instance, stream, text: textOf(piece), cut: piece.cut };
      for (const shown of options.present({ type: 'line', line })) text += `${shown}\n`;
      lines += 1;
      if (text.length > PORTION) send();
    }
    send();
  };

  return {
    write: (line) => void stdout.write(Buffer.from(`${line}\n`), 1),
    pass(spec, stream, pieces) {
      const { instance } = spec;
      options.keep(spec, stream, pieces);
      const way = ways.get(instance);
      if (way === undefined || way.refused) passToStdout(instance, stream, pieces);
      else passToFile(way, instance, stream, pieces);
    },
    attach(given) {
      instances = given;
      regulate();
    },
    arrange,
    async opened() {
      let cancel: Cancel = () => undefined;
      const bound = new Promise<void>((done) => (cancel = clock.after(OPEN_MS, done)));
      await Promise.race([Promise.all(firstOpenings), bound]);
      cancel();
    },
    async reopen() {
      await Promise.all(Array.from(ways.values(), async ({ outlet }) => outlet.reopen()));
      return ways.size > 0;
    },
    dropped(instance) {
      if (instance !== undefined) return drops.get(instance) ?? 0;
      return [...ways.values()].reduce((sum, { sink }) => sum + sink.dropped(), stdout.dropped());
    },
    async close(ms) {
      const sinks = [stdout, ...Array.from(ways.values(), ({ sink }) => sink)];
      await Promise.all(sinks.map(async (sink) => sink.close(ms)));
    },
  };
}

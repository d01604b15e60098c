/** Reads a stream only as fast as its lines can be passed on. */
import type { Readable } from 'node:stream';
import type { Piece } from '../model/line.ts';
import { newFramer } from './framer.ts';
import type { Turns } from './turns.ts';

/** Passed on in one go: of the shortest lines that takes some milliseconds. Bytes. */
const PART = 4 * 1024;
/** With this much held, no more is taken from the stream. Bytes. */
const HOLD = 64 * 1024;

export interface Reader {
  /** Nothing more is passed on, and soon nothing more is read: the writer then waits in its own write. */
  pause(): void;
  resume(): void;
  /** Reads on, whatever `pause` says from now on. */
  release(): void;
  /** Passes on what has arrived and lets go of the stream; the last line needs no end. */
  close(): Promise<void>;
}

/** Holds one line, `HOLD` and one chunk at most; what the stream itself holds comes on top. */
export function newReader(source: Readable, turns: Turns, pass: (pieces: readonly Piece[]) => void): Reader {
  const framer = newFramer();
  const chunks: Buffer[] = [];
  let heldBytes = 0;
  let paused = false;
  let released = false;
  let closed = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((done) => (finish = done));
  let leave: () => void = () => undefined;

  const work = (): boolean => {
    const chunk = chunks.shift();
    if (chunk !== undefined) {
      const part = chunk.subarray(0, PART);
      if (chunk.length > PART) chunks.unshift(chunk.subarray(PART));
      heldBytes -= part.length;
      const pieces = framer.push(part);
      if (pieces.length > 0) pass(pieces);
    }
    if (chunks.length > 0) return !paused;
    if (closed) end();
    else if (!paused) source.resume();
    return false;
  };
  const end = (): void => {
    const last = framer.end();
    if (last.length > 0) pass(last);
    finish();
  };
  const go = (): void => {
    if (chunks.length > 0) leave = turns.add(work);
    else source.resume();
  };

  source.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    heldBytes += chunk.length;
    if (paused || heldBytes >= HOLD) source.pause();
    if (!paused) leave = turns.add(work);
  });
  // A broken pipe of a dying child is an end, not a fault of ours.
  source.on('error', () => source.destroy());
  source.once('close', () => {
    closed = true;
    leave = turns.add(work);
  });

  return {
    pause() {
      if (released) return;
      paused = true;
      leave();
      source.pause();
    },
    resume() {
      if (!paused) return;
      paused = false;
      go();
    },
    release() {
      released = true;
      paused = false;
      go();
    },
    async close() {
      source.destroy();
      return finished;
    },
  };
}

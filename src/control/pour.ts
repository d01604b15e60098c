/** Sends a stream to a reader as fast as that one reads, for as long as it takes. */
import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../model/clock.ts';

/** A reader that took nothing for this long is cut off; somebody who has stopped `less` is not. Milliseconds. */
const STUCK_MS = 600_000;
/** How often a stream that has a word for it says that it lives. Milliseconds. */
const BEAT_MS = 15_000;
/** What is left at the end of the supervisor is given so long to get out. Milliseconds. */
const END_MS = 1000;

/** What a reader is given, in parts; who reads nothing holds nothing up. */
export interface Feed {
  readonly type: 'application/x-ndjson' | 'text/event-stream';
  /** Says nothing, so that what is between us does not take the silence for an end; undefined: there is no such word. */
  readonly beat?: string;
  /** Some text; null where there is none now. */
  read(): string | null;
  /** True: what is left is all there will be. */
  over(): boolean;
  /** Calls back when it is worth reading again, more than once too. */
  watch(more: () => void): void;
  /** Nobody reads it any more. */
  close(): void;
}

/** The response to whoever asked. */
export type StreamReader = Pick<
  ServerResponse,
  'writeHead' | 'flushHeaders' | 'write' | 'end' | 'destroy' | 'on' | 'destroyed' | 'writableEnded'
>;

/** Takes turns with all others for each part. */
export type TakeTurns = (work: () => boolean) => Cancel;

export function pour(feed: Feed, response: StreamReader, clock: Clock, turns: TakeTurns): void {
  let full = false;
  let working = false;
  let leave: Cancel = () => undefined;
  let cancel: Cancel = () => undefined;
  let cancelBeat: Cancel = () => undefined;

  const beat = (text: string): Cancel =>
    clock.after(BEAT_MS, () => {
      cancelBeat = beat(text);
      if (full || response.writableEnded || response.destroyed) return;
      full = !response.write(text);
      if (full) limit(STUCK_MS);
    });
  const limit = (ms: number): void => {
    cancel();
    cancel = clock.after(ms, () => response.destroy());
  };
  const work = (): boolean => {
    working = false;
    if (full || response.writableEnded || response.destroyed) return false;
    const part = feed.read();
    if (part === null) {
      if (feed.over()) {
        limit(END_MS);
        response.end();
      }
      return false;
    }
    full = !response.write(part);
    if (full) limit(feed.over() ? END_MS : STUCK_MS);
    working = !full;
    return working;
  };
  const go = (): void => {
    // Its end waits for nobody.
    if (full && feed.over()) limit(END_MS);
    if (working || full) return;
    working = true;
    leave = turns(work);
  };

  response.on('drain', () => {
    full = false;
    cancel();
    go();
  });
  // A reader that has gone: the close that follows sees to it.
  response.on('error', () => response.destroy());
  response.on('close', () => {
    leave();
    cancel();
    cancelBeat();
    feed.close();
  });
  response.writeHead(200, { 'content-type': feed.type, 'cache-control': 'no-store', connection: 'close' });
  response.flushHeaders();
  feed.watch(go);
  if (feed.beat !== undefined) cancelBeat = beat(feed.beat);
  go();
}

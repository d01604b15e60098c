import type { Piece } from '../model/line.ts';

/** A longer line is cut into parts of at most this many bytes, so that one endless line needs no endless memory. */
export const LINE_LIMIT = 64 * 1024;

/**
 * Bytes to lines: characters are never split, nothing is lost, and no more than one line is held. Pieces share memory
 * with the chunk, so they are for use at once.
 */
export interface Framer {
  push(chunk: Buffer): Piece[];
  /** What was begun and not ended; for the end of the stream. */
  end(): Piece[];
}

const NEWLINE = 0x0a;

export function newFramer(limit: number = LINE_LIMIT): Framer {
  let held: Buffer[] = [];
  let heldBytes = 0;

  const take = (): Buffer => {
    const whole = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return whole;
  };
  const hold = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
  };
  const cutLong = (pieces: Piece[]): void => {
    while (heldBytes > limit) {
      const whole = take();
      const end = characterBoundary(whole, limit);
      pieces.push({ bytes: whole.subarray(0, end), cut: true });
      hold(whole.subarray(end));
    }
  };

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        hold(chunk.subarray(start, end));
        cutLong(pieces);
        pieces.push({ bytes: take(), cut: false });
        start = end + 1;
      }
      // A copy: a slice would keep the whole chunk in memory for the sake of its last bytes.
      hold(Buffer.from(chunk.subarray(start)));
      cutLong(pieces);
      return pieces;
    },
    end() {
      return heldBytes === 0 ? [] : [{ bytes: take(), cut: false }];
    },
  };
}

/** What a piece says, without the carriage return of its end. */
export const textOf = ({ bytes, cut }: Piece): string =>
  bytes.toString('utf8', 0, !cut && bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length);

/** The largest index up to `limit` at which a UTF-8 character begins; `limit` itself where the bytes are no UTF-8. */
function characterBoundary(bytes: Buffer, limit: number): number {
  let index = limit;
  while (index > limit - 4 && ((bytes[index] ?? 0) & 0xc0) === 0x80) index -= 1;
  return ((bytes[index] ?? 0) & 0xc0) === 0x80 ? limit : index;
}

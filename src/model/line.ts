export type StreamName = 'stdout' | 'stderr';

/** One line of a child's output, without its end. */
export interface Line {
  readonly instance: string;
  readonly stream: StreamName;
  readonly text: string;
  /** Too long for one line: the next of this stream goes on with it. */
  readonly cut: boolean;
}

/** A line, or a part of one that is too long, as it was written: the newline is left out. */
export interface Piece {
  readonly bytes: Buffer;
  /** The next piece of this stream goes on with the same line. */
  readonly cut: boolean;
}

/** Where bytes go that may not be able to go anywhere now. Never blocks. */
export interface Outlet {
  /** Bytes taken; 0 when the reader is stuck; null when there is no reader any more. */
  write(bytes: Buffer): number | null;
  /** Calls back when it is worth another try. */
  whenWritable(again: () => void): void;
  /** Bytes that were taken and have not left this process yet. */
  pending(): boolean;
  close(): void;
}

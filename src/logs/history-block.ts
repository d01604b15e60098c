/** How lines are kept: records in blocks, a ring of blocks for each instance. */

/** Before the lines of a record: `order` and `at` of 8 bytes, `length` and `lines` of 4, the flags. Bytes. */
export const HEAD = 25;
export const STDERR = 1;
/** The last line of the record was too long: the next record of the stream goes on with it. */
export const CUT = 2;

export interface Block {
  readonly buffer: Buffer;
  /** Bytes of it that are in use. */
  used: number;
  /** Index of its first line among all lines of the instance. */
  readonly first: number;
  /** Index of the line behind its last. */
  next: number;
  /** Milliseconds since the epoch, of its last record. */
  newest: number;
}

export interface Ring {
  readonly instance: string;
  /** The oldest first. */
  readonly blocks: Block[];
  bytes: number;
  /** Index of the line that comes next. */
  next: number;
}

export interface Asked {
  wants(instance: string): boolean;
  /** So many of the last lines, over all instances; null: all that are kept. */
  readonly count: number | null;
  /** None that is older: milliseconds since the epoch; null: of any age. */
  readonly since: number | null;
}

export interface Head {
  readonly order: number;
  readonly at: number;
  /** Of the lines with their ends. Bytes. */
  readonly length: number;
  readonly lines: number;
  readonly flags: number;
}

export function headTo(buffer: Buffer, offset: number, { order, at, length, lines, flags }: Head): void {
  buffer.writeDoubleLE(order, offset);
  buffer.writeDoubleLE(at, offset + 8);
  buffer.writeUInt32LE(length, offset + 16);
  buffer.writeUInt32LE(lines, offset + 20);
  buffer[offset + 24] = flags;
}

export const orderOf = (buffer: Buffer, offset: number): number => buffer.readDoubleLE(offset);
export const timeOf = (buffer: Buffer, offset: number): number => buffer.readDoubleLE(offset + 8);
export const lengthOf = (buffer: Buffer, offset: number): number => buffer.readUInt32LE(offset + 16);
export const linesOf = (buffer: Buffer, offset: number): number => buffer.readUInt32LE(offset + 20);
export const flagsOf = (buffer: Buffer, offset: number): number => buffer[offset + 24] ?? 0;

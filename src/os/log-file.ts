/** A file for a process's output: written without ever blocking the loop, rotated at line ends, opened anew on demand. */
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Outlet } from '../model/line.ts';
import type { LogFile } from '../model/spec.ts';
import { shiftLogFiles, stillThere } from './log-rotation.ts';

/** How long until a file that could not be opened or rotated is tried again. Milliseconds. */
const AGAIN_MS = 10_000;
/** How soon, at first and at most, a write is tried again that the disk had no room for. Milliseconds. */
const FULL_FIRST_MS = 50;
const FULL_MOST_MS = 1000;
/** Bytes that are handed to the system at once. */
const WRITE_LIMIT = 256 * 1024;
/** A line that goes on for this long past the size is torn after all, or a file could grow for ever. Bytes. */
const LINE_SLACK = 1024 * 1024;
const NEWLINE = 0x0a;
/** A pipe in the file's place must not hold up the opening. */
const FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY;
/** There is no room now: that passes. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EAGAIN']);

export interface LogFileEvents {
  /** It was opened; `refused` was told before, or nothing. */
  opened(): void;
  /** It cannot be opened; told once until it can. */
  refused(errno: string): void;
  /** It is due and could not be rotated; told once until it can. */
  notRotated(errno: string): void;
}

export interface LogFileOutlet extends Outlet {
  /** Opens the path anew, since what stood there may have been moved away; resolves when that was tried. */
  reopen(): Promise<void>;
}

const errnoOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** At most one call of the system is under way; what was taken for it is held until it is written. */
export function openLogFile(log: LogFile, clock: Clock, events: LogFileEvents): LogFileOutlet {
  let handle: FileHandle | null = null;
  let regular = false;
  let size = 0;
  /** When the file began, on the monotonic clock. */
  let begun = 0;
  let insideLine = false;
  let held: Buffer | null = null;
  let rotationDue = false;
  let noRotationBefore = 0;
  let reopenings: (() => void)[] = [];
  let waiting: (() => void)[] = [];
  let told: 'nothing' | 'refused' = 'nothing';
  let toldNotRotated = false;
  let retryMs = FULL_FIRST_MS;
  let working = false;
  let stepping = false;
  let closed = false;
  let endWait: () => void = () => undefined;

  const wait = async (ms: number): Promise<void> =>
    new Promise((done) => {
      // What would end it may have come while the system was busy.
      if (closed || reopenings.length > 0) return done();
      const cancel = clock.after(ms, done);
      endWait = () => {
        cancel();
        done();
      };
    });
  const isReady = (): boolean =>
    handle !== null && held === null && !stepping && !rotationDue && reopenings.length === 0 && !closed;

  const adopt = async (fresh: FileHandle): Promise<void> => {
    const old = handle;
    handle = fresh;
    if (old !== null) await letGo(old);
    const stat = await fresh.stat();
    regular = stat.isFile();
    ({ size } = stat);
    begun = clock.now() - (size === 0 ? 0 : Math.max(0, clock.wall() - stat.birthtimeMs));
    if (size === 0) insideLine = false;
  };
  const openAnew = async (): Promise<void> => {
    const tried = reopenings;
    reopenings = [];
    try {
      await adopt(await openOrMake(log.file));
      told = 'nothing';
      events.opened();
    } catch (error) {
      const errno = errnoOf(error);
      if (handle !== null) await letGo(handle);
      handle = null;
      if (told === 'nothing' && !FULL.has(errno)) {
        told = 'refused';
        events.refused(errno);
      }
      for (const done of tried) done();
      await wait(FULL.has(errno) ? FULL_MOST_MS : AGAIN_MS);
    }
    for (const done of tried) done();
  };
  const rotate = async (old: FileHandle): Promise<void> => {
    rotationDue = false;
    try {
      const stat = await old.stat();
      const moved = !(await stillThere(log.file, stat));
      // Somebody else has emptied it meanwhile (copytruncate of logrotate).
      if (!moved && stat.size < size) return void ({ size } = stat);
      if (log.keep === 0 && !moved) {
        await old.truncate(0);
        size = 0;
        begun = clock.now();
      } else {
        if (!moved) await shiftLogFiles(log.file, log.keep);
        reopenings.push(() => undefined);
      }
      insideLine = false;
      toldNotRotated = false;
    } catch (error) {
      noRotationBefore = clock.now() + AGAIN_MS;
      if (!toldNotRotated) events.notRotated(errnoOf(error));
      toldNotRotated = true;
    }
  };
  const writeHeld = async (to: FileHandle, bytes: Buffer): Promise<void> => {
    try {
      const { bytesWritten } = await to.write(bytes, 0, bytes.length, null);
      size += bytesWritten;
      if (bytesWritten > 0) insideLine = bytes[bytesWritten - 1] !== NEWLINE;
      held = bytesWritten === bytes.length ? null : bytes.subarray(bytesWritten);
      retryMs = FULL_FIRST_MS;
    } catch (error) {
      // A file that can be written no more for another reason than room may be a new one when it is opened anew.
      if (!FULL.has(errnoOf(error))) reopenings.push(() => undefined);
      await wait(retryMs);
      retryMs = Math.min(retryMs * 2, FULL_MOST_MS);
    }
  };

  const step = async (): Promise<void> => {
    if (handle === null || reopenings.length > 0) return openAnew();
    return rotationDue ? rotate(handle) : writeHeld(handle, held ?? Buffer.alloc(0));
  };
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    while (!closed && !isReady()) {
      stepping = true;
      await step();
      stepping = false;
      if (!isReady()) continue;
      const all = waiting;
      waiting = [];
      for (const again of all) again();
    }
    working = false;
    if (closed && handle !== null) await letGo(handle);
  };

  /** What of `bytes` may go into the file as it is; null: it is to be rotated before. */
  const fitting = (bytes: Buffer): Buffer | null => {
    if (!regular || clock.now() < noRotationBefore) return bytes;
    const old = log.maxAgeMs !== null && size > 0 && clock.now() - begun >= log.maxAgeMs;
    const room = log.maxBytes - size;
    if (old && !insideLine) return null;
    if (bytes.length <= room) return bytes;
    const lines = room <= 0 ? 0 : bytes.lastIndexOf(NEWLINE, room - 1) + 1;
    if (lines > 0) return bytes.subarray(0, lines);
    if (size > 0 && !insideLine) return null;
    const end = bytes.indexOf(NEWLINE) + 1;
    const line = end === 0 ? bytes : bytes.subarray(0, end);
    return size > 0 && size + line.length > log.maxBytes + LINE_SLACK ? null : line;
  };

  void work();
  return {
    write(bytes) {
      if (!isReady()) return 0;
      const part = fitting(bytes.subarray(0, WRITE_LIMIT));
      if (part === null) rotationDue = true;
      else held = part;
      void work();
      return part?.length ?? 0;
    },
    whenWritable(again) {
      if (isReady()) setImmediate(again);
      else waiting.push(again);
    },
    pending: () => held !== null,
    async reopen() {
      return new Promise((done) => {
        reopenings.push(done);
        endWait();
        void work();
      });
    },
    close() {
      closed = true;
      endWait();
      void work();
    },
  };
}

/** What was written was told by the write; there is nothing to do about a file that does not close. */
const letGo = async (handle: FileHandle): Promise<void> => handle.close().catch(() => undefined);

async function openOrMake(file: string): Promise<FileHandle> {
  try {
    return await open(file, FLAGS, 0o640);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await mkdir(dirname(file), { recursive: true });
    return open(file, FLAGS, 0o640);
  }
}

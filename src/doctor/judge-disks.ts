/** Whether the log files have room to grow. Pure. */
import type { ProcessSpec } from '../model/spec.ts';
import type { Room } from '../os/room.ts';
import { verdict, type Verdict } from './verdict.ts';

/** Below this nothing can be written for long. Bytes. */
const FULL = 16 * 1024 ** 2;

/** The folder of each log file, and how large that may grow with the rotated ones. Bytes. */
export interface Wanted {
  readonly folder: string;
  readonly instance: string;
  readonly bytes: number;
  /** What stands there already counts. */
  readonly has: number;
}

export const logsOf = (specs: readonly ProcessSpec[]): { instance: string; file: string; bytes: number }[] =>
  specs.flatMap(({ instance, log }) =>
    log === null ? [] : [{ instance, file: log.file, bytes: log.maxBytes * (log.keep + 1) }],
  );

/** `rooms`: by the folder that was asked for; null: it did not tell. */
export function judgeDisks(wanted: readonly Wanted[], rooms: ReadonlyMap<string, Room | null>): Verdict[] {
  if (wanted.length === 0) return [verdict('disk', 'ok', { kind: 'unneeded' })];
  const byPlace = new Map<string, { readonly room: Room; needed: number; readonly instance: string }>();
  for (const { folder, instance, bytes, has } of wanted) {
    const room = rooms.get(folder);
    if (room == null) continue;
    const known = byPlace.get(room.folder);
    const needed = Math.max(0, bytes - has);
    if (known === undefined) byPlace.set(room.folder, { room, needed, instance });
    else known.needed += needed;
  }
  const found = [...byPlace.values()].flatMap(({ room, needed, instance }): Verdict[] => {
    const { folder, free, writable, inodesLeft } = room;
    if (!writable) return [verdict('disk', 'bad', { kind: 'read-only', folder, instance })];
    if (free < FULL || inodesLeft === false)
      return [verdict('disk', 'bad', { kind: 'full', folder, free, needed })];
    return free < needed ? [verdict('disk', 'warn', { kind: 'tight', folder, free, needed })] : [];
  });
  if (found.length > 0) return found;
  return [verdict('disk', 'ok', { kind: 'room', folders: [...byPlace.keys()] })];
}

/** What runs now, on disk: one small file an instance, for the supervisor that comes after one that was killed. */
import * as z from 'zod';
import { namesIn, readText, removeFile, writeWhole } from '../os/files.ts';
import { thisHost } from '../os/host.ts';
import { readStat } from '../os/proc.ts';

const recordSchema = z.object({
  v: z.literal(1),
  instance: z.string(),
  pid: z.number().int(),
  /** With the pid it names one process of one boot. */
  start_ticks: z.number(),
  boot_id: z.string(),
  pid_namespace: z.string(),
  mark: z.string(),
});

export type Record = z.output<typeof recordSchema>;

export interface Ledger {
  spawned(entry: { readonly instance: string; readonly pid: number; readonly mark: string }): void;
  gone(instance: string): void;
}

const SUFFIX = '.run';

/** `id` keeps the files of one manifest apart from those of another in the runtime folder. */
export function newLedger(folder: string, id: string): Ledger {
  const host = thisHost();
  const path = (instance: string): string => `${folder}/${id}.${instance}${SUFFIX}`;
  return {
    spawned({ instance, pid, mark }) {
      const record: Record = {
        v: 1,
        instance,
        pid,
        start_ticks: readStat(pid)?.startTicks ?? 0,
        boot_id: host.bootId,
        pid_namespace: host.pidNamespace,
        mark,
      };
      // A full disk must not stop a start: the mark in its environment still tells whose the process is.
      writeWhole(path(instance), `${JSON.stringify(record)}\n`);
    },
    gone: (instance) => removeFile(path(instance)),
  };
}

/** The records of those instances of a manifest that `isOurs` names; what cannot be read as one is removed. */
export function readLedger(folder: string, id: string, isOurs: (instance: string) => boolean): Record[] {
  return namesIn(folder)
    .filter((name) => name.startsWith(`${id}.`) && name.endsWith(SUFFIX))
    .filter((name) => isOurs(name.slice(id.length + 1, -SUFFIX.length)))
    .flatMap((name) => {
      const record = parse(`${folder}/${name}`);
      if (record === null) removeFile(`${folder}/${name}`);
      return record === null ? [] : [record];
    });
}

export const forget = (folder: string, id: string, instance: string): void =>
  removeFile(`${folder}/${id}.${instance}${SUFFIX}`);

function parse(path: string): Record | null {
  try {
    return recordSchema.safeParse(JSON.parse(readText(path) ?? '')).data ?? null;
  } catch {
    return null; // cut short, or somebody's scribble
  }
}

/** True where the record names a process of this boot and these pids that is still the same one. */
export function isSame(record: Record): boolean {
  const host = thisHost();
  return (
    record.boot_id === host.bootId &&
    record.pid_namespace === host.pidNamespace &&
    readStat(record.pid)?.startTicks === record.start_ticks
  );
}

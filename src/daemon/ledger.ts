/** What runs now, on disk: one small file an instance, for the supervisor that comes after one that was killed. */
import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
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
  /** Whether the kernel was told to send TERM at the death of its supervisor. */
  told: z.boolean(),
});

export type Record = z.output<typeof recordSchema>;

export interface Ledger {
  spawned(entry: { readonly instance: string; readonly pid: number; readonly mark: string }): void;
  gone(instance: string): void;
}

const SUFFIX = '.run';

/** `id` keeps the files of one manifest apart from those of another in the runtime folder. */
export function newLedger(folder: string, id: string, told: boolean): Ledger {
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
        told,
      };
      const draft = `${path(instance)}.draft`;
      try {
        writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
        renameSync(draft, path(instance));
      } catch {
        // A full disk must not stop a start: the mark in its environment still tells whose the process is.
        return;
      }
    },
    gone: (instance) => remove(path(instance)),
  };
}

/** The records of those instances of a manifest that `isOurs` names; what cannot be read as one is removed. */
export function readLedger(folder: string, id: string, isOurs: (instance: string) => boolean): Record[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${id}.`) && name.endsWith(SUFFIX))
    .filter((name) => isOurs(name.slice(id.length + 1, -SUFFIX.length)))
    .flatMap((name) => {
      const record = parse(`${folder}/${name}`);
      if (record === null) remove(`${folder}/${name}`);
      return record === null ? [] : [record];
    });
}

export const forget = (folder: string, id: string, instance: string): void =>
  remove(`${folder}/${id}.${instance}${SUFFIX}`);

function parse(path: string): Record | null {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
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

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

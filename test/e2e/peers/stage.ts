/** What the tests of the peers' failures share: manifests of plain commands, and what /proc tells from outside. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { alive, type Rig, type Running, type StatusRow } from '../../support/rig.ts';

/** Writes a manifest of Command entries; a list of texts is a CMD alone. */
export function commands(rig: Rig, entries: Readonly<Record<string, object | readonly string[]>>): string {
  const processes = Object.entries(entries).map(([name, entry]) => [
    name,
    { BACKEND: 'Command', ...(Array.isArray(entry) ? { CMD: entry as readonly string[] } : entry) },
  ]);
  return rig.manifest(JSON.stringify({ PRODUCTION_PROCESSES: Object.fromEntries(processes) as object }));
}

/** A dollar sign of the script is not the manifest's. */
export const sh = (script: string): string[] => ['sh', '-c', script.split('$').join('$$')];

/** Waits until `instance` is RUNNING; its pid. */
export async function running(start: Running, instance: string): Promise<number> {
  const pattern = new RegExp(`${instance.replace('.', '\\.')} \\w+ -> RUNNING \\(pid (\\d+)`);
  return Number((await start.says(pattern))[1]);
}

export async function rowOf(rig: Rig, instance: string): Promise<StatusRow> {
  const row = (await rig.status()).find((one) => one.instance === instance);
  if (row === undefined) throw new Error(`status has no ${instance}`);
  return row;
}

/** The lines of a file that the processes of a test append to. */
export const lines = (rig: Rig, name: string): string[] =>
  existsSync(join(rig.folder, name)) ? rig.read(name).split('\n').filter(Boolean) : [];

/** Live processes of the rig that were started with exactly these words. */
export const processes = (rig: Rig, ...argv: string[]): number[] =>
  rig.survivors().filter((pid) => {
    try {
      return alive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `${argv.join('\0')}\0`;
    } catch {
      return false; // gone
    }
  });

export function environmentOf(pid: number): Record<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** Descriptor -> what is behind it. */
export const descriptorsOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [[fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]];
      } catch {
        return []; // closed in between
      }
    }),
  );

/** Resident bytes of one process alone. */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** The supervisor with its output where a shell puts it; the pid and the exit code are the supervisor's. */
export const startInto = (rig: Rig, redirection: string): Running =>
  rig.spawn(['bash', '-c', `exec "${process.execPath}" "${rig.bin}" start --all ${redirection}`]);

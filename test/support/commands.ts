/** Manifests of plain commands, and what a supervisor says of one of them. */
import type { Rig, Running } from './rig.ts';

/** Writes a manifest; each entry is the rest of a Command's mapping. */
export const commands = (rig: Rig, entries: Readonly<Record<string, string>>, supervisor = ''): string =>
  rig.manifest(
    `PRODUCTION_PROCESSES:\n${Object.entries(entries)
      .map(([name, body]) => `  ${name}: {BACKEND: Command, ${body}}\n`)
      .join('')}SUPERVISOR: {${supervisor}}\n`,
  );

/** A text without what differs from run to run: pids and times. */
export const steady = (text: string): string =>
  text
    .replaceAll(/pid \d+/g, 'pid N')
    .replaceAll(/(after|next start in) \d[\d.]* m?s/g, '$1 T')
    .replaceAll(/\d[\d.]* m?s of/g, 'T of');

/** The supervisor's own lines. */
export const said = (start: Running): string[] =>
  steady(start.stdout)
    .split('\n')
    .filter((line) => /^prodserver *\| /.test(line))
    .map((line) => line.replace(/^prodserver *\| /, ''));

/** Every change of one instance, in order. */
export const story = (start: Running, instance: string): string[] =>
  said(start)
    .filter((line) => line.startsWith(`${instance} `))
    .map((line) => line.slice(instance.length + 1));

/** What is said of an instance that becomes ready. */
export const READY = ['STOPPED -> STARTING (pid N)', 'STARTING -> RUNNING (pid N, ready after T)'] as const;

/** Waits until so many more have become ready. */
export async function becomeReady(start: Running, count: number): Promise<void> {
  for (let seen = 0; seen < count; seen += 1) await start.says(/\.1 \w+ -> RUNNING/);
}

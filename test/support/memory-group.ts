/** A real memory cgroup for one test. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { until } from './rig.ts';

export interface MemoryGroup {
  /** The beginning of a command that runs the rest of it in the group. */
  readonly command: readonly [string, ...string[]];
  /** Once nobody is in it any more. */
  empty(): Promise<unknown>;
}

let groups = 0;

/** With a limit in bytes, v1 or v2; null where none can be made: it needs root and a writable /sys/fs/cgroup. */
export function memoryGroup(bytes: number): MemoryGroup | null {
  const name = `prodserver-test-${process.pid}-${(groups += 1)}`;
  for (const [root, limit] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const folder = `${root}/${name}`;
    try {
      mkdirSync(folder);
      onTestFinished(() => rmdirSync(folder));
      writeFileSync(`${folder}/${limit}`, String(bytes));
    } catch {
      continue; // the other version, or a container that may not
    }
    const members = `${folder}/cgroup.procs`;
    return {
      command: ['sh', '-c', `echo $$ > ${members} && exec "$@"`, 'sh'],
      empty: () => until(() => readFileSync(members, 'utf8') === '', 'the group to be empty'),
    };
  }
  return null;
}

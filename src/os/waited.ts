/** Pids that libuv waits for; the reaper must leave them alone. */
const waitedFor = new Set<number>();

/** Registers a child that was just spawned, until its exit. */
export function claim(subprocess: {
  readonly pid?: number | undefined;
  once(event: 'exit', listener: () => void): unknown;
}): void {
  const { pid } = subprocess;
  if (pid === undefined) return;
  waitedFor.add(pid);
  subprocess.once('exit', () => waitedFor.delete(pid));
}

export const isWaitedFor = (pid: number): boolean => waitedFor.has(pid);

/** What a manifest has, in the columns of `supervisorctl avail`. */
export interface Available {
  readonly instance: string;
  /** A supervisor has it, whatever its state is. */
  readonly in_use: boolean;
  readonly autostart: boolean;
}

/** `worker.1                         in use    auto` */
export function availLines(processes: readonly Available[]): string[] {
  const width = Math.max(32, ...processes.map(({ instance }) => instance.length)) + 1;
  return processes.map(
    ({ instance, in_use: used, autostart }) =>
      `${instance.padEnd(width)}${(used ? 'in use' : 'avail').padEnd(10)}${autostart ? 'auto' : 'manual'}`,
  );
}

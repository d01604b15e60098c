/** When a process that works well is to be replaced. Pure. */
import type { MemoryKind, ReplaceCause } from '../model/process.ts';
import type { RecyclePolicy } from '../model/spec.ts';
import type { Proportional } from '../os/memory.ts';

/** What was drawn for one run. */
export interface Draw {
  readonly maxTasks: number | null;
  readonly maxAgeMs: number | null;
  /** When the schedule comes for it, in milliseconds since the epoch. */
  readonly dueAt: number | null;
}

export type NextRun = (pattern: string, timezone: string | null, after: Date) => Date | null;

export interface RecyclingPorts {
  /** The memory of these processes together, shared pages counted once. */
  pss(pids: readonly number[]): Promise<Proportional>;
  readonly nextRun: NextRun;
}

/**
 * Lower limits, so that replicas which were started together are not replaced together. The schedule's next instant is
 * kept, not compared with the last look: whoever has to wait for another one's replacement is still due after it.
 */
export function draw(policy: RecyclePolicy, chance: () => number, wall: number, nextRun: NextRun): Draw {
  const { maxTasks, maxAgeMs, schedule, timezone, jitter } = policy;
  const lowered = (limit: number): number => limit * (1 - jitter * chance());
  return {
    maxTasks: maxTasks === null ? null : Math.ceil(lowered(maxTasks)),
    maxAgeMs: maxAgeMs === null ? null : lowered(maxAgeMs),
    dueAt: schedule === null ? null : (nextRun(schedule, timezone, new Date(wall))?.getTime() ?? null),
  };
}

/** Bytes; RSS stands for PSS where that may not be read. */
export interface Used {
  readonly bytes: number;
  readonly memory: MemoryKind;
}

/** What is known of a run that is ready. */
export interface Known {
  /** Milliseconds that it has been ready, and since it was started. */
  readonly readyMs: number;
  readonly ageMs: number;
  /** Null: it does not tell. */
  readonly tasksDone: number | null;
  /** Null: below every limit, or not read this time. */
  readonly used: Used | null;
  /** Its broker does not answer, so a successor could not get ready either. */
  readonly stranded: boolean;
  /** Milliseconds since the epoch. */
  readonly wall: number;
}

export function reasonToReplace(policy: RecyclePolicy, drawn: Draw, known: Known): ReplaceCause | null {
  const { used, tasksDone, ageMs, wall } = known;
  const above = (limit: number | null, hard: boolean): ReplaceCause | null =>
    used === null || limit === null || used.bytes <= limit
      ? null
      : { kind: 'memory', memory: used.memory, usedBytes: used.bytes, limitBytes: limit, hard };
  const hard = above(policy.maxMemoryHard, true);
  // The machine itself is at stake, so this one waits for nothing.
  if (hard !== null) return hard;
  if (known.stranded || known.readyMs < policy.minUptimeMs) return null;
  const soft = above(policy.maxMemory, false);
  if (soft !== null) return soft;
  if (drawn.maxTasks !== null && tasksDone !== null && tasksDone >= drawn.maxTasks)
    return { kind: 'max-tasks', done: tasksDone, limit: drawn.maxTasks };
  if (drawn.maxAgeMs !== null && ageMs >= drawn.maxAgeMs)
    return { kind: 'max-age', ageMs, limitMs: drawn.maxAgeMs };
  if (drawn.dueAt !== null && policy.schedule !== null && wall >= drawn.dueAt)
    return { kind: 'schedule', pattern: policy.schedule };
  return null;
}

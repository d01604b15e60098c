/**
 * Verdicts on what a worker or beat last said of itself: pure, one look at a time.
 *
 * A process is blamed only for what its restart can heal. So each age counts from the last moment at which something
 * else was known to be in its way: its broker lost, all of its slots taken, the supervisor itself not running.
 */
import type { ProbeTrouble } from '../model/process.ts';
import type { LinkLiveness } from '../model/spec.ts';
import { tasksDone, type BeatVitals, type Vitals, type WorkerVitals } from '../model/vitals.ts';
import { unreachable } from '../model/unreachable.ts';

/** What has to be remembered between two looks. Instants are the clock's monotonic milliseconds. */
export interface Memory {
  /** Since when nothing else was in its way. */
  readonly since: number;
  /** When it was last seen to have a task, and to have no slot free. */
  readonly busyAt: number;
  readonly fullAt: number;
  /** When it was last seen to ask its broker for messages, or not to be in a position to. */
  readonly askedAt: number;
  /** When a task was last seen to have ended, or a slot to be free. */
  readonly movedAt: number;
  readonly done: number;
  /** Children that had ended, and tasks, at the beginning of the minute that is being counted. */
  readonly minute: { readonly from: number; readonly exits: number; readonly done: number } | null;
}

export type Sign =
  /** `needsBroker`: it counts only while the broker itself answers. */
  | { readonly kind: 'hung'; readonly trouble: ProbeTrouble; readonly needsBroker: boolean }
  /** All slots are held by tasks older than the limit. */
  | { readonly kind: 'stuck'; readonly task: string; readonly ageMs: number; readonly slots: number }
  /** Children of the pool end at a great rate. */
  | { readonly kind: 'churn'; readonly exits: number; readonly done: number; readonly ms: number };

export interface Look {
  readonly signs: readonly Sign[];
  readonly memory: Memory;
}

/**
 * How many times `loopMs` a solo worker that has a task may say nothing at all: C code that holds the interpreter's lock
 * silences its native thread too. It is a frozen process or a working one, and to end a working one costs a task.
 */
const SOLO_SILENCES = 10;
/** Children that end within a minute, for each slot: a task every ten seconds in a child of its own is no fault. */
const CHURN = 6;
const MINUTE_MS = 60_000;

/** The beginning, and what is left after something else was in its way. */
export const newMemory = (now: number): Memory => ({
  since: now,
  busyAt: now,
  fullAt: now,
  askedAt: now,
  movedAt: now,
  done: 0,
  minute: null,
});

export function look(policy: LinkLiveness, vitals: Vitals, before: Memory, now: number): Look {
  switch (vitals.kind) {
    case 'worker': {
      const memory = remember(vitals, before, now);
      const worst = loopSign(policy, vitals, memory, now) ?? consumerSign(policy, vitals, memory, now);
      const signs = [worst, stuckSign(policy, vitals, memory, now), churnSign(vitals, memory, now)];
      return { signs: signs.filter((sign) => sign !== null), memory: nextMinute(vitals, memory, now) };
    }
    case 'beat': {
      const sign = beatSign(policy, vitals, before, now);
      return { signs: sign === null ? [] : [sign], memory: before };
    }
    default:
      return unreachable(vitals);
  }
}

const hung = (target: string, got: string, needsBroker = true): Sign => ({
  kind: 'hung',
  trouble: { probe: 'celery', target, got },
  needsBroker,
});

const isFull = ({ slots, active }: WorkerVitals): boolean => slots !== null && active >= slots;

function remember(vitals: WorkerVitals, before: Memory, now: number): Memory {
  const done = tasksDone(vitals.counts);
  const full = isFull(vitals);
  return {
    ...before,
    busyAt: vitals.active > 0 ? now : before.busyAt,
    fullAt: full ? now : before.fullAt,
    askedAt: vitals.polling === false && !full ? before.askedAt : now,
    movedAt: full && done === before.done ? before.movedAt : now,
    done,
  };
}

function loopSign(policy: LinkLiveness, vitals: WorkerVitals, memory: Memory, now: number): Sign | null {
  const { loop, loopMs } = policy;
  const silentMs = now - Math.max(vitals.heardAt, memory.since);
  const ageMs = Math.min(vitals.loopAgeMs + now - vitals.heardAt, now - memory.since);
  const still = (ms: number): string => `no turn for ${seconds(ms)}`;
  switch (loop) {
    case 'beside':
      return ageMs > loopMs ? hung(CONSUMER, still(ageMs)) : null;
    case 'with':
      // It is a task that blocks it, unless there is none: then it may be the broker.
      return ageMs > loopMs ? hung('hub', still(ageMs), vitals.active === 0) : null;
    case 'between': {
      if (vitals.active > 0) {
        if (silentMs <= SOLO_SILENCES * loopMs) return null;
        return hung('process', `no report for ${seconds(silentMs)}, with a task running`, false);
      }
      // The loop has not turned while there was a task, and is not to be blamed for that afterwards.
      const idleMs = Math.min(ageMs, now - memory.busyAt);
      return idleMs > loopMs ? hung(CONSUMER, still(idleMs)) : null;
    }
    case 'beat':
      return null;
    default:
      return unreachable(loop);
  }
}

const CONSUMER = 'consumer loop';

function consumerSign(policy: LinkLiveness, vitals: WorkerVitals, memory: Memory, now: number): Sign | null {
  if (isFull(vitals)) return null;
  const deafMs = now - memory.askedAt;
  if (deafMs > policy.pollingMs)
    return hung('consumer', `asks the broker for nothing for ${seconds(deafMs)}`);
  const canaryMs = Math.min(vitals.canaryMs ?? 0, now - Math.max(memory.fullAt, memory.since));
  if (policy.canaryMs === null || canaryMs <= policy.canaryMs) return null;
  return hung('consumer', `a message to itself is unanswered for ${seconds(canaryMs)}`);
}

function stuckSign(policy: LinkLiveness, vitals: WorkerVitals, memory: Memory, now: number): Sign | null {
  const { slots, oldest } = vitals;
  if (policy.taskMs === null || slots === null || oldest === null || !isFull(vitals)) return null;
  const ageMs = oldest.ageMs + now - vitals.heardAt;
  // No slot was given up for so long, so none of the tasks is younger than that.
  if (ageMs <= policy.taskMs || now - memory.movedAt <= policy.taskMs) return null;
  return { kind: 'stuck', task: oldest.task, ageMs, slots };
}

function churnSign(vitals: WorkerVitals, { minute }: Memory, now: number): Sign | null {
  if (minute === null || vitals.slots === null) return null;
  const exits = vitals.childExits - minute.exits;
  if (exits <= CHURN * vitals.slots) return null;
  return { kind: 'churn', exits, done: tasksDone(vitals.counts) - minute.done, ms: now - minute.from };
}

function nextMinute(vitals: WorkerVitals, memory: Memory, now: number): Memory {
  const { minute } = memory;
  if (minute !== null && now - minute.from < MINUTE_MS) return memory;
  return {
    ...memory,
    minute: { from: now, exits: vitals.childExits, done: tasksDone(vitals.counts) },
  };
}

function beatSign(policy: LinkLiveness, vitals: BeatVitals, { since }: Memory, now: number): Sign | null {
  const due = Math.max(vitals.heardAt + vitals.nextMs, since);
  const lateMs = now - due;
  return lateMs <= policy.beatMs ? null : hung('scheduler', `a tick is ${seconds(lateMs)} late`);
}

/** What is said of slots that are stuck where they are a reason to restart. */
export const stuckTrouble = ({ task, ageMs, slots }: Extract<Sign, { kind: 'stuck' }>): ProbeTrouble => ({
  probe: 'celery',
  target: slots === 1 ? 'its slot' : `all ${slots} slots`,
  got: `taken, the longest by ${task} for ${seconds(ageMs)}`,
});

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** A machine for every state and sub-phase, and every event. One that is missing here is a compile error. */
import type {
  BackoffCause,
  Event,
  FatalCause,
  Machine,
  State,
  StoppingPhase,
  Then,
} from '../../src/supervisor/state.ts';
import { exitOf, HELD, LOSS, MISSING, policy, REFUSED, SILENT, TROUBLE } from './machine-support.ts';

export const NOW = { at: 100_000, chance: 0.5 };
export const GENERATION = 7;
export const TIMER = 30;
const PID = 107;
const since = 90_000;
const generation = GENERATION;

const BACKOFF_CAUSES: Record<BackoffCause['kind'], BackoffCause> = {
  crash: { kind: 'crash', exit: exitOf(1) },
  'start-timeout': { kind: 'start-timeout', exit: exitOf(0) },
  unresponsive: { kind: 'unresponsive', exit: exitOf(0), trouble: SILENT },
  failure: { kind: 'failure', failure: REFUSED },
};
const FATAL_CAUSES: Record<FatalCause['kind'], FatalCause> = {
  failure: { kind: 'failure', failure: MISSING },
  'permanent-exit': { kind: 'permanent-exit', exit: exitOf(2) },
  attempts: { kind: 'attempts', attempts: 3, exit: exitOf(1) },
};
const THENS: Record<Then['kind'], readonly Then[]> = {
  rest: [{ kind: 'rest' }],
  begin: [{ kind: 'begin' }],
  reclaim: [
    { kind: 'reclaim', loss: LOSS, killAt: 102_000, after: 'begin' },
    { kind: 'reclaim', loss: LOSS, killAt: 99_000, after: 'rest' },
  ],
  backoff: [105_000, NOW.at].map((until) => ({ kind: 'backoff', until, cause: BACKOFF_CAUSES.crash })),
  leave: [{ kind: 'leave', exit: exitOf(0) }],
  'give-up': Object.values(FATAL_CAUSES).map((cause) => ({ kind: 'give-up', cause })),
  judge: [
    { kind: 'judge', verdict: { kind: 'start-timeout' } },
    { kind: 'judge', verdict: { kind: 'unresponsive', trouble: SILENT, readyMs: 5000 } },
  ],
};
const PHASES: Record<StoppingPhase['kind'], readonly StoppingPhase[]> = {
  spawning: [0, 2].map((rung) => ({ kind: 'spawning', rung })),
  signalled: [0, 1, 2].map((rung) => ({ kind: 'signalled', pid: PID, rung, until: 101_000 })),
  sweeping: [{ kind: 'sweeping' }],
};
const starting = { id: 'STARTING', since, generation, trouble: null } as const;
export const STATES: { readonly [Id in State['id']]: readonly Extract<State, { id: Id }>[] } = {
  STOPPED: [false, true].map((ordered) => ({ id: 'STOPPED', since, ordered })),
  WAITING: [
    { id: 'WAITING', since, generation, hindrance: null, timer: null },
    { id: 'WAITING', since, generation, hindrance: HELD, timer: TIMER },
    { id: 'WAITING', since, generation, hindrance: HELD, timer: null },
  ],
  STARTING: [
    { ...starting, pid: null, until: null, leftMs: 60_000, timer: null },
    { ...starting, pid: PID, until: 104_000, leftMs: 60_000, timer: TIMER },
    { ...starting, pid: PID, until: null, leftMs: 9000, trouble: TROUBLE, timer: null },
  ],
  RUNNING: [null, TROUBLE].map((trouble) => ({ id: 'RUNNING', since, generation, pid: PID, trouble })),
  BACKOFF: Object.values(BACKOFF_CAUSES).map((cause) => ({
    id: 'BACKOFF',
    since,
    until: 104_000,
    cause,
    timer: TIMER,
  })),
  STOPPING: Object.values(PHASES)
    .flat()
    .flatMap((phase) =>
      Object.values(THENS)
        .flat()
        .map((next) => {
          const timer = phase.kind === 'signalled' ? TIMER : null;
          return { id: 'STOPPING', since, generation, phase, next, timer } as const;
        }),
    ),
  EXITED: [{ id: 'EXITED', since, exit: exitOf(0) }],
  FATAL: Object.values(FATAL_CAUSES).map((cause) => ({ id: 'FATAL', since, cause })),
};

export const EVENTS: {
  readonly [Type in Event['type']]: (generation: number) => readonly Extract<Event, { type: Type }>[];
} = {
  'start-ordered': () => [{ type: 'start-ordered' }],
  'stop-ordered': () => [{ type: 'stop-ordered' }],
  'step-ordered': () => [{ type: 'step-ordered' }],
  'kill-ordered': () => [{ type: 'kill-ordered' }],
  retired: () => [
    { type: 'retired', why: 'memory', next: 'begin' },
    { type: 'retired', why: 'memory', next: 'rest' },
  ],
  'lock-acquired': (generation) => [{ type: 'lock-acquired', generation }],
  'lock-refused': (generation) => [{ type: 'lock-refused', generation, hindrance: HELD }],
  'lock-failed': (generation) => [
    { type: 'lock-failed', generation, failure: REFUSED, permanent: false },
    { type: 'lock-failed', generation, failure: MISSING, permanent: true },
  ],
  'hindrance-changed': () => [{ type: 'hindrance-changed' }],
  spawned: (generation) => [{ type: 'spawned', generation, pid: PID }],
  'spawn-failed': (generation) => [
    { type: 'spawn-failed', generation, failure: REFUSED, permanent: false },
    { type: 'spawn-failed', generation, failure: MISSING, permanent: true },
    { type: 'spawn-failed', generation, failure: REFUSED, permanent: false, turnMs: 300 },
  ],
  'became-ready': (generation) => [{ type: 'became-ready', generation }],
  'broker-lost': (generation) => [{ type: 'broker-lost', generation, trouble: TROUBLE }],
  'broker-found': (generation) => [{ type: 'broker-found', generation }],
  'lock-lost': (generation) => [{ type: 'lock-lost', generation, loss: LOSS }],
  'fell-silent': (generation) => [{ type: 'fell-silent', generation, trouble: SILENT }],
  exited: (generation) => [
    ...[1, 2, 0].map((code) => ({ type: 'exited', generation, exit: exitOf(code), refusal: null }) as const),
    { type: 'exited', generation, exit: exitOf(127), refusal: MISSING },
  ],
  swept: (generation) => [{ type: 'swept', generation }],
  'timer-fired': () => [{ type: 'timer-fired', timer: TIMER }],
};

export const EVENT_TYPES = Object.keys(EVENTS) as Event['type'][];

export const eventsOf = (generation: number): Event[] =>
  EVENT_TYPES.flatMap((type): readonly Event[] => EVENTS[type](generation));

/** A lock is wanted where one is waited for; elsewhere both ways. Whatever is watched is locked too. */
const machinesIn = (state: State): Machine[] =>
  (state.id === 'WAITING' ? [true] : [false, true]).map((locked) => ({
    policy: policy({ locked, live: locked, stackDump: locked ? 'SIGUSR1' : null }),
    state,
    generation: GENERATION,
    timers: TIMER,
    failures: 2,
    refusals: 1,
    restarts: 4,
    exit: exitOf(1),
    stale: 0,
  }));

export const ALL: readonly Machine[] = Object.values(STATES).flat().flatMap(machinesIn);

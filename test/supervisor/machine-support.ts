/** What the tests of the machine share: samples, one-line descriptions, what makes a machine valid, and `life`. */
import { formatDuration } from '../../src/model/units.ts';
import { failure } from '../../src/model/failure.ts';
import type { Exit, Hindrance, LockHolder, LockLoss, ProbeTrouble } from '../../src/model/process.ts';
import type { RestartPolicy } from '../../src/model/spec.ts';
import { unreachable } from '../../src/model/unreachable.ts';
import { NO_LEASE } from '../support/spec.ts';
import { newMachine, step } from '../../src/supervisor/machine.ts';
import type { Effect, Event, Machine, Policy, State, Step, Then } from '../../src/supervisor/state.ts';

export const RESTART: RestartPolicy = {
  policy: 'always',
  maxAttempts: null,
  initialMs: 1000,
  maxMs: 60_000,
  factor: 2,
  stableAfterMs: 600_000,
};

export type PolicyChange = Partial<Omit<Policy, 'restart'>> & { readonly restart?: Partial<RestartPolicy> };

/** Celery's prefork ladder, its permanent exit code 2, and the defaults of everything else. */
export const policy = (change: PolicyChange = {}): Policy => ({
  startTimeoutMs: 60_000,
  stop: [
    { signal: 'SIGTERM', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5000 },
    { signal: 'SIGKILL', waitMs: 1000 },
  ],
  permanentExitCodes: [2],
  locked: false,
  live: false,
  stackDump: null,
  ...change,
  restart: { ...RESTART, ...change.restart },
});

export const REFUSED = failure('spawn-refused', { errno: 'EAGAIN', detail: 'fork' });
export const MISSING = failure('program-missing', { program: 'celery', searched: ['/bin'] });
export const TROUBLE = { url: 'redis://:***@localhost', error: 'connection refused' };
export const HOLDER: LockHolder = {
  ...NO_LEASE,
  pid: 42,
  supervisorPid: 41,
  since: null,
  manifest: null,
  file: '/run/beat.lock',
};

export const HELD: Hindrance = { kind: 'lock', holder: HOLDER };
export const LOSS: LockLoss = { file: 'redis://cache:6379 beat', why: 'silent', graceMs: 2000 };
export const SILENT: ProbeTrouble = { probe: 'http', target: 'http://127.0.0.1:8000/', got: 'no answer' };

/** The longest that the world of the model takes for each answer, in milliseconds. */
export const BOUNDS = { spawnMs: 200, killMs: 100, lagMs: 20, sweepMs: 100 } as const;

/** A number is a code, a word a signal. */
export const exitOf = (how: number | string): Exit =>
  typeof how === 'number' ? { code: how, signal: null } : { code: null, signal: how };

const showExit = (exit: Exit): string => String(exit.code ?? exit.signal);

function showThen(next: Then): string {
  switch (next.kind) {
    case 'rest':
    case 'begin':
      return next.kind;
    case 'reclaim':
      return `reclaim(${next.after})`;
    case 'judge':
      return `judge(${next.verdict.kind})`;
    case 'backoff':
      return `backoff(${next.cause.kind})`;
    case 'leave':
      return `leave(${showExit(next.exit)})`;
    case 'give-up':
      return `give-up(${next.cause.kind})`;
    default:
      return unreachable(next);
  }
}

export function showState(state: State): string {
  switch (state.id) {
    case 'STOPPED':
      return state.ordered ? 'STOPPED ordered' : 'STOPPED new';
    case 'WAITING':
      return state.timer === null ? 'WAITING asking' : 'WAITING held';
    case 'STARTING':
      if (state.pid === null) return 'STARTING unspawned';
      return state.until === null ? `STARTING paused (${formatDuration(state.leftMs)} left)` : 'STARTING';
    case 'RUNNING':
      return state.trouble === null ? 'RUNNING' : 'RUNNING without broker';
    case 'BACKOFF':
      return `BACKOFF ${state.cause.kind}`;
    case 'STOPPING': {
      const { phase } = state;
      const rung = phase.kind === 'sweeping' ? '' : ` ${phase.rung}`;
      return `STOPPING ${phase.kind}${rung}, ${showThen(state.next)}`;
    }
    case 'EXITED':
      return `EXITED ${showExit(state.exit)}`;
    case 'FATAL':
      return `FATAL ${state.cause.kind}`;
    default:
      return unreachable(state);
  }
}

export function showEffect(effect: Effect): string {
  switch (effect.do) {
    case 'take-lock':
    case 'abandon-lock':
    case 'spawn':
    case 'sweep':
      return `${effect.do} #${effect.generation}`;
    case 'watch-readiness':
    case 'watch-liveness':
    case 'stop-watching':
      return effect.do;
    case 'signal':
      return effect.signal;
    case 'kill-tree':
      return 'kill-tree';
    case 'arm':
      return `arm ${formatDuration(effect.ms)}`;
    case 'disarm':
      return 'disarm';
    default:
      return unreachable(effect);
  }
}

export const showStep = ({ machine, effects }: Step): string =>
  `${showState(machine.state)} [${effects.map(showEffect).join(', ')}]`;

/** Cheaper than `expect`, for what is asked a million times. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`broken: ${what}`);
}

/** What TypeScript cannot say of a machine. */
export function mustBeValid(machine: Machine): void {
  const { state, policy: rules } = machine;
  for (const count of ['generation', 'timers', 'failures', 'refusals', 'restarts', 'stale'] as const) {
    must(Number.isSafeInteger(machine[count]) && machine[count] >= 0, `${count} counts`);
  }
  if (machine.exit !== null) mustBeExit(machine.exit);
  if ('generation' in state) must(state.generation === machine.generation, 'the state is of the newest run');
  if ('timer' in state && state.timer !== null) must(state.timer <= machine.timers, 'the timer was given');
  switch (state.id) {
    case 'WAITING':
      must(rules.locked, 'only a lock that is wanted is waited for');
      must(
        state.timer === null || state.hindrance !== null,
        'asked again later only where somebody holds it',
      );
      break;
    case 'STARTING':
      must((state.timer !== null) === (state.until !== null), 'the timeout has a timer');
      must(state.until === null || state.pid !== null, 'the timeout begins with the process');
      must(state.until === null || state.trouble === null, 'the timeout stands still without a broker');
      must(state.leftMs >= 0 && state.leftMs <= rules.startTimeoutMs, 'what is left is part of the timeout');
      break;
    case 'BACKOFF':
      must(state.until >= state.since, 'the wait ends after it began');
      break;
    case 'STOPPING': {
      const { phase } = state;
      must((state.timer !== null) === (phase.kind === 'signalled'), 'a rung has a timer');
      must(
        phase.kind === 'sweeping' || rules.stop[phase.rung] !== undefined,
        'the rung is one of the ladder',
      );
      break;
    }
    case 'EXITED':
      mustBeExit(state.exit);
      break;
    case 'STOPPED':
    case 'RUNNING':
    case 'FATAL':
      break;
    default:
      unreachable(state);
  }
}

function mustBeExit({ code, signal }: Exit): void {
  must((code === null) !== (signal === null), 'an exit is a code or a signal');
}

/** A machine with a clock in hand: each word tells it one event and gives back its state and effects in one line. */
export function life(change: PolicyChange = {}) {
  let machine = newMachine(policy(change), 0);
  let at = 0;
  let chance = 0.5;
  const armed = new Map<number, number>();

  function tell(event: Event): string {
    const done = step(machine, event, { at, chance });
    machine = done.machine;
    mustBeValid(machine);
    for (const effect of done.effects) {
      if (effect.do === 'arm') armed.set(effect.timer, at + effect.ms);
      if (effect.do === 'disarm') armed.delete(effect.timer);
    }
    return showStep(done);
  }
  /** The events of a run carry its generation. */
  const own = (): { generation: number } => ({ generation: machine.generation });

  return {
    tell,
    machine: (): Machine => machine,
    now: (): number => at,
    draw: (next: number): void => void (chance = next),
    start: () => tell({ type: 'start-ordered' }),
    stop: () => tell({ type: 'stop-ordered' }),
    step: () => tell({ type: 'step-ordered' }),
    kill: () => tell({ type: 'kill-ordered' }),
    lockLost: (graceMs: number) => tell({ type: 'lock-lost', ...own(), loss: { ...LOSS, graceMs } }),
    retired: (next: 'begin' | 'rest') => tell({ type: 'retired', why: 'max-tasks', next }),
    acquired: () => tell({ type: 'lock-acquired', ...own() }),
    refused: () => tell({ type: 'lock-refused', ...own(), hindrance: HELD }),
    lockFailed: (permanent = false) =>
      tell({ type: 'lock-failed', ...own(), failure: permanent ? MISSING : REFUSED, permanent }),
    spawned: () => tell({ type: 'spawned', ...own(), pid: 100 + machine.generation }),
    spawnFailed: (permanent = false) =>
      tell({ type: 'spawn-failed', ...own(), failure: permanent ? MISSING : REFUSED, permanent }),
    ready: () => tell({ type: 'became-ready', ...own() }),
    brokerLost: () => tell({ type: 'broker-lost', ...own(), trouble: TROUBLE }),
    brokerFound: () => tell({ type: 'broker-found', ...own() }),
    silent: () => tell({ type: 'fell-silent', ...own(), trouble: SILENT }),
    moved: () => tell({ type: 'hindrance-changed' }),
    exits: (how: number | string) => tell({ type: 'exited', ...own(), exit: exitOf(how), refusal: null }),
    isRefused: () => tell({ type: 'exited', ...own(), exit: exitOf(127), refusal: MISSING }),
    swept: () => tell({ type: 'swept', ...own() }),
    /** Lets time pass; says what each timer that fires on the way leads to. */
    pass(ms: number): string[] {
      const end = at + ms;
      const said: string[] = [];
      for (;;) {
        const due = [...armed].filter(([, when]) => when <= end).sort((a, b) => a[1] - b[1])[0];
        if (due === undefined) break;
        const [timer, when] = due;
        armed.delete(timer);
        at = when;
        said.push(tell({ type: 'timer-fired', timer }));
      }
      at = end;
      return said;
    },
  };
}

export type Life = ReturnType<typeof life>;

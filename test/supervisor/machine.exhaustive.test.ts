/** Every state and sub-phase meets every event. */
import { expect, test } from 'vitest';
import { step } from '../../src/supervisor/machine.ts';
import type { Effect, Event, Machine, State } from '../../src/supervisor/state.ts';
import { ALL, eventsOf, GENERATION, NOW, STATES, TIMER } from './machine-samples.ts';
import { mustBeValid, showState, showStep } from './machine-support.ts';

test.each(Object.keys(STATES) as State['id'][])('%s gives a valid machine for every event', (id) => {
  for (const machine of ALL.filter((one) => one.state.id === id)) {
    mustBeValid(machine);
    for (const event of eventsOf(GENERATION)) {
      const { machine: after, effects } = step(machine, event, NOW);
      mustBeValid(after);
      expectTimersInOrder(machine, after, effects);
      expect(after.policy).toBe(machine.policy);
      expect(after.generation - machine.generation).toBeOneOf([0, 1]);
      expect(after.restarts - machine.restarts).toBeOneOf([0, 1]);
      if (after.stale > machine.stale) expect({ after, effects }).toEqual(dropped(machine));
    }
  }
});

test.each(Object.keys(STATES) as State['id'][])('%s drops and counts what is stale', (id) => {
  const ofAnotherRun = [GENERATION - 1, GENERATION + 1]
    .flatMap(eventsOf)
    .filter((event) => 'generation' in event);
  const foreignTimers = [TIMER - 1, TIMER + 1].map((timer) => ({ type: 'timer-fired', timer }) as const);
  for (const machine of ALL.filter((one) => one.state.id === id)) {
    for (const event of [...ofAnotherRun, ...foreignTimers]) {
      const { machine: after, effects } = step(machine, event, NOW);
      expect({ after, effects }).toEqual(dropped(machine));
    }
  }
});

test('no step changes the machine that it was given', () => {
  for (const machine of ALL) {
    const before = structuredClone(machine);
    for (const event of eventsOf(GENERATION)) step(machine, event, NOW);
    expect(machine).toEqual(before);
  }
});

const dropped = (machine: Machine): unknown => ({
  after: { ...machine, stale: machine.stale + 1 },
  effects: [],
});

/** The timer that a state leaves behind is disarmed, the one that it brings is armed, and no other is touched. */
function expectTimersInOrder(before: Machine, after: Machine, effects: readonly Effect[]): void {
  const timerOf = ({ state }: Machine): number | null => ('timer' in state ? state.timer : null);
  const [old, young] = [timerOf(before), timerOf(after)];
  const touched = effects.flatMap((effect) => ('timer' in effect ? [[effect.do, effect.timer]] : []));
  expect(touched).toEqual([
    ...(old === null || old === young ? [] : [['disarm', old]]),
    ...(young === null || young === old ? [] : [['arm', young]]),
  ]);
}

/** Those that the machine can get into, each once. */
function reachable({ state, policy: { locked } }: Machine): boolean {
  if (state.id === 'STOPPED') return state.ordered;
  if (locked) return state.id === 'WAITING';
  if (state.id === 'BACKOFF') return state.cause.kind === 'crash';
  if (state.id === 'FATAL') return state.cause.kind === 'attempts';
  if (state.id !== 'STOPPING') return true;
  const { phase, next } = state;
  if (phase.kind === 'spawning') return phase.rung === 0 && ['rest', 'begin'].includes(next.kind);
  if (phase.kind === 'signalled') {
    return ['rest', phase.rung === 0 ? 'begin' : '', phase.rung === 0 ? 'judge' : ''].includes(next.kind);
  }
  return next.kind !== 'judge' && !(next.kind === 'give-up' && next.cause.kind !== 'attempts');
}

function showEvent(event: Event): string {
  if (event.type === 'exited') return `exited ${event.exit.code}`;
  if (event.type === 'retired') return `retired to ${event.next}`;
  return 'permanent' in event && event.permanent ? `${event.type} for good` : event.type;
}

/** One line for all events of a state that lead to the same; what is dropped is left out. */
function table(): string {
  const lines: string[] = [];
  for (const machine of ALL.filter(reachable)) {
    const { state } = machine;
    const lock = machine.policy.locked && state.id !== 'WAITING' ? ' (lock)' : '';
    const late = state.id === 'STOPPING' && state.next.kind === 'backoff' && state.next.until <= NOW.at;
    const outcomes = new Map<string, string[]>();
    for (const event of eventsOf(GENERATION)) {
      const done = step(machine, event, NOW);
      if (done.machine.stale > machine.stale) continue;
      const outcome = done.machine.state === state ? 'the same []' : showStep(done);
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), showEvent(event)]);
    }
    for (const [outcome, events] of outcomes) {
      lines.push(`${showState(state)}${late ? ' due' : ''}${lock} + ${events.join(' | ')} -> ${outcome}`);
    }
  }
  return lines.join('\n');
}

test('the whole transition relation', () => {
  expect(table()).toMatchInlineSnapshot(`
    "STOPPED ordered + start-ordered -> STARTING unspawned [spawn #8]
    STOPPED ordered + stop-ordered | step-ordered | kill-ordered | retired to begin | retired to rest | hindrance-changed -> the same []
    STOPPED ordered (lock) + start-ordered -> WAITING asking [take-lock #8]
    STOPPED ordered (lock) + stop-ordered | step-ordered | kill-ordered | retired to begin | retired to rest | hindrance-changed -> the same []
    WAITING asking + start-ordered | retired to begin | hindrance-changed -> the same []
    WAITING asking + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPED ordered [abandon-lock #7]
    WAITING asking + lock-acquired -> STARTING unspawned [spawn #7]
    WAITING asking + lock-refused -> WAITING held [arm 1 s]
    WAITING asking + lock-failed -> BACKOFF failure [arm 2 s]
    WAITING asking + lock-failed for good -> FATAL failure []
    WAITING held + start-ordered | hindrance-changed | timer-fired -> WAITING asking [disarm, take-lock #7]
    WAITING held + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPED ordered [disarm, abandon-lock #7]
    WAITING held + retired to begin -> the same []
    WAITING held + lock-acquired -> STARTING unspawned [disarm, spawn #7]
    WAITING held + lock-refused -> WAITING held [disarm, arm 1 s]
    WAITING held + lock-failed -> BACKOFF failure [disarm, arm 2 s]
    WAITING held + lock-failed for good -> FATAL failure [disarm]
    WAITING asking + start-ordered | retired to begin | hindrance-changed -> the same []
    WAITING asking + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPED ordered [abandon-lock #7]
    WAITING asking + lock-acquired -> STARTING unspawned [spawn #7]
    WAITING asking + lock-refused -> WAITING held [arm 1 s]
    WAITING asking + lock-failed -> BACKOFF failure [arm 2 s]
    WAITING asking + lock-failed for good -> FATAL failure []
    STARTING unspawned + start-ordered | retired to begin | hindrance-changed -> the same []
    STARTING unspawned + stop-ordered | step-ordered | retired to rest -> STOPPING spawning 0, rest []
    STARTING unspawned + kill-ordered -> STOPPING spawning 2, rest []
    STARTING unspawned + spawned -> STARTING [watch-readiness, arm 1 min]
    STARTING unspawned + spawn-failed -> BACKOFF failure [arm 2 s]
    STARTING unspawned + spawn-failed for good -> FATAL failure []
    STARTING unspawned + spawn-failed -> BACKOFF failure [arm 300 ms]
    STARTING unspawned + lock-lost -> STOPPING spawning 0, reclaim(begin) []
    STARTING + start-ordered | hindrance-changed | broker-found -> the same []
    STARTING + stop-ordered | step-ordered | retired to rest -> STOPPING signalled 0, rest [disarm, stop-watching, SIGTERM, arm 10 s]
    STARTING + kill-ordered -> STOPPING signalled 2, rest [disarm, stop-watching, kill-tree, arm 1 s]
    STARTING + retired to begin -> STOPPING signalled 0, begin [disarm, stop-watching, SIGTERM, arm 10 s]
    STARTING + became-ready -> RUNNING [disarm, stop-watching]
    STARTING + broker-lost -> STARTING paused (4 s left) [disarm]
    STARTING + lock-lost -> STOPPING signalled 0, reclaim(begin) [disarm, stop-watching, SIGTERM, arm 2 s]
    STARTING + exited 1 | exited 0 -> STOPPING sweeping, backoff(crash) [disarm, stop-watching, sweep #7]
    STARTING + exited 2 -> STOPPING sweeping, give-up(permanent-exit) [disarm, stop-watching, sweep #7]
    STARTING + exited 127 -> STOPPING sweeping, give-up(failure) [disarm, stop-watching, sweep #7]
    STARTING + timer-fired -> STOPPING signalled 0, judge(start-timeout) [disarm, stop-watching, SIGTERM, arm 10 s]
    STARTING paused (9 s left) + start-ordered | hindrance-changed -> the same []
    STARTING paused (9 s left) + stop-ordered | step-ordered | retired to rest -> STOPPING signalled 0, rest [stop-watching, SIGTERM, arm 10 s]
    STARTING paused (9 s left) + kill-ordered -> STOPPING signalled 2, rest [stop-watching, kill-tree, arm 1 s]
    STARTING paused (9 s left) + retired to begin -> STOPPING signalled 0, begin [stop-watching, SIGTERM, arm 10 s]
    STARTING paused (9 s left) + became-ready -> RUNNING [stop-watching]
    STARTING paused (9 s left) + broker-lost -> STARTING paused (9 s left) []
    STARTING paused (9 s left) + broker-found -> STARTING [arm 9 s]
    STARTING paused (9 s left) + lock-lost -> STOPPING signalled 0, reclaim(begin) [stop-watching, SIGTERM, arm 2 s]
    STARTING paused (9 s left) + exited 1 | exited 0 -> STOPPING sweeping, backoff(crash) [stop-watching, sweep #7]
    STARTING paused (9 s left) + exited 2 -> STOPPING sweeping, give-up(permanent-exit) [stop-watching, sweep #7]
    STARTING paused (9 s left) + exited 127 -> STOPPING sweeping, give-up(failure) [stop-watching, sweep #7]
    RUNNING + start-ordered | hindrance-changed -> the same []
    RUNNING + stop-ordered | step-ordered | retired to rest -> STOPPING signalled 0, rest [SIGTERM, arm 10 s]
    RUNNING + kill-ordered -> STOPPING signalled 2, rest [kill-tree, arm 1 s]
    RUNNING + retired to begin -> STOPPING signalled 0, begin [SIGTERM, arm 10 s]
    RUNNING + broker-lost -> RUNNING without broker []
    RUNNING + broker-found -> RUNNING []
    RUNNING + lock-lost -> STOPPING signalled 0, reclaim(begin) [SIGTERM, arm 2 s]
    RUNNING + fell-silent -> STOPPING signalled 0, judge(unresponsive) [SIGTERM, arm 10 s]
    RUNNING + exited 1 | exited 2 | exited 0 -> STOPPING sweeping, backoff(crash) [sweep #7]
    RUNNING + exited 127 -> STOPPING sweeping, give-up(failure) [sweep #7]
    RUNNING without broker + start-ordered | hindrance-changed -> the same []
    RUNNING without broker + stop-ordered | step-ordered | retired to rest -> STOPPING signalled 0, rest [SIGTERM, arm 10 s]
    RUNNING without broker + kill-ordered -> STOPPING signalled 2, rest [kill-tree, arm 1 s]
    RUNNING without broker + retired to begin -> STOPPING signalled 0, begin [SIGTERM, arm 10 s]
    RUNNING without broker + broker-lost -> RUNNING without broker []
    RUNNING without broker + broker-found -> RUNNING []
    RUNNING without broker + lock-lost -> STOPPING signalled 0, reclaim(begin) [SIGTERM, arm 2 s]
    RUNNING without broker + fell-silent -> STOPPING signalled 0, judge(unresponsive) [SIGTERM, arm 10 s]
    RUNNING without broker + exited 1 | exited 2 | exited 0 -> STOPPING sweeping, backoff(crash) [sweep #7]
    RUNNING without broker + exited 127 -> STOPPING sweeping, give-up(failure) [sweep #7]
    BACKOFF crash + start-ordered | timer-fired -> STARTING unspawned [disarm, spawn #8]
    BACKOFF crash + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPED ordered [disarm]
    BACKOFF crash + retired to begin | hindrance-changed -> the same []
    STOPPING spawning 0, rest + start-ordered -> STOPPING spawning 0, begin []
    STOPPING spawning 0, rest + stop-ordered | retired to rest -> STOPPING spawning 0, rest []
    STOPPING spawning 0, rest + step-ordered -> STOPPING spawning 1, rest []
    STOPPING spawning 0, rest + kill-ordered -> STOPPING spawning 2, rest []
    STOPPING spawning 0, rest + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING spawning 0, rest + spawned -> STOPPING signalled 0, rest [SIGTERM, arm 10 s]
    STOPPING spawning 0, rest + spawn-failed | spawn-failed for good | spawn-failed -> STOPPED ordered []
    STOPPING spawning 0, begin + start-ordered -> STOPPING spawning 0, begin []
    STOPPING spawning 0, begin + stop-ordered | retired to rest -> STOPPING spawning 0, rest []
    STOPPING spawning 0, begin + step-ordered -> STOPPING spawning 1, rest []
    STOPPING spawning 0, begin + kill-ordered -> STOPPING spawning 2, rest []
    STOPPING spawning 0, begin + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING spawning 0, begin + spawned -> STOPPING signalled 0, begin [SIGTERM, arm 10 s]
    STOPPING spawning 0, begin + spawn-failed | spawn-failed -> STARTING unspawned [spawn #8]
    STOPPING spawning 0, begin + spawn-failed for good -> FATAL failure []
    STOPPING signalled 0, rest + start-ordered -> STOPPING signalled 0, begin []
    STOPPING signalled 0, rest + stop-ordered | retired to rest -> STOPPING signalled 0, rest []
    STOPPING signalled 0, rest + step-ordered | timer-fired -> STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, rest + kill-ordered -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 0, rest + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 0, rest + exited 1 | exited 2 | exited 0 | exited 127 -> STOPPING sweeping, rest [disarm, sweep #7]
    STOPPING signalled 0, begin + start-ordered -> STOPPING signalled 0, begin []
    STOPPING signalled 0, begin + stop-ordered | retired to rest -> STOPPING signalled 0, rest []
    STOPPING signalled 0, begin + step-ordered -> STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, begin + kill-ordered -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 0, begin + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 0, begin + exited 1 | exited 2 | exited 0 | exited 127 -> STOPPING sweeping, begin [disarm, sweep #7]
    STOPPING signalled 0, begin + timer-fired -> STOPPING signalled 1, begin [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, judge(start-timeout) + start-ordered -> STOPPING signalled 0, begin []
    STOPPING signalled 0, judge(start-timeout) + stop-ordered | retired to rest -> STOPPING signalled 0, rest []
    STOPPING signalled 0, judge(start-timeout) + step-ordered -> STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, judge(start-timeout) + kill-ordered -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 0, judge(start-timeout) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 0, judge(start-timeout) + exited 1 | exited 2 | exited 0 -> STOPPING sweeping, backoff(start-timeout) [disarm, sweep #7]
    STOPPING signalled 0, judge(start-timeout) + exited 127 -> STOPPING sweeping, give-up(failure) [disarm, sweep #7]
    STOPPING signalled 0, judge(start-timeout) + timer-fired -> STOPPING signalled 1, judge(start-timeout) [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, judge(unresponsive) + start-ordered -> STOPPING signalled 0, begin []
    STOPPING signalled 0, judge(unresponsive) + stop-ordered | retired to rest -> STOPPING signalled 0, rest []
    STOPPING signalled 0, judge(unresponsive) + step-ordered -> STOPPING signalled 1, rest [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 0, judge(unresponsive) + kill-ordered -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 0, judge(unresponsive) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 0, judge(unresponsive) + exited 1 | exited 2 | exited 0 -> STOPPING sweeping, backoff(unresponsive) [disarm, sweep #7]
    STOPPING signalled 0, judge(unresponsive) + exited 127 -> STOPPING sweeping, give-up(failure) [disarm, sweep #7]
    STOPPING signalled 0, judge(unresponsive) + timer-fired -> STOPPING signalled 1, judge(unresponsive) [disarm, SIGQUIT, arm 5 s]
    STOPPING signalled 1, rest + start-ordered -> STOPPING signalled 1, begin []
    STOPPING signalled 1, rest + stop-ordered | retired to rest -> STOPPING signalled 1, rest []
    STOPPING signalled 1, rest + step-ordered | kill-ordered | timer-fired -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 1, rest + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 1, rest + exited 1 | exited 2 | exited 0 | exited 127 -> STOPPING sweeping, rest [disarm, sweep #7]
    STOPPING signalled 2, rest + start-ordered -> STOPPING signalled 2, begin []
    STOPPING signalled 2, rest + stop-ordered | kill-ordered | retired to rest -> STOPPING signalled 2, rest []
    STOPPING signalled 2, rest + step-ordered | timer-fired -> STOPPING signalled 2, rest [disarm, kill-tree, arm 1 s]
    STOPPING signalled 2, rest + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING signalled 2, rest + exited 1 | exited 2 | exited 0 | exited 127 -> STOPPING sweeping, rest [disarm, sweep #7]
    STOPPING sweeping, rest + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, rest + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, rest + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, rest + swept -> STOPPED ordered []
    STOPPING sweeping, begin + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, begin + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, begin + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, begin + swept -> STARTING unspawned [spawn #8]
    STOPPING sweeping, reclaim(begin) + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, reclaim(begin) + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, reclaim(begin) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, reclaim(begin) + swept -> STARTING unspawned [spawn #8]
    STOPPING sweeping, reclaim(rest) + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, reclaim(rest) + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, reclaim(rest) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, reclaim(rest) + swept -> STOPPED ordered []
    STOPPING sweeping, backoff(crash) + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, backoff(crash) + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, backoff(crash) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, backoff(crash) + swept -> BACKOFF crash [arm 5 s]
    STOPPING sweeping, backoff(crash) due + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, backoff(crash) due + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, backoff(crash) due + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, backoff(crash) due + swept -> STARTING unspawned [spawn #8]
    STOPPING sweeping, leave(0) + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, leave(0) + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, leave(0) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, leave(0) + swept -> EXITED 0 []
    STOPPING sweeping, give-up(attempts) + start-ordered -> STOPPING sweeping, begin []
    STOPPING sweeping, give-up(attempts) + stop-ordered | step-ordered | kill-ordered | retired to rest -> STOPPING sweeping, rest []
    STOPPING sweeping, give-up(attempts) + retired to begin | hindrance-changed | lock-lost -> the same []
    STOPPING sweeping, give-up(attempts) + swept -> FATAL attempts []
    EXITED 0 + start-ordered -> STARTING unspawned [spawn #8]
    EXITED 0 + stop-ordered | step-ordered | kill-ordered | retired to begin | retired to rest | hindrance-changed -> the same []
    FATAL attempts + start-ordered -> STARTING unspawned [spawn #8]
    FATAL attempts + stop-ordered | step-ordered | kill-ordered | retired to begin | retired to rest | hindrance-changed -> the same []"
  `);
});

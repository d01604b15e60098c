/** Keeps its own book of what a machine was told, by the words of the design, and holds the machine to it. */
import type { Exit } from '../../src/model/process.ts';
import type { Event, Machine, Policy } from '../../src/supervisor/state.ts';
import { BOUNDS, must } from './machine-support.ts';

type Verdict = 'EXITED' | 'FATAL' | 'again';

export class Onlooker {
  readonly #policy: Policy;
  /** From the order to stop to rest: the whole ladder, and what kernel and spawner need. */
  readonly #stopMs: number;
  #stopBy: number | null = null;
  /** A start was ordered and has not begun. */
  #startOrdered = false;
  #restarts = 0;
  #generation = 0;
  #readyAt: number | null = null;
  /** An order came during this run, so its end is nobody's failure. */
  #ordered = false;
  /** We ended it: not ready in time, or silent. */
  #condemned = false;
  /** How long it had been ready when it was found silent. */
  #silentAfter: number | null = null;
  /** Ends in a row. */
  #ends = 0;
  /** When the next start may begin, and when it must have begun. */
  #gate: { from: number; to: number } | null = null;
  #verdicts: readonly Verdict[] | null = null;

  constructor(policy: Policy) {
    this.#policy = policy;
    const rungs = policy.stop.slice(0, -1).reduce((sum, { waitMs }) => sum + waitMs, 0);
    this.#stopMs = rungs + BOUNDS.spawnMs + BOUNDS.killMs + BOUNDS.lagMs + BOUNDS.sweepMs;
  }

  isFinal({ state }: Machine): boolean {
    return state.id === 'STOPPED' || state.id === 'EXITED' || state.id === 'FATAL';
  }

  mustBeInTime(machine: Machine, now: number): void {
    must(this.#stopBy === null || now <= this.#stopBy || this.isFinal(machine), 'a stop takes no longer');
  }

  /** Writes down an event that the machine is told, before its effects. */
  see(before: Machine, event: Event, now: number): void {
    const { state } = before;
    if ('generation' in event && event.generation !== before.generation) return;
    switch (event.type) {
      case 'start-ordered':
        this.#stopBy = null;
        if (state.id === 'WAITING' || state.id === 'STARTING' || state.id === 'RUNNING') return;
        this.#ends = 0;
        this.#gate = this.#verdicts = null;
        this.#startOrdered = this.#ordered = true;
        break;
      case 'stop-ordered':
      case 'step-ordered':
      case 'kill-ordered':
        this.#stops(before, now);
        break;
      case 'retired':
        if (event.next === 'rest') return this.#stops(before, now);
        if ((state.id !== 'RUNNING' && state.id !== 'STARTING') || state.pid === null) return;
        if (this.#readyAt !== null && now - this.#readyAt >= this.#policy.restart.stableAfterMs)
          this.#ends = 0;
        this.#startOrdered = this.#ordered = true;
        break;
      case 'lock-lost':
        if (state.id !== 'RUNNING' && state.id !== 'STARTING') return;
        if (this.#policy.restart.policy === 'never') return this.#stops(before, now);
        if (this.#readyAt !== null && now - this.#readyAt >= this.#policy.restart.stableAfterMs)
          this.#ends = 0;
        this.#startOrdered = this.#ordered = true;
        break;
      case 'became-ready':
        if (state.id === 'STARTING') this.#readyAt = now;
        break;
      case 'timer-fired':
        if (state.id === 'STARTING' && state.timer === event.timer) this.#condemned = true;
        break;
      case 'lock-failed':
        if (state.id !== 'WAITING') return;
        this.#failed(event.permanent, now);
        break;
      case 'spawn-failed':
        if (!this.#ordered) this.#failed(event.permanent, now);
        break;
      case 'exited':
        if (this.#ordered) break;
        if (event.refusal === null) this.#ended(event.exit, now);
        else this.#failed(true, now);
        break;
      case 'fell-silent':
        if (state.id !== 'RUNNING') return;
        this.#condemned = true;
        this.#silentAfter = now - (this.#readyAt ?? now);
        break;
      case 'hindrance-changed':
      case 'lock-acquired':
      case 'lock-refused':
      case 'spawned':
      case 'broker-lost':
      case 'broker-found':
      case 'swept':
        break;
    }
  }

  /** A lock is asked for, or a process started. */
  begins(generation: number, now: number): void {
    if (generation === this.#generation) return;
    must(generation === this.#generation + 1, 'runs are numbered one by one');
    must(this.#stopBy === null, 'nothing begins after an order to stop');
    if (this.#gate !== null) {
      must(now >= this.#gate.from, `no start before ${this.#gate.from}`);
      must(now <= this.#gate.to, `no start after ${this.#gate.to}`);
    }
    if (!this.#startOrdered) this.#restarts++;
    this.#generation = generation;
    this.#gate = this.#readyAt = this.#silentAfter = null;
    this.#startOrdered = this.#ordered = this.#condemned = false;
  }

  /** Compares, after the effects. */
  judge(machine: Machine, event: Event, now: number): void {
    const { state, failures, restarts } = machine;
    must(restarts === this.#restarts, 'restarts are the starts that nobody ordered');
    if (event.type === 'exited') {
      must(this.#ordered || failures === this.#ends, 'ends in a row are counted');
    }
    if (state.id === 'BACKOFF') {
      must(this.#gate !== null && state.until >= this.#gate.from, 'the wait is long enough');
      must(state.until <= Math.max(now, this.#gate.to), 'the wait is not longer than told');
    }
    if (this.#verdicts === null || state.id === 'STOPPING') return;
    must(state.id !== 'STOPPED', 'it does not rest unless told to');
    const verdict = state.id === 'EXITED' || state.id === 'FATAL' ? state.id : 'again';
    must(this.#verdicts.includes(verdict), `${verdict} where ${this.#verdicts.join(' or ')} is right`);
    this.#verdicts = null;
  }

  #stops(before: Machine, now: number): void {
    if (this.isFinal(before)) return;
    this.#stopBy ??= now + this.#stopMs;
    this.#startOrdered = false;
    this.#ordered = true;
    this.#gate = this.#verdicts = null;
  }

  #failed(permanent: boolean, now: number): void {
    this.#verdicts = [permanent ? 'FATAL' : 'again'];
    this.#gate = { from: now + 1000, to: now + Math.max(1000, this.#policy.restart.maxMs) };
  }

  #ended(exit: Exit, now: number): void {
    const { restart, permanentExitCodes } = this.#policy;
    const readyMs = this.#silentAfter ?? (this.#readyAt === null ? null : now - this.#readyAt);
    if (readyMs !== null && readyMs >= restart.stableAfterMs) this.#ends = 0;
    this.#ends++;
    const ready = readyMs !== null;
    const [from, to] = this.#delay(this.#ends, ready);
    // A sweep that takes longer than the wait delays the start.
    this.#gate = { from: now + from, to: now + Math.max(to, BOUNDS.sweepMs) };
    // What a process makes of our TERM tells nothing of why it was not ready.
    const own = !this.#condemned;
    const permanent = own && !ready && exit.code !== null && permanentExitCodes.includes(exit.code);
    const leave = restart.policy === 'never' || (restart.policy === 'on-failure' && own && exit.code === 0);
    const usedUp = restart.maxAttempts !== null && this.#ends >= restart.maxAttempts;
    if (permanent) this.#verdicts = ['FATAL'];
    else if (leave) this.#verdicts = ['EXITED'];
    else this.#verdicts = usedUp ? ['FATAL'] : ['again'];
  }

  /** The shortest and the longest wait after the `ends`th end in a row. */
  #delay(ends: number, ready: boolean): [number, number] {
    if (ready && ends === 1) return [0, 0];
    const { initialMs, factor, maxMs } = this.#policy.restart;
    let base = initialMs;
    for (let more = ready ? 2 : 1; more < ends && base < maxMs; more++) base *= factor;
    const floor = ready ? 0 : 1000;
    const bound = (share: number): number => Math.max(floor, Math.min(maxMs, Math.min(maxMs, base) * share));
    return [Math.floor(bound(0.8)), Math.ceil(bound(1.2))];
  }
}

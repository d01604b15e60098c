/**
 * A granted beat below its dead-man. It sends for as long as it lives, and looks at no fence: that is a further belt,
 * which the simulation must do without.
 *
 * The dead-man is late by at most L. Were it paused for longer while its supervisor is paused too, no lease could help:
 * that is what the fence at the act and the worker's check are for.
 */
import type { LeaseTimings } from '../../../src/model/lease-timings.ts';
import type { Clock, Engine } from './engine.ts';
import type { Random } from './random.ts';

/** After the end of its supervisor. Milliseconds. */
const ORPHAN_GRACE_MS = 10_000;
/** How often it looks at its clock. Milliseconds. */
const LOOK_MS = 250;

export type Manners = 'prompt' | 'slow' | 'deaf';

export interface Watchers {
  born(child: Child): void;
  died(child: Child): void;
}

/** By the clock of its host. */
export interface Deadlines {
  readonly stopAt: number;
  readonly killAt: number;
}

export interface ChildNature {
  readonly engine: Engine;
  readonly random: Random;
  readonly clock: Clock;
  readonly timings: LeaseTimings;
  /** By a dead-man. */
  readonly guarded: boolean;
  readonly manners: Manners;
  /** Whatever may be late is as late as it may be. */
  readonly worst: boolean;
  readonly watchers: Watchers;
}

export class Child {
  private readonly nature: ChildNature;
  private stopAt: number;
  private killAt: number;
  private state: 'unborn' | 'alive' | 'dying' | 'dead' = 'unborn';
  private termed = false;
  /** It will not be let live longer any more. */
  private final = false;
  private orphan = false;

  constructor(nature: ChildNature, { stopAt, killAt }: Deadlines) {
    this.nature = nature;
    this.stopAt = stopAt;
    this.killAt = killAt;
  }

  get alive(): boolean {
    return this.state === 'alive' || this.state === 'dying';
  }

  /** False: the dead-man saw that it was too late, and did not start it. */
  start(): boolean {
    if (this.nature.guarded && this.nature.clock.read() >= this.stopAt) {
      this.state = 'dead';
      return false;
    }
    this.state = 'alive';
    this.nature.watchers.born(this);
    this.lookAt(this.nature.clock.when(this.stopAt));
    return true;
  }

  /** A line from the supervisor. */
  move({ stopAt, killAt }: Deadlines): void {
    this.stopAt = stopAt;
    this.killAt = this.final ? Math.min(killAt, this.killAt) : killAt;
    if (this.nature.clock.read() >= stopAt) this.lookAt(this.nature.engine.now);
  }

  /** The end of the supervisor. */
  orphaned(): void {
    this.orphan = true;
    this.killAt = Math.min(this.killAt, this.nature.clock.read() + ORPHAN_GRACE_MS);
    this.lookAt(this.nature.engine.now);
  }

  term(): void {
    if (this.termed || this.state !== 'alive') return;
    this.termed = true;
    if (this.nature.manners === 'deaf') return;
    const most = this.nature.manners === 'prompt' ? 500 : 20_000;
    this.nature.engine.after(this.nature.random.between(0, most), () => this.die());
  }

  kill(): void {
    if (this.state !== 'alive') return;
    this.state = 'dying';
    this.nature.engine.after(this.within(50, this.nature.timings.killWaitMs), () => this.die());
  }

  /** Mostly soon, and at most so late. */
  private within(soonMs: number, mostMs: number): number {
    const { random, worst } = this.nature;
    if (worst) return mostMs * random.between(0.95, 1);
    return random.between(0, random.chance(0.75) ? Math.min(soonMs, mostMs) : mostMs);
  }

  /** By itself. */
  die(): void {
    if (!this.alive) return;
    this.state = 'dead';
    this.nature.watchers.died(this);
  }

  private lookAt(due: number): void {
    if (!this.nature.guarded) return;
    const { engine, timings } = this.nature;
    engine.at(Math.max(due, engine.now) + this.within(LOOK_MS, timings.lagMs), () => this.look());
  }

  private look(): void {
    if (this.state !== 'alive') return;
    const now = this.nature.clock.read();
    if (now < this.stopAt && !this.orphan) return this.lookAt(this.nature.clock.when(this.stopAt));
    this.final = true;
    this.term();
    if (now >= this.killAt) return this.kill();
    return this.lookAt(this.nature.clock.when(this.killAt));
  }
}

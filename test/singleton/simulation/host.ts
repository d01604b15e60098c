/** A supervisor: the real machine, what carries out its orders, and what pauses and kills the lot. */
import { newLease, step } from '../../../src/singleton/lease.ts';
import type { Lease, LeaseEvent, LeaseOrder } from '../../../src/singleton/lease-state.ts';
import type { LeaseTimings } from '../../../src/model/lease-timings.ts';
import { unreachable } from '../../../src/model/unreachable.ts';
import { Child, type Deadlines, type Manners, type Watchers } from './child.ts';
import type { Clock, Engine } from './engine.ts';
import type { Link } from './link.ts';
import type { Random } from './random.ts';
import type { Server } from './server.ts';

/** What a supervisor gives a child that it stops without a hurry. Milliseconds. */
const STOP_GRACE_MS = 10_000;

const MANNERS: readonly Manners[] = ['prompt', 'slow', 'deaf'];

/** What is taken away in the negative controls. */
export interface Weakness {
  /** Stands between the adapter and the machine. */
  readonly alter: (event: LeaseEvent, now: number) => LeaseEvent;
  readonly deadMan: boolean;
  /** The adapter waits for its answers for as long as they take. */
  readonly patient: boolean;
}

export interface Surroundings {
  readonly engine: Engine;
  readonly random: Random;
  readonly server: Server;
  readonly weakness: Weakness;
  /** Whatever may be late is as late as it may be, and clocks are as wrong. */
  readonly worst: boolean;
  readonly watchers: Watchers;
}

export class Host {
  child: Child | null = null;
  private lease: Lease = newLease();
  private wants = true;
  /** Another one after each crash of the supervisor. */
  private life = 0;
  private pausedUntil = 0;
  private wakes = 0;
  private tokens = 0;
  private deadlines: Deadlines = { stopAt: 0, killAt: 0 };
  private stopped = false;

  private readonly around: Surroundings;
  private readonly name: string;
  readonly link: Link;
  private readonly clock: Clock;
  private readonly timings: LeaseTimings;
  private readonly pollMs: number;

  constructor(
    around: Surroundings,
    name: string,
    link: Link,
    clock: Clock,
    timings: LeaseTimings,
    pollMs: number,
  ) {
    this.around = around;
    this.name = name;
    this.link = link;
    this.clock = clock;
    this.timings = timings;
    this.pollMs = pollMs;
    this.askIn(this.around.random.between(0, pollMs));
  }

  get state(): Lease['state'] {
    return this.lease.state;
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.around.engine.now + ms);
  }

  /** SIGKILL of the supervisor, and another one later. */
  crash(downMs: number): void {
    this.life += 1;
    this.lease = newLease();
    this.child?.orphaned();
    this.child = null;
    this.pausedUntil = 0;
    this.wants = true;
    this.askIn(downMs);
  }

  /** The user stops it, and starts it again later. */
  rest(ms: number): void {
    this.wants = false;
    const { child } = this;
    this.whenRunning(0, () => {
      child?.term();
      if (this.lease.state === 'seeking' || this.lease.state === 'delayed') this.feed({ type: 'abandoned' });
    });
    this.whenRunning(STOP_GRACE_MS, () => child?.kill());
    this.whenRunning(ms, () => {
      this.wants = true;
      if (this.child === null) this.askIn(0);
    });
  }

  /** What the supervisor does, if it lives then; later, where it is paused. */
  private whenRunning(delayMs: number, act: () => void): void {
    const { engine, random } = this.around;
    const { life } = this;
    const attempt = (): void => {
      if (this.life !== life) return;
      // Whatever has piled up comes in any order.
      if (engine.now < this.pausedUntil) engine.at(this.pausedUntil + random.next(), attempt);
      else act();
    };
    engine.after(delayMs, attempt);
  }

  private askIn(delayMs: number): void {
    this.whenRunning(delayMs, () => {
      if (!this.wants || this.child !== null || this.busy()) return;
      this.tokens += 1;
      this.feed({ type: 'asked', token: `${this.name} ${this.life} ${this.tokens}` });
    });
  }

  private busy = (): boolean => this.lease.state === 'granted' || this.lease.state === 'stopping';

  private feed(event: LeaseEvent): void {
    const now = this.clock.read();
    const { lease, orders } = step(this.lease, this.around.weakness.alter(event, now), now, this.timings);
    this.lease = lease;
    for (const order of orders) this.obey(order);
  }

  private obey(order: LeaseOrder): void {
    const { server, engine } = this.around;
    switch (order.do) {
      case 'acquire':
        return this.send(
          'acquire',
          () => server.acquire(order.token, this.timings.ttlMs),
          (reply, sentAt) => ({ type: 'answered', sentAt, reply }),
        );
      case 'renew': {
        const { token } = order;
        return this.send(
          'renew',
          () => server.renew(token, this.timings.ttlMs),
          (ours, sentAt) => (ours ? { type: 'renewed', sentAt, token } : { type: 'refused', token }),
        );
      }
      case 'release': {
        const way = this.link.delay('request');
        if (way !== null) this.reach(way, () => server.release(order.token, order.fence));
        return undefined;
      }
      case 'wake': {
        this.wakes += 1;
        const { wakes } = this;
        return this.whenRunning(this.clock.when(order.at) - engine.now, () => {
          if (wakes === this.wakes) this.feed({ type: 'woke' });
        });
      }
      case 'grant':
        this.deadlines = order;
        this.stopped = false;
        return this.whenRunning(this.around.random.between(0, 300), () => this.spawn());
      case 'delay':
      case 'yield':
        return this.askIn(this.pollMs);
      case 'extend':
        this.deadlines = order;
        return this.child?.move(order);
      case 'stop': {
        this.stopped = true;
        const { child } = this;
        child?.term();
        child?.move({ stopAt: this.clock.read(), killAt: order.killAt });
        return this.whenRunning(this.clock.when(order.killAt) - engine.now, () => child?.kill());
      }
      default:
        return unreachable(order);
    }
  }

  private spawn(): void {
    const { engine, random, weakness, watchers, worst } = this.around;
    const { life } = this;
    const ended = (): void =>
      this.whenRunning(0, () => {
        this.child = null;
        this.feed({ type: 'ended' });
        this.askIn(1000);
      });
    if (this.stopped || !this.wants) return ended();
    const child = new Child(
      {
        engine,
        random,
        clock: this.clock,
        timings: this.timings,
        guarded: weakness.deadMan,
        manners: worst ? 'deaf' : random.pick(MANNERS),
        worst,
        watchers: {
          born: (child) => watchers.born(child),
          died: (dead) => {
            watchers.died(dead);
            if (this.life === life) ended();
          },
        },
      },
      this.deadlines,
    );
    this.child = child;
    return child.start() ? undefined : ended();
  }

  /** At the server, when it can; `late` is told when that will be, or that it is never. */
  private reach(delayMs: number, act: () => void, late: (until: number) => void = () => undefined): void {
    const { engine, server, random } = this.around;
    engine.after(delayMs, () => {
      if (engine.now < server.downUntil) return late(Infinity);
      if (engine.now >= server.pausedUntil) return act();
      late(server.pausedUntil);
      return this.reach(server.pausedUntil - engine.now + random.next(), act, late);
    });
  }

  /** One command. What comes of it is told once: what the server said, or that it said nothing in time. */
  private send<Said>(
    command: 'acquire' | 'renew',
    act: () => Said,
    heard: (said: Said, sentAt: number) => LeaseEvent,
  ): void {
    const { engine, weakness } = this.around;
    const sentAt = this.clock.read();
    const waitMs = weakness.patient ? 20_000 : this.timings.commandTimeoutMs;
    const { life } = this;
    const report = (event: LeaseEvent): void => {
      if (this.life !== life) return;
      this.whenRunning(0, () => {
        // A timer may be late, and then an answer that is late too must not pass.
        const inTime = this.clock.read() - sentAt <= waitMs;
        this.feed(inTime ? event : { type: 'failed', command, sentAt });
        if (command === 'acquire' && (!inTime || event.type === 'failed')) this.askIn(this.pollMs);
      });
    };
    const lapse = engine.now + waitMs;
    let settled = false;
    const missed = (): void => {
      if (settled) return;
      settled = true;
      engine.at(Math.max(lapse, engine.now), () => report({ type: 'failed', command, sentAt }));
    };
    const way = this.link.delay('request');
    if (way === null || engine.now + way > lapse) missed();
    if (way === null) return;
    this.reach(
      way,
      () => {
        const said = act();
        const back = this.link.delay('reply');
        if (back === null || engine.now + back > lapse) return missed();
        if (settled) return undefined;
        settled = true;
        return engine.after(back, () => report(heard(said, sentAt)));
      },
      (until) => {
        if (until > lapse) missed();
      },
    );
  }
}

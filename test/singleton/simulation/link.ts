/** The way between a host and the server. What is lost stays lost; what is slow may be overtaken. */
import type { Engine } from './engine.ts';
import type { Random } from './random.ts';

export type Way = 'request' | 'reply';

export class Link {
  private readonly cutUntil: Record<Way, number> = { request: 0, reply: 0 };
  private readonly slowUntil: Record<Way, number> = { request: 0, reply: 0 };
  private slowMs = 0;
  private lossUntil = 0;
  private loss = 0;

  private readonly engine: Engine;
  private readonly random: Random;
  private readonly latencyMs: number;

  constructor(engine: Engine, random: Random, latencyMs: number) {
    this.engine = engine;
    this.random = random;
    this.latencyMs = latencyMs;
  }

  /** How long one message takes; null: it never arrives. */
  delay(way: Way): number | null {
    const { now } = this.engine;
    if (now < this.cutUntil[way]) return null;
    if (now < this.lossUntil && this.random.chance(this.loss)) return null;
    if (now < this.slowUntil[way]) return this.random.between(0, this.slowMs);
    return this.latencyMs * (0.5 + this.random.next());
  }

  cut(ways: readonly Way[], ms: number): void {
    for (const way of ways) this.cutUntil[way] = this.engine.now + ms;
  }

  slow(way: Way, mostMs: number, ms: number): void {
    this.slowUntil[way] = this.engine.now + ms;
    this.slowMs = mostMs;
  }

  lose(part: number, ms: number): void {
    this.lossUntil = this.engine.now + ms;
    this.loss = part;
  }
}

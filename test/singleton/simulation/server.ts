/** What the scripts of the Redis adapter do, in a server that can be paused, restarted, promoted, emptied, and set. */
import type { AcquireReply, ServerFacts } from '../../../src/singleton/lease-state.ts';
import type { Engine } from './engine.ts';

interface Store {
  readonly lease: { token: string; fence: number; ttlMs: number; expiresAt: number } | null;
  readonly fence: { fence: number; ttlMs: number } | null;
  readonly released: { fence: number; run: string } | null;
}

export interface ServerNature {
  /** maxmemory with a volatile-* policy. */
  readonly evicts: boolean;
  /** How fast its wall clock goes. */
  readonly rate: number;
  /** Negative control: it tells nobody that it was restarted. */
  readonly constantRun: boolean;
  /** Negative control: the record of the fence has the last TTL only, instead of the longest that may still count. */
  readonly forgetsTtl: boolean;
}

const EMPTY: Store = { lease: null, fence: null, released: null };

export class Server {
  private store: Store = EMPTY;
  private readonly history: Array<{ at: number; store: Store }> = [{ at: 0, store: EMPTY }];
  private runs = 0;
  private wallOffset = 1e12;
  private startedWall: number;
  pausedUntil = 0;
  downUntil = 0;

  private readonly engine: Engine;
  private readonly nature: ServerNature;

  constructor(engine: Engine, nature: ServerNature, releasedBefore: boolean, ttlMs: number) {
    this.engine = engine;
    this.nature = nature;
    this.startedWall = this.wall() - 3_600_000;
    if (!releasedBefore) return;
    const fence = this.wall() - 60_000;
    this.put({ fence: { fence, ttlMs }, released: { fence, run: this.run() } });
  }

  acquire(token: string, ttlMs: number): AcquireReply {
    const server = this.facts();
    const { lease, fence: previous, released } = this.live();
    if (lease !== null && lease.token !== token) {
      const { fence, ttlMs } = lease;
      return { kind: 'held', fence, ttlMs, leftMs: lease.expiresAt - this.wall(), server };
    }
    if (lease !== null) {
      this.put({ lease: { ...lease, expiresAt: this.wall() + ttlMs } });
      return { kind: 'acquired', fence: lease.fence, previous, released: null, again: true, server };
    }
    const fence = Math.max((previous?.fence ?? 0) + 1, Math.floor(this.wall()));
    const clean = previous !== null && released?.fence === previous.fence && released.run === this.run();
    const longest = clean || this.nature.forgetsTtl ? ttlMs : Math.max(ttlMs, previous?.ttlMs ?? 0);
    this.put({
      lease: { token, fence, ttlMs, expiresAt: this.wall() + ttlMs },
      fence: { fence, ttlMs: longest },
      released: null,
    });
    return { kind: 'acquired', fence, previous, released, again: false, server };
  }

  renew(token: string, ttlMs: number): boolean {
    const { lease } = this.live();
    if (lease?.token !== token) return false;
    this.put({ lease: { ...lease, expiresAt: this.wall() + ttlMs } });
    return true;
  }

  release(token: string, fence: number): void {
    if (this.live().lease?.token === token) this.put({ lease: null, released: { fence, run: this.run() } });
  }

  /** `ageMs`: how old the data is that it comes back with; null: it has none. */
  restart(ageMs: number | null, downMs: number): void {
    this.become(ageMs);
    this.downUntil = this.engine.now + downMs;
    this.startedWall = this.wall();
  }

  /** A replica takes over that has not got the writes of the last `lagMs`; it has been up for long. */
  promote(lagMs: number): void {
    this.become(lagMs);
    this.startedWall = this.wall() - 1_800_000;
  }

  flush(): void {
    this.put(EMPTY);
  }

  forget(key: 'lease' | 'released'): void {
    this.put({ [key]: null });
  }

  pause(ms: number): void {
    this.pausedUntil = this.engine.now + ms;
  }

  setClock(byMs: number): void {
    this.wallOffset += byMs;
  }

  private become(ageMs: number | null): void {
    const then = this.engine.now - (ageMs ?? 0);
    const kept = this.history.findLast(({ at }) => at <= then)?.store ?? EMPTY;
    this.runs += 1;
    this.put(ageMs === null ? EMPTY : kept);
  }

  private wall(): number {
    return this.wallOffset + this.engine.now * this.nature.rate;
  }

  private run(): string {
    return this.nature.constantRun ? 'run' : `run ${this.runs}`;
  }

  private facts(): ServerFacts {
    const uptimeMs = Math.floor((this.wall() - this.startedWall) / 1000) * 1000;
    return { run: this.run(), uptimeMs, evicts: this.nature.evicts };
  }

  private live(): Store {
    const { lease } = this.store;
    if (lease !== null && lease.expiresAt <= this.wall()) this.store = { ...this.store, lease: null };
    return this.store;
  }

  private put(change: Partial<Store>): void {
    this.store = { ...this.store, ...change };
    this.history.push({ at: this.engine.now, store: this.store });
  }
}

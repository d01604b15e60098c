/** All that the faults of one pair of hosts can reach. */
import type { LeaseHost, Role } from './lease-host.ts';
import type { Sends } from './lease-sends.ts';
import type { LeaseServer } from './lease-server.ts';
import { until } from './rig.ts';
import type { WallClock } from './wall-clock.ts';

export interface StageParts {
  readonly hosts: readonly [LeaseHost, LeaseHost];
  readonly server: LeaseServer;
  readonly sends: Sends;
  /** By host; none where the pair has the machine's own clock. */
  readonly clocks: ReadonlyMap<string, WallClock>;
  readonly chance: () => number;
  /** Seconds. */
  readonly ttl: number;
}

/** How often the one that sends is hit, and not the one that waits. */
const AT_HOLDER = 0.8;
/** What a machine with other work may take beside the waiting for leases. Milliseconds. */
const SLACK_MS = 90_000;

export class Stage {
  readonly hosts: readonly [LeaseHost, LeaseHost];
  readonly server: LeaseServer;
  readonly sends: Sends;
  readonly clocks: ReadonlyMap<string, WallClock>;
  readonly chance: () => number;
  readonly ttlMs: number;
  readonly #began = performance.now();
  readonly #story: { readonly at: number; readonly text: string }[] = [];

  constructor(parts: StageParts) {
    this.hosts = parts.hosts;
    this.server = parts.server;
    this.sends = parts.sends;
    this.clocks = parts.clocks;
    this.chance = parts.chance;
    this.ttlMs = parts.ttl * 1000;
  }

  tell(text: string): void {
    this.#story.push({ at: performance.now(), text });
  }

  /** Faults, each beat's first and last send, and what the supervisors said, in the order of their time. */
  story(): string {
    const ends = new Map<string, { first: number; last: number; count: number }>();
    for (const { holder, at } of this.sends.all) {
      const end = ends.get(holder);
      if (end === undefined) ends.set(holder, { first: at, last: at, count: 1 });
      else Object.assign(end, { last: at, count: end.count + 1 });
    }
    const sent = [...ends].flatMap(([holder, { first, last, count }]) => [
      { at: first, text: `  ${holder} begins to send` },
      { at: last, text: `  ${holder} has sent its last of ${count}` },
    ]);
    const said = this.hosts.flatMap((host) =>
      host.said.map(({ at, text }) => ({ at, text: `    ${host.name}: ${text}` })),
    );
    return [...this.#story, ...sent, ...said]
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, text }) => `${((at - this.#began) / 1000).toFixed(3).padStart(9)} ${text}`)
      .join('\n');
  }

  /** The host that sent last. */
  holder(): LeaseHost | undefined {
    return this.hosts.find(({ name }) => name === this.sends.last?.host);
  }

  other(host: LeaseHost): LeaseHost {
    return this.hosts[0] === host ? this.hosts[1] : this.hosts[0];
  }

  target(): LeaseHost {
    const atHolder = this.chance() < AT_HOLDER;
    const holder = this.holder() ?? this.hosts[0];
    return atHolder ? holder : this.other(holder);
  }

  /** A host that has all of these now. */
  owning(...roles: readonly Role[]): Promise<LeaseHost> {
    return until(
      () => this.hosts.find((host) => roles.every((role) => host.pid(role) !== null)),
      `a host with ${roles.join(' and ')}`,
      this.patienceMs,
    );
  }

  /** Up to twice the TTL, and beyond it in three of ten. Milliseconds. */
  spell(): number {
    return 2 * this.ttlMs * this.chance() ** 2;
  }

  /** Until a lease has run out and a start delay is over. Milliseconds. */
  get patienceMs(): number {
    return 3 * this.ttlMs + SLACK_MS;
  }

  pause(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }

  /** Until a message was read that came after this moment: from anyone, or from one host. */
  async sentAfter(moment: number, patienceMs: number, host?: LeaseHost): Promise<number> {
    const found = await until(
      () => {
        const { last } = this.sends;
        return last !== undefined && last.at > moment && (host === undefined || last.host === host.name)
          ? last
          : null;
      },
      `a send of ${host?.name ?? 'any host'}`,
      patienceMs,
    );
    return found.at - moment;
  }
}

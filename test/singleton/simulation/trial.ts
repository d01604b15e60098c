/** One short life of two or three hosts and their server, from a seed. */
import { type LeaseTimings, leaseTimings } from '../../../src/model/lease-timings.ts';
import type { Child } from './child.ts';
import { Clock, Engine } from './engine.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { Host, type Weakness } from './host.ts';
import { Link } from './link.ts';
import { Random } from './random.ts';
import { Server, type ServerNature } from './server.ts';

export interface Plan {
  /** Of each host. */
  readonly timings: (random: Random) => readonly LeaseTimings[];
  readonly faults: readonly FaultName[];
  readonly weakness: Weakness;
  readonly server: Pick<ServerNature, 'constantRun' | 'forgetsTtl'> & {
    /** Its clock is right: then the drift is that of the hosts against it, as the inequality has it. */
    readonly exact: boolean;
  };
}

export interface Outcome {
  readonly starts: number;
  /** Beats that were started while another grant's beat was alive. */
  readonly overlaps: number;
  readonly worstMs: number;
  /** From the end of a beat to the start of the next; milliseconds. */
  readonly gaps: readonly number[];
  readonly faults: readonly FaultName[];
}

/** Of the boot clocks, milliseconds. */
const CLOCK_STEP_MS = 10;

export function trial(seed: number, plan: Plan): Outcome {
  const random = new Random(seed);
  const engine = new Engine();
  const timings = plan.timings(random);
  const longest = Math.max(...timings.map(({ ttlMs }) => ttlMs));
  const scale = longest / 30_000;
  const rho = timings[0]?.drift ?? 0;
  const worst = random.chance(0.3);
  const rate = (): number => 1 + (worst ? random.pick([-rho, rho]) : random.between(-rho, rho));
  const nature = { ...plan.server, evicts: random.chance(0.1), rate: plan.server.exact ? 1 : rate() };
  const server = new Server(engine, nature, random.chance(0.7), longest);
  const crowd = new Crowd(engine);
  const around = { engine, random, server, weakness: plan.weakness, worst, watchers: crowd };
  const latencyMs = random.chance(0.8) ? random.between(0.1, 3) : random.between(3, 400 * scale);
  const hosts = timings.map((own, index) => {
    const link = new Link(engine, random, latencyMs);
    const clock = new Clock(engine, random.between(0, 1e7), rate(), CLOCK_STEP_MS);
    const pollMs = own.renewEveryMs * random.between(0.3, 0.9);
    return new Host(around, `${index}`, link, clock, own, pollMs);
  });

  const scene = { random, server, hosts, scale };
  const faults: FaultName[] = [];
  const count = 1 + Math.floor(random.next() * 4);
  let last = 0;
  // Near each other, as what is harmless alone may not be so in company.
  const about = random.between(1, 40);
  for (let n = 0; n < count; n += 1) {
    const name = random.pick(plan.faults);
    const at = Math.max(0.5, about + random.between(-15, 15)) * 1000 * scale;
    last = Math.max(last, at);
    engine.at(at, () => {
      faults.push(name);
      FAULTS[name](scene);
    });
  }
  engine.run(last + 2.4 * longest);
  return { ...crowd.end(), faults };
}

/** Who lives, in true time. */
class Crowd {
  private readonly living = new Map<Child, number>();
  private starts = 0;
  private overlaps = 0;
  private worstMs = 0;
  private lastEnd: number | null = null;
  private readonly gaps: number[] = [];
  readonly born: (child: Child) => void;
  readonly died: (child: Child) => void;

  constructor(engine: Engine) {
    this.born = (child) => {
      this.starts += 1;
      if (this.living.size > 0) this.overlaps += 1;
      else if (this.lastEnd !== null) this.gaps.push(engine.now - this.lastEnd);
      this.living.set(child, engine.now);
    };
    this.died = (child) => {
      const since = this.living.get(child) ?? 0;
      this.living.delete(child);
      this.lastEnd = engine.now;
      for (const start of this.living.values()) {
        this.worstMs = Math.max(this.worstMs, engine.now - Math.max(start, since));
      }
    };
  }

  end() {
    const { starts, overlaps, worstMs, gaps } = this;
    return { starts, overlaps, worstMs, gaps };
  }
}

/** All hosts with the default timings, at some scale. */
export function alike(random: Random, change: Partial<LeaseTimings> = {}): readonly LeaseTimings[] {
  const ttlMs = random.chance(0.7) ? 30_000 : random.between(3, 90) * 1000;
  const one = leaseTimings({ ttlMs: Math.round(ttlMs), ...change });
  return random.chance(0.75) ? [one, one] : [one, one, one];
}

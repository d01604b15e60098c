/** True time, in milliseconds, and what is to happen in it. Nobody in the simulation can read it but by a clock. */
export class Engine {
  now = 0;
  /** A binary heap by time. */
  private readonly times: number[] = [];
  private readonly acts: Array<() => void> = [];

  at(time: number, act: () => void): void {
    const { times, acts } = this;
    let index = times.length;
    times.push(time);
    acts.push(act);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = times[parent] as number;
      if (above <= time) break;
      times[index] = above;
      acts[index] = acts[parent] as () => void;
      index = parent;
    }
    times[index] = time;
    acts[index] = act;
  }

  after(delay: number, act: () => void): void {
    this.at(this.now + delay, act);
  }

  run(until: number): void {
    for (;;) {
      const next = this.times[0];
      if (next === undefined || next > until) break;
      if (next > this.now) this.now = next;
      this.take()();
    }
    this.now = until;
  }

  private take(): () => void {
    const { times, acts } = this;
    const first = acts[0] as () => void;
    const time = times.pop() as number;
    const act = acts.pop() as () => void;
    const size = times.length;
    if (size === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child += 1;
      if ((times[child] as number) >= time) break;
      times[index] = times[child] as number;
      acts[index] = acts[child] as () => void;
      index = child;
    }
    times[index] = time;
    acts[index] = act;
    return first;
  }
}

/** The boot clock of a host: an unknown start, a rate of its own, steps of `stepMs`. */
export class Clock {
  private readonly engine: Engine;
  private readonly start: number;
  private readonly rate: number;
  private readonly stepMs: number;

  constructor(engine: Engine, start: number, rate: number, stepMs: number) {
    this.engine = engine;
    this.start = start;
    this.rate = rate;
    this.stepMs = stepMs;
  }

  read(): number {
    const exact = this.start + this.engine.now * this.rate;
    return Math.floor(exact / this.stepMs) * this.stepMs;
  }

  /** The true time from which on it shows `reading` or more. */
  when(reading: number): number {
    const shown = Math.ceil(reading / this.stepMs) * this.stepMs;
    return (shown - this.start) / this.rate + 0.001;
  }
}

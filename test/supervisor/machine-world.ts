/**
 * The world around one machine: a clock, a kernel with processes, locks and sweeps. It carries out the effects, later
 * and in any order, and after each step it compares the machine with what an onlooker knows.
 */
import { newMachine, step } from '../../src/supervisor/machine.ts';
import type { Effect, Event, Machine, Policy } from '../../src/supervisor/state.ts';
import { HELD, LOSS, MISSING, must, mustBeValid, REFUSED, showEffect, showState } from './machine-support.ts';
import { Onlooker } from './machine-onlooker.ts';
import type { Deed, Fate } from './machine-arbitraries.ts';
import { EVENTS } from './machine-samples.ts';

export interface Tally {
  steps: number;
  readonly seen: Map<string, number>;
}

interface Child {
  readonly pid: number;
  readonly fate: Fate;
  alive: boolean;
  /** The machine knows of it, and of its end. */
  told: boolean;
  toldEnd: boolean;
}
interface Due {
  readonly at: number;
  readonly tie: number;
  readonly timer: number | null;
  readonly happen: () => void;
}

export class World {
  machine: Machine;
  #now = 0;
  #drawn = 0;
  #pids = 100;
  #due: Due[] = [];
  #children: Child[] = [];
  #asked: number | null = null;
  readonly #acquired = new Set<number>();
  #spawnAsked = false;
  #sweepAsked = false;
  /** Descendants of a process that is gone, until they are swept. */
  #leftovers = false;
  #watched = false;
  readonly #fates: readonly Fate[];
  readonly #tally: Tally;
  readonly #onlooker: Onlooker;
  readonly log: string[] = [];

  constructor(policy: Policy, fates: readonly Fate[], tally: Tally) {
    this.machine = newMachine(policy, 0);
    this.#fates = fates;
    this.#tally = tally;
    this.#onlooker = new Onlooker(policy);
  }

  act(deed: Deed): void {
    const { generation } = this.machine;
    switch (deed.do) {
      case 'next':
        this.#next();
        break;
      case 'wait':
        this.#now = Math.min(this.#now + deed.ms, ...this.#due.map((one) => one.at));
        break;
      case 'order':
        this.#tell({ type: deed.type });
        break;
      case 'retire':
        this.#tell({ type: 'retired', why: 'memory', next: deed.next });
        break;
      case 'lose':
        if (this.machine.policy.locked)
          this.#tell({ type: 'lock-lost', generation, loss: { ...LOSS, graceMs: deed.graceMs } });
        break;
      case 'end': {
        const child = this.#child();
        if (child?.told === true) this.#end(child, { code: deed.code, signal: null });
        break;
      }
      case 'tell':
        if (this.#child()?.told === true)
          for (const event of EVENTS[deed.type](generation)) this.#tell(event);
        break;
      case 'stale':
        for (const event of EVENTS[deed.type](generation - deed.back)) this.#tellStale(event, deed.back);
        break;
    }
  }

  /** Orders a stop and waits for all that is still to come. */
  finish(): void {
    this.#tell({ type: 'stop-ordered' });
    for (let left = 1000; this.#due.length > 0; left--) {
      must(left > 0, 'the end comes');
      this.#next();
    }
    must(this.#onlooker.isFinal(this.machine), 'a stop leads to a final state');
    must(!this.#children.some((child) => child.alive), 'nothing is left alive');
  }

  #tellStale(event: Event, back: number): void {
    const before = this.machine;
    if (event.type === 'timer-fired') {
      const armed = this.#due.flatMap((one) => one.timer ?? []);
      const timer = before.timers - back;
      if (!armed.includes(timer)) this.#tell({ type: 'timer-fired', timer });
    } else if ('generation' in event) {
      this.#tell(event);
    } else {
      return;
    }
    const after = { ...this.machine, stale: before.stale };
    must(JSON.stringify(after) === JSON.stringify(before), 'what is stale changes nothing');
  }

  #tell(event: Event): void {
    this.#onlooker.mustBeInTime(this.machine, this.#now);
    const before = this.machine;
    const { machine, effects } = step(before, event, { at: this.#now, chance: this.#fate().chance });
    this.machine = machine;
    this.log.push(
      `${this.#now}: ${event.type} -> ${showState(machine.state)} [${effects.map(showEffect).join(', ')}]`,
    );
    const where = showState(machine.state)
      .replace(/[,(].*/, '')
      .trim();
    this.#count(event.type, machine.state.id, where, ...effects.map((effect) => effect.do));
    this.#onlooker.see(before, event, this.#now);
    for (const effect of effects) this.#carryOut(effect);
    this.#onlooker.judge(machine, event, this.#now);
    mustBeValid(machine);
    this.#mustWaitForSomething();
  }

  #carryOut(effect: Effect): void {
    const fate = this.#fate();
    switch (effect.do) {
      case 'take-lock':
        must(this.machine.policy.locked, 'only a lock that is wanted is asked for');
        must(this.#asked !== effect.generation, 'a lock is asked for once at a time');
        this.#onlooker.begins(effect.generation, this.#now);
        this.#asked = effect.generation;
        this.#later(fate.lockMs, () => this.#answerLock(effect.generation, fate));
        break;
      case 'abandon-lock':
        this.#asked = null;
        break;
      case 'spawn':
        this.#onlooker.begins(effect.generation, this.#now);
        this.#spawn(effect.generation, fate);
        break;
      case 'watch-readiness':
        must(!this.#watched && effect.pid === this.#child()?.pid, 'the one process is watched, once');
        this.#watched = true;
        break;
      case 'watch-liveness':
        must(!this.#watched && effect.pid === this.#child()?.pid, 'the one process is watched, once');
        must(this.machine.policy.live, 'only what is to be watched is');
        this.#watched = true;
        break;
      case 'stop-watching':
        must(this.#watched, 'a watch that is ended had begun');
        this.#watched = false;
        break;
      case 'signal':
      case 'kill-tree': {
        const child = this.#child();
        must(child?.pid === effect.pid && child.told, 'only the process of this run is signalled');
        const { termMs, quitMs, killMs } = child.fate;
        const signal = effect.do === 'kill-tree' ? 'SIGKILL' : effect.signal;
        const ms =
          signal === 'SIGKILL'
            ? killMs
            : signal === 'SIGQUIT'
              ? quitMs
              : signal === 'SIGUSR1'
                ? null
                : termMs;
        const exit = signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal };
        if (ms !== null) this.#later(ms, () => this.#end(child, exit));
        break;
      }
      case 'sweep':
        must(!this.#sweepAsked && this.#child() === null, 'a sweep follows the end of the main process');
        this.#sweepAsked = true;
        this.#later(fate.sweepMs, () => {
          this.#sweepAsked = this.#leftovers = false;
          this.#tell({ type: 'swept', generation: effect.generation });
        });
        break;
      case 'arm':
        must(effect.ms >= 0 && Number.isSafeInteger(effect.ms), 'a timer has whole milliseconds');
        this.#later(effect.ms, () => this.#tell({ type: 'timer-fired', timer: effect.timer }), effect.timer);
        break;
      case 'disarm':
        this.#due = this.#due.filter((one) => one.timer !== effect.timer);
        break;
    }
  }

  #spawn(generation: number, fate: Fate): void {
    must(!this.#spawnAsked, 'no spawn while a former one is unanswered');
    must(
      this.#child() === null && !this.#children.some((one) => one.alive),
      'no spawn while a process lives',
    );
    must(!this.#sweepAsked && !this.#leftovers, 'no spawn before the last tree was swept');
    must(!this.machine.policy.locked || this.#acquired.has(generation), 'no spawn without the lock');
    this.#spawnAsked = true;
    if (fate.spawn !== 'runs') {
      const permanent = fate.spawn === 'missing';
      const failure = permanent ? MISSING : REFUSED;
      this.#later(fate.spawnMs, () => {
        this.#spawnAsked = false;
        this.#tell({ type: 'spawn-failed', generation, failure, permanent });
      });
      return;
    }
    // The kernel has it at once; the machine hears of it later.
    const child: Child = { pid: ++this.#pids, fate, alive: true, told: false, toldEnd: false };
    this.#children = [...this.#children.filter((one) => one.alive), child];
    this.#later(fate.spawnMs, () => {
      this.#spawnAsked = false;
      child.told = true;
      if (fate.endMs !== null) {
        this.#later(fate.endMs, () => this.#end(child, { code: fate.code, signal: null }));
      }
      if (fate.readyMs !== null) {
        this.#later(fate.readyMs, () => {
          if (child.alive) this.#tell({ type: 'became-ready', generation });
        });
      }
      this.#tell({ type: 'spawned', generation, pid: child.pid });
    });
  }

  #end(child: Child, exit: { code: number | null; signal: string | null }): void {
    if (!child.alive) return;
    const { generation } = this.machine;
    child.alive = false;
    this.#leftovers = true;
    this.#later(child.fate.lagMs, () => {
      child.toldEnd = true;
      const refusal = child.fate.refused && exit.code !== null ? MISSING : null;
      this.#tell({ type: 'exited', generation, exit, refusal });
    });
  }

  #answerLock(generation: number, fate: Fate): void {
    const wanted = this.#asked === generation;
    if (wanted) this.#asked = null;
    if (fate.lock === 'acquired') {
      if (wanted) this.#acquired.add(generation);
      this.#tell({ type: 'lock-acquired', generation });
    } else if (fate.lock === 'refused') {
      this.#tell({ type: 'lock-refused', generation, hindrance: HELD });
    } else {
      const permanent = fate.lock === 'broken';
      this.#tell({ type: 'lock-failed', generation, failure: permanent ? MISSING : REFUSED, permanent });
    }
  }

  /** A state that is not final has an armed timer or something that it will hear of. */
  #mustWaitForSomething(): void {
    const { state } = this.machine;
    const armed = this.#due.flatMap((one) => one.timer ?? []);
    const carried = 'timer' in state && state.timer !== null ? [state.timer] : [];
    must(JSON.stringify(armed) === JSON.stringify(carried), 'the one armed timer is that of the state');
    const starting = state.id === 'STARTING' && state.pid !== null;
    const watched = starting || (state.id === 'RUNNING' && this.machine.policy.live);
    must(this.#watched === watched, 'readiness is watched for, and then liveness');
    const awaited = armed.length > 0 || this.#asked !== null || this.#spawnAsked || this.#sweepAsked;
    must(awaited || this.#child() !== null || this.#onlooker.isFinal(this.machine), 'something is awaited');
  }

  /** The process whose end the machine has not heard of. */
  #child(): Child | null {
    return this.#children.find((child) => !child.toldEnd) ?? null;
  }

  #next(): void {
    const [first] = this.#due.toSorted((a, b) => a.at - b.at || a.tie - b.tie);
    if (first === undefined) return;
    this.#due = this.#due.filter((one) => one !== first);
    this.#now = first.at;
    first.happen();
  }

  #later(ms: number, happen: () => void, timer: number | null = null): void {
    this.#due.push({ at: this.#now + ms, tie: this.#fate().chance, timer, happen });
  }

  #fate(): Fate {
    const fate = this.#fates[this.#drawn++ % this.#fates.length];
    must(fate !== undefined, 'there is a fate');
    return fate;
  }

  #count(...names: string[]): void {
    this.#tally.steps++;
    for (const name of new Set(names)) this.#tally.seen.set(name, (this.#tally.seen.get(name) ?? 0) + 1);
  }
}

/** One of the two that want to be the beat: a supervisor, or the naive lease, with its own folders and its own way to Redis. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStat } from '../../src/os/proc.ts';
import { alive, markedPids, type Rig, type Running, tryKill, until } from './rig.ts';
import type { WallClock } from './wall-clock.ts';
import { Wire } from './wire.ts';

/** What a host is made of. `owner` is what renews: the supervisor, or the naive lease. */
export type Role = 'owner' | 'deadman' | 'beat';

export interface HostPlan {
  readonly name: string;
  readonly python: string;
  /** Port of the lease's Redis. */
  readonly lease: number;
  readonly broker: string;
  /** Seconds. */
  readonly ttl: number;
  readonly isNaive: boolean;
  /** The machine's own unless given. */
  readonly clock?: WallClock;
}

const APP = 'lease_app';
/** Of a clean stop, on a machine with other work. Milliseconds. */
const END_MS = 90_000;
const HERE = join(import.meta.dirname, '..');

export class LeaseHost {
  readonly name: string;
  readonly wire: Wire;
  running: Running;
  /** What it said of itself; `performance.now()`. */
  readonly said: { readonly at: number; readonly text: string }[] = [];
  readonly #rig: Rig;
  readonly #plan: HostPlan;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(rig: Rig, plan: HostPlan, wire: Wire) {
    this.#rig = rig;
    this.#plan = plan;
    this.name = plan.name;
    this.wire = wire;
    this.#folder = join(rig.folder, plan.name);
    this.#env = {
      ...plan.clock?.env,
      HOME: this.#folder,
      PRODSERVER_RUNTIME_DIR: join(this.#folder, 'run'),
      PYTHONPATH: [
        join(HERE, 'e2e'),
        ...(plan.clock === undefined ? [] : [join(HERE, 'e2e', 'lease_site')]),
      ].join(':'),
      LEASE_BROKER: plan.broker,
      LEASE_HOST: plan.name,
      LEASE_MARK: this.#folder,
    };
    mkdirSync(this.#folder);
    rig.write(
      join(plan.name, 'prodserver.yaml'),
      `PRODUCTION_PROCESSES:
  beat:
    BACKEND: CeleryBeat
    APP: ${APP}
    ARGS: {loglevel: warning, schedule: ${this.#folder}/schedule}
    LOCK: {redis: "redis://127.0.0.1:${wire.port}/0", name: faults, ttl: ${plan.ttl}s}
    RESTART: {backoff: {initial: 100ms, max: 1s}}
SUPERVISOR: {python: ${plan.python}}
`,
    );
    this.running = this.#started();
  }

  static async start(rig: Rig, plan: HostPlan): Promise<LeaseHost> {
    return new LeaseHost(rig, plan, await Wire.to(plan.lease));
  }

  /** After its end. */
  restart(): void {
    if (!this.running.over) throw new Error(`host ${this.name} runs`);
    this.running = this.#started();
  }

  /** As an operator would, and to its end. */
  async stop(): Promise<void> {
    this.running.kill('SIGTERM');
    await until(() => this.running.over, `host ${this.name} to end`, END_MS);
  }

  async kill(): Promise<void> {
    this.running.kill('SIGKILL');
    await until(() => this.running.over, `host ${this.name} to be gone`);
  }

  /** Null where it is not there now. */
  pid(role: Role): number | null {
    if (role === 'owner') return this.running.over ? null : this.running.pid;
    return this.living().find((pid) => roleOf(pid) === role) ?? null;
  }

  living(): number[] {
    return markedPids(`LEASE_MARK=${this.#folder}`).filter(alive);
  }

  /** A signal to one part of it; false where it is not there. */
  signal(role: Role, signal: NodeJS.Signals): boolean {
    const pid = this.pid(role);
    if (pid !== null) tryKill(pid, signal);
    return pid !== null;
  }

  #started(): Running {
    const running = this.#begin();
    running.child.stdout?.on('data', (text: string) => {
      for (const line of text.split('\n')) {
        if (/prodserver(?: \||:) /.test(line)) this.said.push({ at: performance.now(), text: line });
      }
    });
    return running;
  }

  #begin(): Running {
    const options = { cwd: this.#folder, env: this.#env };
    if (!this.#plan.isNaive) return this.#rig.start(['start', 'beat'], options);
    const { python, ttl } = this.#plan;
    const beat = ['-m', 'celery', '-A', APP, 'beat', '-l', 'warning', '-s', `${this.#folder}/schedule`];
    const url = `redis://127.0.0.1:${this.wire.port}/0`;
    const lease = join(HERE, 'e2e', 'naive_lease.py');
    return this.#rig.spawn([python, lease, url, String(ttl), python, ...beat], options);
  }
}

const DEADMAN = 'prodserver_deadman.py';

/** By the command line; a child between its fork and its exec still has its parent's. */
function roleOf(pid: number): Role | null {
  const line = lineOf(pid);
  if (line.includes(DEADMAN)) return lineOf(readStat(pid)?.parent ?? 0).includes(DEADMAN) ? null : 'deadman';
  if (line.includes('naive_lease.py')) return 'owner';
  return / beat /.test(line) && /celery/.test(line) ? 'beat' : null;
}

function lineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // gone
  }
}

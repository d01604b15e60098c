/** A supervisor as PID 1 of a pid namespace of its own, seen from outside of it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readStat } from '../../src/os/proc.ts';
import { type Ended, type Rig, type Running, type SpawnOptions, tryKill, until } from './rig.ts';

export class Container {
  readonly running: Running;
  readonly #rig: Rig;
  /** What its PID 1 is out here. */
  init = 0;
  #namespace: string | null = null;

  private constructor(rig: Rig, running: Running) {
    this.#rig = rig;
    this.running = running;
  }

  static async start(rig: Rig, args: readonly string[], options: SpawnOptions = {}): Promise<Container> {
    const unshare = ['--fork', '--pid', '--mount-proc', '--kill-child'];
    const container = new Container(
      rig,
      rig.spawn(['unshare', ...unshare, process.execPath, rig.bin, ...args], options),
    );
    container.init = await until(() => childrenOf(container.running.pid)[0], 'PID 1');
    container.#namespace = namespaceOf(container.init);
    return container;
  }

  kill(signal: NodeJS.Signals): void {
    tryKill(this.init, signal);
  }

  get ended(): Promise<Ended> {
    return this.running.ended;
  }

  /** Runs prodserver inside, as `docker exec` does. */
  async exec(args: readonly string[]): Promise<Ended> {
    const enter = ['--target', String(this.init), '--pid', '--mount', `--wd=${this.#rig.folder}`];
    return this.#rig.spawn(['nsenter', ...enter, process.execPath, this.#rig.bin, ...args]).ended;
  }

  /** The pids inside of everything there but PID 1, zombies too. */
  inside(): number[] {
    return pids()
      .filter((pid) => pid !== this.init && namespaceOf(pid) === this.#namespace)
      .flatMap((pid) => innerPid(pid) ?? []);
  }

  /** As `inside`, of those that can still act. */
  living(): number[] {
    const dead = new Set(this.zombies());
    return this.inside().filter((pid) => !dead.has(pid));
  }

  /** Its zombies, by the pids inside. */
  zombies(): number[] {
    return childrenOf(this.init)
      .filter((pid) => readStat(pid)?.state === 'Z')
      .flatMap((pid) => innerPid(pid) ?? []);
  }

  /** The children of PID 1, by the pids inside. */
  children(): number[] {
    return childrenOf(this.init).flatMap((pid) => innerPid(pid) ?? []);
  }
}

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const childrenOf = (pid: number): number[] => pids().filter((one) => readStat(one)?.parent === pid);

const statusLine = (pid: number, name: string): string | null => {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    return new RegExp(`^${name}:\\t(.*)$`, 'm').exec(text)?.[1] ?? null;
  } catch {
    return null; // gone
  }
};

/** The pid in the innermost namespace. */
const innerPid = (pid: number): number | null => {
  const text = statusLine(pid, 'NSpid');
  return text === null ? null : Number(text.split('\t').at(-1));
};

/** Of a zombie too. */
const namespaceOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null; // gone
  }
};

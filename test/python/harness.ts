/** Starts our Python programs as the supervisor does, and hears what they report. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { onTestFailed } from 'vitest';
import { newLinkReader, type Report } from '../../src/health/link.ts';
import { ROOT, type Rig, Running, until } from '../support/rig.ts';

export const SHOP = join(ROOT, 'fixtures', 'shop');
export const HELPERS = join(ROOT, 'python');
const LAUNCHER = join(HELPERS, 'prodserver_celery.py');
export const PROBE = join(HELPERS, 'prodserver_probe.py');

export interface Order {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** An open descriptor that becomes the child's 4. */
  readonly pass?: number;
  /** A Python program that runs first, and becomes the one given as its arguments. */
  readonly through?: string;
}

type Named<Event extends Report['event']> = Extract<Report, { event: Event }>;

/** A program with a socket at its descriptor 3. */
export class Linked extends Running {
  readonly reports: Report[] = [];
  /** All that came over the socket, as it was written. */
  wire = '';
  readonly #link: Duplex;
  readonly #reader = newLinkReader();
  #seen = 0;

  constructor(rig: Rig, argv: readonly [string, ...string[]], { env, cwd = SHOP, pass }: Order) {
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd,
      env: { ...rig.env, PYTHONUNBUFFERED: '1', ...shopEnv(rig), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(pass === undefined ? [] : [pass])],
    });
    super(argv.join(' '), child);
    this.#link = child.stdio[3] as Duplex;
    this.#link.on('data', (chunk: Buffer) => {
      this.wire += chunk.toString('utf8');
      this.reports.push(...this.#reader.push(chunk));
    });
    this.#link.on('error', () => this.#link.destroy());
    onTestFailed(() => {
      process.stderr.write(`\n--- ${this.label}\n${this.stdout}\n--- its stderr\n${this.stderr}\n`);
      process.stderr.write(`--- its reports\n${this.wire}\n`);
    });
  }

  /** The names of the reports so far, in their order, without those that come by the clock. */
  get told(): string[] {
    return this.reports.map((report) => report.event).filter((event) => !event.endsWith('tick'));
  }

  get garbled(): number {
    return this.#reader.garbled();
  }

  /** Waits for the next report of that kind; those before it count as read. */
  async tells<Event extends Report['event']>(event: Event): Promise<Named<Event>> {
    return until(() => {
      const index = this.reports.findIndex((report, at) => at >= this.#seen && report.event === event);
      if (index >= 0) this.#seen = index + 1;
      else if (this.over) throw new Error(`${this.label} ended before it told ${event}`);
      return index < 0 ? null : (this.reports[index] as Named<Event>);
    }, `${this.label} to tell ${event}`);
  }

  /** Waits for `pattern` in the log, which Celery writes to stderr. */
  async logs(pattern: RegExp): Promise<void> {
    await until(() => {
      if (pattern.test(this.stderr)) return true;
      if (this.over) throw new Error(`${this.label} ended before it logged ${pattern}`);
      return false;
    }, `${this.label} to log ${pattern}`);
  }

  /** As a supervisor that is stopped. */
  stopReading(): void {
    this.#link.pause();
  }

  readAgain(): void {
    this.#link.resume();
  }

  /** Closes the supervisor's end, as the death of the supervisor does. */
  hangUp(): void {
    this.#link.destroy();
  }
}

/** A data folder of its own for the shop, and no database: no test reads a result. */
const shopEnv = (rig: Rig): NodeJS.ProcessEnv => ({
  SHOP_DATA: join(rig.folder, 'data'),
  SHOP_RESULT_BACKEND: 'disabled://',
});

/** What a task or a settings module of a test wrote into `name` of the data folder. */
export async function written(rig: Rig, name: string): Promise<string> {
  return until(() => {
    try {
      return rig.read(join('data', name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }, `somebody to write ${name}`);
}

/** Celery by our launcher, with a link. */
export function celery(rig: Rig, python: string, args: readonly string[], order: Order = {}): Linked {
  const first = order.through === undefined ? [] : ['-c', order.through, python];
  const env = { PRODSERVER_LINK_FD: '3', ...order.env };
  return new Linked(rig, [python, ...first, LAUNCHER, ...args], { ...order, env });
}

/** A worker of the shop that neither meets nor hears others, which would only cost time. */
export const worker = (rig: Rig, python: string, options: readonly string[], order: Order = {}): Linked => {
  const quick = ['--hostname=w1@test', '--loglevel=INFO', '--without-mingle', '--without-gossip'];
  return celery(rig, python, ['-A', 'shop.celery.app', 'worker', ...quick, ...options], order);
};

export const beat = (rig: Rig, python: string, order: Order = {}): Linked => {
  const schedule = join(rig.folder, 'schedule');
  const options = [`--schedule=${schedule}`, '--max-interval=1', '--loglevel=INFO'];
  return celery(rig, python, ['-A', 'shop.celery.app', 'beat', ...options], order);
};

/** Celery by its own name: the measure of what our launcher says. */
export const plainCelery = (rig: Rig, python: string, args: readonly string[], order: Order = {}): Linked =>
  new Linked(rig, [python, '-m', 'celery', ...args], order);

const SEND = `
import sys
from celery import Celery, chain
broker, *tasks = sys.argv[1:]
app = Celery(broker=broker)
app.conf.task_default_queue = "default"
chain(*(app.signature(name, args=args, immutable=True) for name, args in map(eval, tasks))).delay()
`;

/** Sends a chain of tasks, each written as Python: `("orders.tasks.slow", [1])`. */
export async function send(rig: Rig, python: string, broker: string, ...tasks: string[]): Promise<void> {
  const ended = await rig.spawn([python, '-c', SEND, broker, ...tasks]).ended;
  if (ended.code !== 0) throw new Error(`the tasks were not sent:\n${ended.stderr}`);
}

/** The version of `name` that a requirements file pins. */
export function pinned(requirements: string, name: string): string {
  const match = new RegExp(`^${name}(?:\\[.*\\])?==(.+)$`, 'm').exec(readFileSync(requirements, 'utf8'));
  if (match?.[1] === undefined) throw new Error(`${requirements} does not pin ${name}`);
  return match[1];
}

/** The pins of the sample's interpreter. */
export const SHOP_PINS = join(SHOP, 'requirements.txt');

/** Pids of the children that a process has now. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);

/** What the descriptors of a process refer to: a path, or a kind and an inode. */
export const descriptorsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });

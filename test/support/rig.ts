/** A folder of its own, a supervisor in it, and everything that both said when a test fails. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { findSupervisors } from '../../src/control/client.ts';
import { realPath } from '../../src/os/files.ts';
import { statusJson } from '../../src/render/status.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'prodserver');
/** A hang shows as a failure with all output, before vitest's own time-out hides it. Milliseconds. */
const PATIENCE_MS = 45_000;

/** Between two looks at the status of one rig. Each costs the supervisor some 13 ms, with a few workers. Milliseconds. */
const STATUS_PERIOD_MS = 200;
/** Characters. */
const UNSEEN_LIMIT = 1_000_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One running command and what it has said so far. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly label: string;
  readonly #heard: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
  /** What `says` has not consumed; of a flood only the end is kept, or every look would cost more than the last. */
  #unseen = '';
  #watchers = new Set<() => void>();

  constructor(label: string, child: ChildProcess) {
    this.label = label;
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear('stdout', text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear('stderr', text));
    this.ended = new Promise((done) => {
      child.once('close', (code, signal) => {
        done({ code, signal, stdout: this.stdout, stderr: this.stderr });
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.label} was not started`);
    return this.child.pid;
  }

  get over(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Waits for `pattern` in stdout after the last match, and consumes up to its end. */
  async says(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return until(
      () => {
        const match = pattern.exec(this.#unseen);
        if (match !== null) this.#unseen = this.#unseen.slice(match.index + match[0].length);
        else if (this.over) throw new Error(`${this.label} ended before it said ${pattern}`);
        return match;
      },
      `${this.label} to say ${pattern}`,
      patienceMs,
      this.#watchers,
    );
  }

  get stdout(): string {
    return this.#text('stdout');
  }

  get stderr(): string {
    return this.#text('stderr');
  }

  #text(stream: 'stdout' | 'stderr'): string {
    const whole = this.#heard[stream].join('');
    this.#heard[stream] = [whole];
    return whole;
  }

  #hear(stream: 'stdout' | 'stderr', text: string): void {
    this.#heard[stream].push(text);
    if (stream === 'stdout') {
      this.#unseen += text;
      if (this.#unseen.length > UNSEEN_LIMIT) this.#unseen = this.#unseen.slice(-UNSEEN_LIMIT / 2);
    }
    for (const watcher of this.#watchers) watcher();
  }
}

/** Between two looks for what is not heard: soon at first, and then so that a long wait takes little. Milliseconds. */
const LOOKS = { soonMs: 20, laterMs: 60, laterAfterMs: 1000 } as const;

/** Looks again whenever something is heard, and now and then for what is not heard, until there is a result. */
export async function until<T>(
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  what: string,
  patienceMs = PATIENCE_MS,
  watchers: Set<() => void> = new Set(),
): Promise<T> {
  const begun = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    const waited = performance.now() - begun;
    if (waited > patienceMs) throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`);
    await new Promise<void>((done) => {
      const go = (): void => {
        watchers.delete(go);
        clearTimeout(timer);
        done();
      };
      const timer = setTimeout(go, waited > LOOKS.laterAfterMs ? LOOKS.laterMs : LOOKS.soonMs);
      watchers.add(go);
    });
  }
}

export interface StatusRow {
  readonly name: string;
  readonly instance: string;
  readonly supervisor_pid: number;
  readonly state: string;
  readonly ready: boolean;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly pid: number | null;
  readonly restarts: number;
  readonly attempt: number;
  readonly next_retry_at: string | null;
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  readonly memory: { readonly rss_bytes: number | null; readonly pss_bytes: number | null };
  readonly cpu_percent: number | null;
  readonly tasks: {
    readonly done: number | null;
    readonly failed: number | null;
    readonly active: number | null;
    readonly per_second: number | null;
  };
  readonly log: { readonly file: string | null; readonly lines_dropped: number };
  readonly said: readonly string[];
  readonly members: readonly number[];
  readonly generation: number;
  readonly replacing: { readonly reason: string; readonly phase: string; readonly pid: number | null } | null;
  readonly replacement_failed: { readonly generation: number; readonly reason: string | null } | null;
  readonly exits: readonly {
    readonly pid: number;
    readonly code: number | null;
    readonly signal: string | null;
    readonly uptime_s: number;
    readonly peak_rss_bytes: number | null;
    readonly reason: string;
  }[];
}

export interface StatusObject {
  readonly supervisors: readonly {
    readonly pid: number;
    readonly log_lines_dropped: number;
    readonly loop_lag_ms: { readonly p99: number; readonly max: number };
  }[];
  readonly processes: readonly StatusRow[];
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input stays open, for `send`. */
  readonly input?: boolean;
}

export class Rig {
  readonly bin = BIN;
  readonly folder = mkdtempSync(join(tmpdir(), 'ps-'));
  readonly env: NodeJS.ProcessEnv;
  #running: Running[] = [];
  #asked = -Infinity;

  constructor() {
    const runtime = join(this.folder, 'run');
    // The mark by which whatever is left behind is found and ended, however it escaped.
    this.env = {
      ...process.env,
      PRODSERVER_RUNTIME_DIR: runtime,
      PRODSERVER_TEST_RIG: this.folder,
      NO_COLOR: '1',
    };
    for (const name of ['PRODSERVER_MANIFEST', 'DJANGO_SETTINGS_MODULE', 'VIRTUAL_ENV', 'PORT'])
      delete this.env[name];
    onTestFailed(() => {
      for (const one of this.#running) {
        process.stderr.write(
          `\n--- ${one.label}\n${ends(one.stdout)}\n--- its stderr\n${ends(one.stderr)}\n`,
        );
      }
    });
    onTestFinished(() => this.#clear());
  }

  write(name: string, text: string | Buffer): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Writes prodserver.yaml. */
  manifest(text: string): string {
    return this.write('prodserver.yaml', text);
  }

  /** Starts any program in the rig's folder (or `cwd`), its output kept. */
  spawn(argv: readonly [string, ...string[]], options: SpawnOptions = {}): Running {
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (options.input !== true) child.stdin.end();
    const running = new Running(argv.join(' '), child);
    this.#running.push(running);
    return running;
  }

  start(args: readonly string[], options: SpawnOptions = {}): Running {
    return this.spawn([process.execPath, BIN, ...args], options);
  }

  /** Starts prodserver on a terminal of its own; `send` takes the lines of terminal.py. */
  terminal(args: readonly string[], options: SpawnOptions = {}): Running {
    const helper = join(import.meta.dirname, 'terminal.py');
    return this.spawn(['python3', helper, process.execPath, BIN, ...args], { ...options, input: true });
  }

  /** Runs prodserver to its end. */
  async run(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  async status(options: SpawnOptions = {}): Promise<StatusRow[]> {
    return [...(await this.statusObject(options)).processes];
  }

  /**
   * All that `status --json` says, without a process of its own, for tests ask again and again; nothing where no
   * supervisor answers.
   */
  async statusObject(options: SpawnOptions = {}): Promise<StatusObject> {
    // A look costs the supervisor milliseconds, and most looks are polls.
    const wait = this.#asked + STATUS_PERIOD_MS - performance.now();
    this.#asked = performance.now() + Math.max(0, wait);
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    const env = { ...this.env, ...options.env };
    const manifest = join(options.cwd ?? this.folder, env['PRODSERVER_MANIFEST'] ?? 'prodserver.yaml');
    const found = await within(env, async () => findSupervisors(realPath(manifest)));
    const answers = found.ok ? found.value.map(({ status }) => status) : [];
    const rows = answers.flatMap(({ processes }) => processes);
    return statusJson(
      answers.map(({ supervisor }) => supervisor),
      rows,
    ) as StatusObject;
  }

  /** Every live process that was started below this rig, by the mark in its environment. */
  survivors(): number[] {
    return markedPids(`PRODSERVER_TEST_RIG=${this.folder}`);
  }

  #clear(): void {
    for (const pid of this.survivors()) tryKill(pid);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The runtime folder is looked for when the call begins, so that is when the environment must name it. */
async function within<T>(env: NodeJS.ProcessEnv, ask: () => Promise<T>): Promise<T> {
  const before = process.env['PRODSERVER_RUNTIME_DIR'];
  process.env['PRODSERVER_RUNTIME_DIR'] = env['PRODSERVER_RUNTIME_DIR'] ?? '';
  const asked = ask();
  if (before === undefined) delete process.env['PRODSERVER_RUNTIME_DIR'];
  else process.env['PRODSERVER_RUNTIME_DIR'] = before;
  return asked;
}

/** Both ends of a long text: a flood would bury what matters. */
const ends = (text: string): string =>
  text.length < 20_000 ? text : `${text.slice(0, 5000)}\n[...]\n${text.slice(-15_000)}`;

/** Pids whose environment carries `mark`. */
export function markedPids(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(mark);
      } catch {
        return false; // gone, or a kernel thread
      }
    })
    .map(Number);
}

export function tryKill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True for a process that can still act. */
export function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? 'X');
  } catch {
    return false; // gone
  }
}

/** Below the ports that the kernel gives to connections (/proc/sys/net/ipv4/ip_local_port_range): those are soon in use. */
const PORTS = { first: 10_240, last: 32_767 };

/** One that nobody listens on, and that no connection of another test takes before it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last + 1);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true));
    });
    if (!free) continue;
    await new Promise<void>((done) => void server.close(() => done()));
    return port;
  }
}

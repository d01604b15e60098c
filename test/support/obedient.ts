/** Commands that do what a test says, over a socket: every order of events can be forced, and nothing sleeps. */
import { execFileSync } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { type Rig, until } from './rig.ts';

/** A name, or the number of a realtime signal, which has none in Node. */
export type Signal = NodeJS.Signals | number;
/** A plain child; one whose parent is gone; one that has left its session too. */
export type Role = 'child' | 'orphan' | 'escaped';

export const numberOf = (signal: Signal): number =>
  typeof signal === 'number' ? signal : constants.signals[signal];

const nameOf = (number: number): Signal =>
  (Object.entries(constants.signals).find(([, one]) => one === number)?.[0] as Signal | undefined) ?? number;

/** The interpreter itself: a wrapper in the PATH (pyenv's) takes longer than Python does. */
let interpreter: string | null = null;
const python = (): string =>
  (interpreter ??= execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim());

interface Hello {
  readonly pid: number;
  readonly role: Role | 'main';
  readonly parent: number;
  readonly mark: string;
  readonly argv: readonly string[];
}

/** One process that obeys. Its pid is that of its own pid namespace. */
export class Obedient {
  readonly pid: number;
  readonly hello: Hello;
  /** `job.1`; empty where no supervisor started it. */
  readonly instance: string;
  readonly #socket: Socket;
  readonly #company: Company;
  #asked: { done(answer: string | null): void; fail(error: Error): void }[] = [];
  /** The signals that it reported, in order. */
  readonly got: Signal[] = [];
  over = false;

  constructor(hello: Hello, socket: Socket, company: Company) {
    this.hello = hello;
    this.pid = hello.pid;
    this.instance = /\/([^:]+):/.exec(hello.mark)?.[1] ?? '';
    this.#socket = socket;
    this.#company = company;
    socket.once('close', () => {
      for (const one of this.#asked)
        one.fail(new Error(`${this.instance} (pid ${this.pid}) ended before it answered`));
      this.over = true;
    });
  }

  hear(line: string): void {
    const heard = JSON.parse(line) as { signal: number } | { answer: string | null };
    if ('signal' in heard) this.got.push(nameOf(heard.signal));
    else this.#asked.shift()?.done(heard.answer);
  }

  /** Ends at once, without a word to anybody. */
  exit(code: number): void {
    this.#send({ do: 'exit', code });
  }

  /** Sends itself a signal, with the default disposition. */
  die(signal: Signal): void {
    this.#send({ do: 'die', signal: numberOf(signal) });
  }

  async on(signal: Signal, way: 'ignore' | 'default' | 'report'): Promise<void> {
    await this.#ask({ do: 'on', signal: numberOf(signal), way });
  }

  /** Waits until it has reported a signal so many times. */
  async gets(signal: Signal, times = 1): Promise<void> {
    const count = (): number => this.got.filter((one) => one === signal).length;
    await until(() => count() >= times, `${this.instance} to get ${signal}`);
  }

  async write(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    await this.#ask({ do: 'write', stream: stream === 'stdout' ? 1 : 2, text });
  }

  async close(stream: 'stdout' | 'stderr'): Promise<void> {
    await this.#ask({ do: 'close', stream: stream === 'stdout' ? 1 : 2 });
  }

  async env(name: string): Promise<string | null> {
    return this.#ask({ do: 'env', name });
  }

  async listen(port: number): Promise<void> {
    await this.#ask({ do: 'listen', port });
  }

  /** Takes no order for so long. */
  sleep(seconds: number): void {
    this.#send({ do: 'sleep', seconds });
  }

  async spawn(role: Role): Promise<Obedient> {
    const known = this.#company.all.length;
    await this.#ask({ do: 'spawn', role });
    return until(
      () =>
        this.#company.all.slice(known).find(({ hello }) => hello.role === role && hello.parent === this.pid),
      `the ${role} of ${this.instance}`,
    );
  }

  #send(order: object): void {
    this.#socket.write(`${JSON.stringify(order)}\n`);
  }

  async #ask(order: object): Promise<string | null> {
    this.#send(order);
    return new Promise((done, fail) => void this.#asked.push({ done, fail }));
  }
}

/** All obedient commands of one rig. */
export class Company {
  readonly all: Obedient[] = [];
  readonly #socket: string;
  #taken = new Set<Obedient>();

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async of(rig: Rig): Promise<Company> {
    const company = new Company(join(rig.folder, 'obey'));
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      let one: Obedient | null = null;
      createInterface({ input: socket }).on('line', (line) => {
        if (one !== null) return one.hear(line);
        one = new Obedient(JSON.parse(line) as Hello, socket, company);
        company.all.push(one);
      });
    });
    await new Promise<void>((done) => void server.listen({ path: company.#socket, backlog: 1024 }, done));
    onTestFinished(() => {
      server.close();
      for (const socket of open) socket.destroy();
    });
    return company;
  }

  /** The value of CMD; `argv` is what it tells of itself. */
  cmd(argv: readonly string[] = []): string {
    const script = join(import.meta.dirname, 'obedient.py');
    return JSON.stringify([python(), '-IS', script, this.#socket, ...argv]);
  }

  /** The next main process of an instance that was not handed out yet. */
  async next(instance: string): Promise<Obedient> {
    const found = await until(
      () =>
        this.all.find(
          (one) => one.instance === instance && one.hello.role === 'main' && !this.#taken.has(one),
        ),
      `${instance} to start`,
    );
    this.#taken.add(found);
    return found;
  }

  /** How many times an instance was started. */
  starts(instance: string): number {
    return this.all.filter((one) => one.instance === instance && one.hello.role === 'main').length;
  }
}

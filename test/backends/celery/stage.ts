/** One worker, beat or Flower made from ARGS of a manifest as `start` would, on a broker of its own, and a client beside it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { loadManifest } from '../../../src/manifest/load.ts';
import type { Loaded } from '../../../src/manifest/loaded.ts';
import type { ProcessSpec } from '../../../src/model/spec.ts';
import { Linked } from '../../python/harness.ts';
import { Rig, Running, until } from '../../support/rig.ts';

const HERE = import.meta.dirname;

export type Args = Readonly<Record<string, unknown>>;
export type Argv = readonly [string, ...string[]];

/** What a proof is made of, beside the interpreter. */
export interface Setting {
  readonly backend?: 'CeleryWorker' | 'CeleryBeat' | 'CeleryFlower';
  readonly args: Args;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of the application. */
  readonly conf?: Readonly<Record<string, unknown>>;
  /** A command that becomes the process, such as `taskset`. */
  readonly through?: readonly string[];
}

/** Those that share their processes, in their order; each of the others by itself. */
export function companies<P extends { readonly together?: string }>(proofs: readonly P[]): P[][] {
  const found = new Map<unknown, P[]>();
  for (const proof of proofs) {
    const key = proof.together ?? proof;
    found.set(key, [...(found.get(key) ?? []), proof]);
  }
  return [...found.values()];
}

/** One setting that has all of several, which must not contradict each other. */
export function merged(settings: readonly Setting[]): Setting {
  const join = (parts: readonly (Args | undefined)[]): Args => {
    const all = new Map<string, unknown>();
    for (const [key, value] of parts.flatMap((part) => Object.entries(part ?? {}))) {
      if (all.has(key) && all.get(key) !== value) throw new Error(`two values of ${key} cannot go together`);
      all.set(key, value);
    }
    return Object.fromEntries(all);
  };
  const [first] = settings;
  if (first === undefined || settings.length === 1) return first ?? { args: {} };
  return {
    ...first,
    args: join(settings.map(({ args }) => args)),
    env: join(settings.map(({ env }) => env)) as Record<string, string>,
    conf: join(settings.map(({ conf }) => conf)),
  };
}

/** What the manifest makes of these ARGS: findings too. */
export function load(rig: Rig, python: string, setting: Setting): Loaded {
  const backend = setting.backend ?? 'CeleryWorker';
  const entry = {
    BACKEND: backend,
    APP: 'proving',
    CWD: rig.folder,
    ARGS: setting.args,
    ENV: setting.env ?? {},
  };
  const manifest = { PRODUCTION_PROCESSES: { proof: entry }, SUPERVISOR: { python } };
  const path = rig.write('proof.json', JSON.stringify(manifest));
  return loadManifest(path, 'proof.json', {}, rig.folder);
}

/** The process of an entry with these ARGS: the manifest's own way from text to argv. */
export function specOf(rig: Rig, python: string, setting: Setting): ProcessSpec {
  const { plan, findings } = load(rig, python, setting);
  const spec = plan?.processes[0];
  if (spec === undefined) throw new Error(JSON.stringify(findings, null, 2));
  return spec;
}

/** The argv without one option; an option that is not there cannot be taken out. */
export function without(argv: readonly string[], option: string): Argv {
  const rest = argv.filter((token) => token !== `--${option}` && !token.startsWith(`--${option}=`));
  if (rest.length === argv.length) throw new Error(`no --${option} in ${argv.join(' ')}`);
  return rest as unknown as Argv;
}

export interface Outcome {
  readonly state: string;
  readonly value: unknown;
}

export interface Event {
  readonly type: string;
  readonly [key: string]: unknown;
}

let clients = 0;

/** What a client sees of one broker. */
export class Client {
  readonly #driver: Driver;
  readonly #place: { readonly client: number; readonly broker: string; readonly results: string };

  constructor(driver: Driver, broker: string, results: string) {
    this.#driver = driver;
    this.#place = { client: (clients += 1), broker, results };
  }

  /** Gives the task's id. `options` are apply_async's: queue, countdown, expires ... */
  send(task: string, args: readonly unknown[] = [], options: object = {}): Promise<string> {
    return this.#ask('send', { task, args, options });
  }

  /** How a task ended; PENDING when it did not, in `patience` seconds. */
  result(id: string, patience = 30): Promise<Outcome> {
    return this.#ask('result', { id, patience });
  }

  async run(task: string, args: readonly unknown[] = [], options: object = {}): Promise<Outcome> {
    return this.result(await this.send(task, args, options));
  }

  /** `inspect <what>` of one node; null where it does not answer. */
  inspect<T>(node: string, what: string, patience = 5): Promise<T | null> {
    return this.#ask('inspect', { node, what, patience });
  }

  control(what: string, args: object): Promise<unknown> {
    return this.#ask('control', { what, arguments: args });
  }

  depth<Name extends string>(...queues: Name[]): Promise<Record<Name, number>> {
    return this.#ask('depth', { queues });
  }

  listen(): Promise<void> {
    return this.#ask('listen', {});
  }

  events(): Promise<Event[]> {
    return this.#ask('events', {});
  }

  #ask<T>(what: string, order: object): Promise<T> {
    return this.#driver.ask<T>({ do: what, ...this.#place, ...order });
  }
}

/** The client's process; importing Celery costs half a second, so a file of tests may share one. */
export class Driver {
  readonly #running: Running;
  #number = 0;

  /** Without a rig it lives until `end`, or until this process ends. */
  constructor(rig: Rig | null, python: string) {
    const argv: Argv = [python, join(HERE, 'driver.py')];
    this.#running =
      rig === null
        ? new Running(argv.join(' '), spawn(argv[0], argv.slice(1), { stdio: 'pipe' }))
        : rig.spawn(argv, { input: true });
  }

  async ask<T>(order: object): Promise<T> {
    const number = (this.#number += 1);
    this.#running.send(JSON.stringify({ number, ...order }));
    const line = await until(
      () => {
        const found = this.#running.stdout
          .split('\n')
          .find((text) => text.startsWith(`{"number": ${number},`));
        if (found === undefined && this.#running.over)
          throw new Error(`the client ended:\n${this.#running.stderr}`);
        return found;
      },
      `the client to answer ${JSON.stringify(order)}`,
    );
    const answer = JSON.parse(line) as { readonly ok?: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${JSON.stringify(order)}: ${answer.error}`);
    return answer.ok as T;
  }

  async end(): Promise<void> {
    this.#running.child.stdin?.end();
    await this.#running.ended;
  }
}

export interface Started {
  readonly process: Linked;
  /** The node name that it told; null for what has none. */
  readonly node: string | null;
}

/** A running process under proof. */
export interface Stage extends Started {
  readonly rig: Rig;
  readonly python: string;
  readonly spec: ProcessSpec;
  readonly client: Client;
  /** The broker's URL. */
  readonly broker: string;
  /** Starts the same command line once more. */
  readonly again: () => Promise<Linked>;
  /** Starts another process on the same broker. */
  readonly beside: (setting: Setting) => Promise<Started>;
}

export type Change = (argv: Argv) => Argv;

export interface Opening {
  /** The results' URL; another database of the broker unless given. */
  readonly results?: string;
  /** One that is shared; unless given, the stage has its own. */
  readonly driver?: Driver;
  /** What is done before the process starts. */
  readonly prepare?: ((client: Client) => Promise<unknown>) | undefined;
}

/** Runs a command line where and as the proofs want it, without waiting for anything. */
export function launch(
  rig: Rig,
  setting: Setting,
  spec: ProcessSpec,
  argv: Argv,
  env: NodeJS.ProcessEnv,
): Linked {
  return new Linked(rig, [...(setting.through ?? []), ...argv] as unknown as Argv, {
    // Files that an option names by a relative path are of this run only.
    cwd: rig.folder,
    env: {
      PRODSERVER_LINK_FD: '3',
      PYTHONPATH: HERE,
      PROVING_CONF: JSON.stringify(setting.conf ?? {}),
      ...env,
      ...spec.env,
    },
  });
}

/** Starts the process and waits until it says that it is ready. */
export async function open(
  rig: Rig,
  python: string,
  setting: Setting,
  change: Change,
  broker: string,
  { results = broker.replace(/\/0$/, '/1'), driver, prepare }: Opening = {},
): Promise<Stage> {
  const env = { PROVING_BROKER: broker, PROVING_RESULTS: results };
  const start = async (setting: Setting, spec: ProcessSpec, argv: Argv): Promise<Started> => {
    const process = launch(rig, setting, spec, argv, env);
    return { process, node: spec.link ? (await process.tells('ready')).node : null };
  };
  const spec = specOf(rig, python, setting);
  const argv = change(spec.argv);
  const client = new Client(driver ?? new Driver(rig, python), broker, results);
  await prepare?.(client);
  return {
    ...(await start(setting, spec, argv)),
    rig,
    python,
    spec,
    client,
    broker,
    again: async () => (await start(setting, spec, argv)).process,
    beside: async (other) => {
      const spec = specOf(rig, python, other);
      return start(other, spec, spec.argv);
    },
  };
}

/**
 * Many clients at once, from a printed seed. Some have a process of their own and know after each answer what must be
 * true of it; the others order the same few processes about, and one of them has the last word.
 */
import { expect } from 'vitest';
import { findSupervisors, type Remote } from '../../src/control/client.ts';
import type { Result } from '../../src/model/failure.ts';
import { subscribeEvents, subscribeLogs } from '../../src/control/subscribe.ts';
import { realPath } from '../../src/os/files.ts';
import { newChance } from '../support/chance.ts';
import { commands } from '../support/commands.ts';
import { Rig, until } from '../support/rig.ts';

const CLIENTS = 50;
/** So many have a process of their own. */
const OWNERS = 12;
const SHARED = ['all-1', 'all-2', 'all-3'];
/** For an answer: fifty at once on a machine that has other things to do. Milliseconds. */
const PATIENCE_MS = 60_000;
/** INSTANCES at most. */
const MOST = 3;

/** Takes a moment to end, so that orders meet it while it stops. */
const SLOW = `CMD: [sh, -c, 'trap "sleep 0.2; exit 0" TERM; echo here; while :; do sleep 1; done']`;
const QUICK = 'CMD: [sh, -c, "echo here; exec sleep 1000"]';
const RESTART = 'RESTART: {backoff: {initial: 500ms, max: 1s}}';

type Verb = 'start' | 'stop' | 'restart' | 'scale' | 'signal' | 'status' | 'logs';
const VERBS: readonly Verb[] = [
  'start',
  'start',
  'stop',
  'restart',
  'scale',
  'scale',
  'signal',
  'status',
  'logs',
];

/** What is to be true of a process once all has settled: of each instance whether it runs. */
type Wish = boolean[];
type Tally = Record<string, number>;

export interface Storm {
  readonly seed: number;
  /** Of each client. */
  readonly orders: number;
  /** At most, between two orders of a client. */
  readonly pauseMs: number;
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

class Client {
  readonly #remote: Remote;
  readonly #chance: () => number;
  readonly #tally: Tally;

  constructor(remote: Remote, chance: () => number, tally: Tally) {
    [this.#remote, this.#chance, this.#tally] = [remote, chance, tally];
  }

  #upTo(count: number): number {
    return Math.floor(this.#chance() * count);
  }

  async pause(mostMs: number): Promise<void> {
    await new Promise((done) => setTimeout(done, this.#chance() * mostMs));
  }

  /** One order; `wish` is what must be true before it, and is afterwards. Null: others order about the same process. */
  async order(verb: Verb, name: string, wish: Wish | null): Promise<void> {
    const remote = this.#remote;
    this.#tally[verb] = (this.#tally[verb] ?? 0) + 1;
    const count = wish?.length ?? 1;
    const at = this.#upTo(2 * count);
    // The whole process, or one instance of it.
    const named = at < count ? `${name}.${at + 1}` : name;
    const meant = (wish ?? []).map((_, index) => index).filter((index) => named === name || index === at);
    const expectThese = (answered: readonly { readonly instance: string }[]): void => {
      const instances = answered.map(({ instance }) => instance);
      if (wish !== null)
        expect(instances.toSorted()).toEqual(meant.map((index) => `${name}.${index + 1}`).toSorted());
    };
    const become = (up: boolean): void => {
      for (const index of meant) if (wish !== null) wish[index] = up;
    };
    switch (verb) {
      case 'start':
        expectThese(value(await remote.start([named])).instances);
        return become(true);
      case 'restart':
        expectThese(value(await remote.restart([named])).instances);
        return become(true);
      case 'stop': {
        // Those that still leave are told, too.
        const told = value(await remote.stop([named])).instances;
        if (wish !== null)
          expect(told).toEqual(expect.arrayContaining(meant.map((index) => `${name}.${index + 1}`)));
        return become(false);
      }
      case 'signal': {
        const signal = this.#chance() < 0.3 ? 'SIGKILL' : 'SIGCONT';
        const told = value(await remote.signal([named], signal)).instances.map(({ instance }) => instance);
        if (wish !== null)
          expect(told).toEqual(expect.arrayContaining(meant.map((index) => `${name}.${index + 1}`)));
        return undefined;
      }
      case 'scale':
        return this.#scale(name, 1 + this.#upTo(MOST), wish);
      case 'status': {
        const rows = value(await remote.status()).processes.filter((row) => row.name === name);
        expect(rows.length).toBeGreaterThanOrEqual(count);
        return undefined;
      }
      case 'logs': {
        const asked = { count: 5, since: null, follow: false, names: [name] };
        const seen: unknown[] = [];
        for await (const record of value(
          await subscribeLogs(remote.socket, asked, { timeoutMs: PATIENCE_MS }),
        ))
          seen.push(record);
        expect(seen.at(-1)).toEqual({ live: true });
        return undefined;
      }
      default:
        return verb satisfies never;
    }
  }

  async #scale(name: string, count: number, wish: Wish | null): Promise<void> {
    const { changes, failures } = value(await this.#remote.scale({ [name]: count }));
    expect(failures).toEqual([]);
    if (wish === null) return expect(changes).not.toBeNull();
    const added = Array.from({ length: count }, (_, index) => index).slice(wish.length);
    const removed = wish.map((_, index) => index).slice(count);
    const told = (changes ?? []).map(({ instance, kind }) => `${kind} ${instance}`);
    expect(told.toSorted()).toEqual(
      [
        ...added.map((index) => `added ${name}.${index + 1}`),
        ...removed.map((index) => `removed ${name}.${index + 1}`),
      ].toSorted(),
    );
    wish.length = Math.min(wish.length, count);
    wish.push(...added.map(() => true));
  }
}

/** Real commands beside all that, each with its whole answer. */
async function byHand(rig: Rig): Promise<void> {
  const told = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await rig.run([...args, '--json']);
    return `${code} ${stdout}${stderr}`;
  };
  expect(await told('stop', 'desk')).toBe('0 {"stopped":["desk.1"]}\n');
  expect(await told('scale', 'desk=2', '--no-wait')).toMatch(/^0 \{.*"desk\.2".*\}\n$/);
  expect(await told('restart', 'desk.1')).toBe('0 {"restarted":[],"started":["desk.1"]}\n');
}

/** Counts the orders that the supervisor tells of, until it is called. */
async function countOrders(remote: Remote): Promise<(expected: Tally) => Promise<void>> {
  const asked = { count: 0, since: null, follow: true, names: null };
  const events = value(await subscribeEvents(remote.socket, asked));
  const heard: Tally = {};
  const over = (async () => {
    for await (const record of events) {
      if ('lost' in record) throw new Error(`${record.lost} events were lost`);
      if ('type' in record && record.type === 'ordered' && record.reason !== null)
        heard[record.reason] = (heard[record.reason] ?? 0) + 1;
    }
  })();
  const ended = over.then(
    () => null,
    (error: unknown) => error,
  );
  return async (expected) => {
    expect(await ended).toBe(null);
    expect(heard).toEqual(expected);
  };
}

const shown = (name: string, wish: Wish): string[] =>
  wish.map((up, index) => `${name}.${index + 1} ${up ? 'RUNNING' : 'STOPPED'}`);

export async function storm({ seed, orders, pauseMs }: Storm): Promise<void> {
  const rig = new Rig();
  const chance = newChance(seed);
  const own = Array.from({ length: OWNERS }, (_, index) => `own-${index + 1}`);
  const names = [...own, ...SHARED, 'desk'];
  const entries = names.map((name, index) => [name, `${index % 3 === 0 ? SLOW : QUICK}, ${RESTART}`]);
  // Without the brake of the fleet, which is for what is not wished.
  commands(rig, Object.fromEntries(entries) as Record<string, string>, 'start-rate: 10000');
  const start = rig.start(['start', '--all']);
  await until(
    async () => (await rig.status()).filter((row) => row.state === 'RUNNING').length === names.length,
    'all to be RUNNING',
  );
  process.env['PRODSERVER_RUNTIME_DIR'] = rig.env['PRODSERVER_RUNTIME_DIR'];
  const found = value(await findSupervisors(realPath(`${rig.folder}/prodserver.yaml`), PATIENCE_MS));
  delete process.env['PRODSERVER_RUNTIME_DIR'];
  const remote = found[0]?.remote;
  if (remote === undefined) throw new Error('no supervisor');

  const heardOrders = await countOrders(remote);
  const tally: Tally = {};
  const wishes = new Map<string, Wish>(names.map((name) => [name, [true]]));
  const began = performance.now();
  const lastWord = Array.from({ length: CLIENTS }, async (_, index) => {
    const client = new Client(remote, newChance(Math.floor(chance() * 2 ** 32)), tally);
    const mine = own[index];
    const dice = newChance(Math.floor(chance() * 2 ** 32));
    for (let done = 0; done < orders; done += 1) {
      await client.pause(pauseMs);
      const verb = VERBS[Math.floor(dice() * VERBS.length)] ?? 'status';
      const shared = SHARED[Math.floor(dice() * SHARED.length)] ?? '';
      await client.order(verb, mine ?? shared, mine === undefined ? null : (wishes.get(mine) ?? null));
    }
  });
  await Promise.all([byHand(rig), ...lastWord]);
  const tookS = (performance.now() - began) / 1000;
  wishes.set('desk', [true, true]);

  // One after the other now: what was in disorder is what the last one says.
  for (const [index, name] of SHARED.entries()) {
    const count = 1 + (index % MOST);
    const runs = index !== 1;
    expect(value(await remote.scale({ [name]: count })).failures).toEqual([]);
    if (runs) value(await remote.start([name]));
    else value(await remote.stop([name]));
    const verb = runs ? 'start' : 'stop';
    tally[verb] = (tally[verb] ?? 0) + 1;
    wishes.set(
      name,
      Array.from({ length: count }, () => runs),
    );
  }
  const expected = [...wishes].flatMap(([name, wish]) => shown(name, wish)).toSorted();
  let rows: string[] = [];
  const settled = async (): Promise<boolean> => {
    const { processes } = await rig.statusObject();
    rows = processes
      .filter(({ replacing }) => replacing === null)
      .map(({ instance, state }) => `${instance} ${state}`)
      .toSorted();
    return JSON.stringify(rows) === JSON.stringify(expected);
  };
  await until(settled, 'everything to be as the last orders say').catch(() => expect(rows).toEqual(expected));
  // It stays so.
  expect(await settled()).toBe(true);
  const { supervisors } = await rig.statusObject();
  const count = Object.values(tally).reduce((sum, one) => sum + one, 0);
  process.stderr.write(
    `storm: seed ${seed}, ${count} orders in ${tookS.toFixed(1)} s, lag ${JSON.stringify(supervisors[0]?.loop_lag_ms)}\n`,
  );
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect((await start.ended).stderr).toBe('');
  // One by hand, and the signal at the end.
  const { scale: _scale, status: _status, logs: _logs, ...told } = tally;
  await heardOrders({ ...told, stop: (told['stop'] ?? 0) + 2, restart: (told['restart'] ?? 0) + 1 });
  expect(rig.survivors()).toEqual([]);
}

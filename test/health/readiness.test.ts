import { describe, expect, test } from 'vitest';
import { ownAddresses, type Probes, type Subject } from '../../src/health/probe.ts';
import { watchReadiness } from '../../src/health/readiness.ts';
import type { Address, ProbeTiming, Readiness } from '../../src/model/spec.ts';
import { FakeClock } from '../logs/support.ts';

const PID = 4711;
const TIMING: ProbeTiming = { delayMs: 0, periodMs: 100, timeoutMs: 2000 };
const tcp = (port: number, host = '127.0.0.1'): Address => ({ kind: 'tcp', host, port });
const unix = (path: string): Address => ({ kind: 'unix', path });

/** What a process does, as the probes see it; it can change at any time. */
class World implements Probes {
  alive = true;
  own: Address[] | null = [];
  accepting: Address[] = [];
  status: number | null = null;
  written: number | null = null;
  ran: string | null = 'exit code 1';
  now = 100_000;
  readonly asked: string[] = [];

  isAlive(pid: number): boolean {
    expect(pid).toBe(PID);
    return this.alive;
  }

  /** What each process waits on; null where that may not be seen. */
  awaiting: ReadonlyMap<number, readonly number[]> | null = new Map();

  awaited(pid: number): readonly number[] | null {
    return this.awaiting === null ? null : (this.awaiting.get(pid) ?? []);
  }

  listeningAddresses(pid: number): readonly Address[] | null {
    expect(pid).toBe(PID);
    return this.own;
  }

  async refusal(address: Address): Promise<string | null> {
    this.asked.push(JSON.stringify(address));
    return this.accepting.includes(address) ? null : 'ECONNREFUSED';
  }

  writtenAt(path: string): number | null {
    this.asked.push(path);
    return this.written;
  }

  isShort(): boolean {
    return false;
  }

  wall(): number {
    return this.now;
  }

  /** The process itself, and what runs in its stead. */
  readonly subject: Subject = {
    pid: PID,
    startedAt: 100_000,
    sockets: new Map([['http', 7]]),
    members: () => [PID],
    run: async (argv) => {
      this.asked.push(argv.join(' '));
      return this.ran;
    },
  };

  async get(url: string): Promise<number | null> {
    this.asked.push(url);
    return this.status;
  }
}

const turn = async (): Promise<void> => new Promise((done) => void setImmediate(done));

/** Milliseconds pass, and what was begun meanwhile comes to its end. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  clock.pass(ms);
  await turn();
  await turn();
}

function watch(readiness: Readiness, world = new World()) {
  const clock = new FakeClock();
  const told = { ready: 0 };
  const cancel = watchReadiness(readiness, TIMING, world.subject, world, clock, () => (told.ready += 1));
  return { clock, told, cancel, world };
}

describe('alive', () => {
  const ALIVE: Readiness = { kind: 'alive', afterMs: 1000 };

  test('after its time, once, and not before', async () => {
    const { clock, told } = watch(ALIVE);
    await pass(clock, 999);
    expect(told.ready).toBe(0);
    await pass(clock, 1);
    expect(told.ready).toBe(1);
    await pass(clock, 60_000);
    expect([told.ready, clock.armed]).toEqual([1, 0]);
  });

  test('pending exits are seen first: the watch can end between the timer and the look', async () => {
    const { clock, told, cancel } = watch(ALIVE);
    clock.pass(1000);
    expect(told.ready).toBe(0);
    cancel();
    await turn();
    await turn();
    expect([told.ready, clock.armed]).toEqual([0, 0]);
  });

  test('a zombie is not, however long it stands there', async () => {
    const world = new World();
    world.alive = false;
    const { clock, told, cancel } = watch(ALIVE, world);
    for (let times = 0; times < 30; times += 1) await pass(clock, 100);
    expect(told.ready).toBe(0);
    cancel();
    expect(clock.armed).toBe(0);
  });
});

describe('listen', () => {
  const [first, second] = [tcp(8000), unix('/run/app.sock')];
  const LISTEN: Readiness = { kind: 'listen', addresses: [first, second] };

  test('once all that are wanted are its own, and accept', async () => {
    const { clock, told, world } = watch(LISTEN);
    world.own = [first];
    world.accepting = [first, second];
    await pass(clock, 100);
    expect(world.asked).toEqual([]);
    world.own = [first, second];
    world.accepting = [first];
    await pass(clock, 100);
    expect([told.ready, world.asked.length]).toEqual([0, 2]);
    world.accepting = [first, second];
    await pass(clock, 99);
    expect(told.ready).toBe(0);
    await pass(clock, 1);
    expect([told.ready, clock.armed]).toEqual([1, 0]);
  });

  test('where none is known beforehand, any that it listens on', async () => {
    const { clock, told, world } = watch({ kind: 'listen', addresses: [] });
    await pass(clock, 100);
    expect(told.ready).toBe(0);
    world.own = [first];
    world.accepting = [first];
    await pass(clock, 100);
    expect(told.ready).toBe(1);
  });

  test('where the system will not tell whose they are, those wanted count', async () => {
    const { clock, told, world } = watch(LISTEN);
    world.own = null;
    world.accepting = [first, second];
    await pass(clock, 100);
    expect(told.ready).toBe(1);
  });

  test('where neither is known it never is', async () => {
    const { clock, told, world } = watch({ kind: 'listen', addresses: [] });
    world.own = null;
    await pass(clock, 100);
    expect([told.ready, clock.armed]).toEqual([0, 1]);
  });

  test('an answer that comes after the watch has ended tells nobody', async () => {
    const world = new World();
    world.own = [first];
    let answer: (refused: null) => void = () => undefined;
    world.refusal = () => new Promise((done) => (answer = done));
    const { clock, told, cancel } = watch({ kind: 'listen', addresses: [first] }, world);
    await pass(clock, 100);
    cancel();
    answer(null);
    await turn();
    expect([told.ready, clock.armed]).toEqual([0, 0]);
    cancel();
  });
});

describe('http', () => {
  test.each([
    [200, 1],
    [204, 1],
    [299, 1],
    [199, 0],
    [302, 0],
    [404, 0],
    [503, 0],
    [null, 0],
  ])('an answer of %j', async (status, ready) => {
    const { clock, told, world } = watch({ kind: 'http', url: 'http://127.0.0.1:9/up', addresses: [] });
    world.status = status;
    await pass(clock, 100);
    expect(told.ready).toBe(ready);
    expect(world.asked).toEqual(['http://127.0.0.1:9/up']);
  });

  test.each([
    [tcp(8000), 'http://127.0.0.1:8000/up'],
    [tcp(8000, '0.0.0.0'), 'http://127.0.0.1:8000/up'],
    [tcp(8000, ''), 'http://127.0.0.1:8000/up'],
    [tcp(8000, '10.0.0.1'), 'http://10.0.0.1:8000/up'],
    [tcp(8000, '::'), 'http://[::1]:8000/up'],
    [tcp(8000, '0:0:0:0:0:0:0:1'), 'http://[0:0:0:0:0:0:0:1]:8000/up'],
  ])('a path alone is asked of its own listener: %o', async (address, url) => {
    const { clock, told, world } = watch({ kind: 'http', url: '/up', addresses: [] });
    world.status = 200;
    await pass(clock, 100);
    expect([told.ready, world.asked]).toEqual([0, []]);
    world.own = [unix('/run/control.sock'), address];
    await pass(clock, 100);
    expect([told.ready, world.asked]).toEqual([1, [url]]);
  });
});

test('the link tells by itself', () => {
  const { clock } = watch({ kind: 'link' });
  expect(clock.armed).toBe(0);
});

describe('the addresses to ask', () => {
  const any = tcp(8000, '0.0.0.0');
  test.each<[string, Address[], Address[] | null, Address[]]>([
    ['the system will not tell', [any], null, [any]],
    ['nothing is known at all', [], null, []],
    ['none is wanted, none there', [], [], []],
    ['none is wanted: TCP before helpers', [], [unix('/ctl'), any], [any]],
    ['none is wanted: Unix alone', [], [unix('/app')], [unix('/app')]],
    ['wanted, not there', [any], [], []],
    ['wanted, another port', [any], [tcp(8001)], []],
    [
      'wanted by name, bound by number',
      [tcp(8000, 'localhost')],
      [tcp(8000, '::')],
      [tcp(8000, 'localhost')],
    ],
    ['one of two', [any, unix('/app')], [any], []],
    ['both', [any, unix('/app')], [unix('/app'), tcp(9), any], [any, unix('/app')]],
    ['a relative path', [unix('app.sock')], [unix('/srv/app.sock')], [unix('app.sock')]],
    ['another path', [unix('/run/app.sock')], [unix('/run/other.sock')], []],
    ['Unix wanted, TCP there', [unix('/app')], [any], []],
  ])('%s', (_, wanted, own, asked) => {
    expect(ownAddresses(wanted, own)).toEqual(asked);
  });
});

describe('held sockets', () => {
  const AWAITS: Readiness = { kind: 'awaits', names: ['http'] };

  test('once one of its processes waits for connections on each', async () => {
    const { clock, told, world } = watch(AWAITS);
    await pass(clock, 100);
    world.awaiting = new Map([[PID, [8]]]);
    await pass(clock, 100);
    expect(told.ready).toBe(0);
    world.awaiting = new Map([[PID, [7]]]);
    await pass(clock, 100);
    expect(told.ready).toBe(1);
  });

  test('where that may not be seen, once it has lived for 5 s', async () => {
    const { clock, told, world } = watch(AWAITS);
    world.awaiting = null;
    world.now = world.subject.startedAt + 4999;
    await pass(clock, 100);
    expect(told.ready).toBe(0);
    world.now += 1;
    await pass(clock, 100);
    expect(told.ready).toBe(1);
  });
});

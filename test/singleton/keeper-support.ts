/** A keeper between a store that answers when it is told, and a clock that stands still until it is told. */
import { PassThrough } from 'node:stream';
import { LEASE } from '../../src/model/lease-timings.ts';
import type { LockLoss } from '../../src/model/process.ts';
import type { Grip, LockAnswer } from '../../src/singleton/holder.ts';
import { newKeeper } from '../../src/singleton/lease-keeper.ts';
import type { AcquireReply } from '../../src/singleton/lease-state.ts';
import type { Acquired, LeaseNote, LeaseStore } from '../../src/singleton/redis-store.ts';
import { FakeClock, turn } from '../logs/support.ts';
import { NO_LEASE } from '../support/spec.ts';
import { NOTE } from './redis-support.ts';

export const FILE = 'redis://cache billing';
const SERVER = { run: 'one', uptimeMs: 3_600_000, evicts: false };
/** Of the boot clock when a test begins. Milliseconds. */
export const BOOT_MS = 500_000;

type Call = { [K in keyof LeaseStore]: { act: K; args: Parameters<LeaseStore[K]> } }[keyof LeaseStore];

/** A store that answers when it is told, and what it was asked. */
class FakeStore implements LeaseStore {
  readonly calls: Call[] = [];
  #answers: ((value: unknown) => void)[] = [];

  async #ask(call: Call): Promise<unknown> {
    this.calls.push(call);
    return new Promise((answer) => void this.#answers.push(answer));
  }
  acquire = async (...args: Parameters<LeaseStore['acquire']>) =>
    this.#ask({ act: 'acquire', args }) as Promise<Acquired>;
  renew = async (...args: Parameters<LeaseStore['renew']>) =>
    this.#ask({ act: 'renew', args }) as Promise<boolean>;
  release = async (...args: Parameters<LeaseStore['release']>) =>
    this.#ask({ act: 'release', args }) as Promise<void>;
  async tell(...args: Parameters<LeaseStore['tell']>): Promise<void> {
    this.calls.push({ act: 'tell', args });
    throw new Error('full');
  }
  async look(): Promise<never> {
    throw new Error('nobody looks');
  }
  async remove(): Promise<never> {
    throw new Error('nobody uses force');
  }
  close(): void {
    this.calls.push({ act: 'close', args: [] });
  }

  /** To the oldest question. */
  async answer(value: unknown): Promise<void> {
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error('nothing was asked');
    answer(value instanceof Error ? Promise.reject(value) : value);
    await turn();
  }

  get last(): Call | undefined {
    return this.calls.at(-1);
  }
  count(act: Call['act']): number {
    return this.calls.filter((call) => call.act === act).length;
  }
}

export const acquired = (change: Partial<Extract<AcquireReply, { kind: 'acquired' }>> = {}): Acquired => ({
  reply: {
    kind: 'acquired',
    fence: 12,
    previous: { fence: 11, ttlMs: LEASE.ttlMs },
    released: { fence: 11, run: SERVER.run },
    again: false,
    server: SERVER,
    ...change,
  },
  holder: null,
});
export const HOLDER = {
  ...NO_LEASE,
  pid: 7,
  supervisorPid: 8,
  since: null,
  manifest: null,
  file: FILE,
  host: 'app-2',
};
export const held: Acquired = {
  reply: { kind: 'held', fence: 11, ttlMs: LEASE.ttlMs, leftMs: 20_000, server: SERVER },
  holder: HOLDER,
};

export function world() {
  const clock = new FakeClock();
  const store = new FakeStore();
  let asleepMs = 0;
  const boot = (): number => BOOT_MS + asleepMs + clock.now();
  const note = (pid: number | null): LeaseNote => ({ ...NOTE, pid });
  const keeper = newKeeper(store, FILE, LEASE, { clock, boot, note });
  /** Lets the time go by, and the promises after each second of it. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.pass(Math.min(left, 1000));
      await turn();
    }
  };
  /** As long as everything is well. */
  const renewed = async (times: number): Promise<void> => {
    for (let done = 0; done < times; done += 1) {
      await pass(LEASE.renewEveryMs);
      await store.answer(true);
    }
  };
  /** Of the machine: no timer goes on, but the boot clock does. */
  const sleep = (ms: number): void => void (asleepMs += ms);
  return { clock, store, keeper, boot, pass, renewed, sleep };
}
type World = ReturnType<typeof world>;

export async function granted({ keeper, store }: World): Promise<Grip> {
  const answer = keeper.take();
  await store.answer(acquired());
  return gripOf(await answer);
}

export function gripOf(answer: LockAnswer): Grip {
  if (answer.kind !== 'acquired' || answer.grip === null) throw new Error(JSON.stringify(answer));
  return answer.grip;
}

/** Runs a process under the grip, and keeps what it is fed and told. */
export function run(grip: Grip): {
  lines: () => { stop: number; kill: number }[];
  losses: LockLoss[];
  feed: PassThrough;
} {
  const feed = new PassThrough();
  const losses: LockLoss[] = [];
  let text = '';
  feed.setEncoding('utf8').on('data', (more: string) => (text += more));
  grip.spawned(4712, feed, (loss) => losses.push(loss));
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { stop: number; kill: number });
  return { lines, losses, feed };
}

/** As the dead-man reads them: seconds of the boot clock. */
export const deadlines = (anchorMs: number, fence = 12) => ({
  v: 1,
  fence,
  stop: (anchorMs + LEASE.renewDeadlineMs) / 1000,
  kill: (anchorMs + LEASE.renewDeadlineMs + LEASE.killGraceMs) / 1000,
});

/** One lease of one instance: carries out what `lease.ts` orders, and tells it what came of that. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure } from '../model/failure.ts';
import type { LockHolder, LockLoss } from '../model/process.ts';
import type { LeaseTimings } from '../model/lease-timings.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Grip, Holding, LockAnswer } from './holder.ts';
import { newLease, step, type Lease, type LeaseEvent, type LeaseOrder } from './lease.ts';
import { EvictingError, type LeaseNote, type LeaseStore } from './redis-store.ts';

/** A timer stands still while the machine sleeps, the boot clock does not: looked at anew so often. Milliseconds. */
const LONGEST_WAIT_MS = 1000;
/** Between two looks at a lease that another has; well within P, or lease-watch.ts would not call it watching. */
const LONGEST_LOOK_MS = 1000;

export interface Keeper {
  take(): Promise<LockAnswer>;
  abandon(): void;
  /** Null where it is not held. */
  holding(): Holding | null;
}

export interface KeeperPorts {
  readonly clock: Clock;
  /** Milliseconds of the boot clock. */
  readonly boot: () => number;
  /** `pid` of the process that the lease protects; null before it is started. */
  note(pid: number | null): LeaseNote;
}

interface Deadlines {
  readonly fence: number;
  readonly stopAt: number;
  readonly killAt: number;
}

type StopOrder = Extract<LeaseOrder, { do: 'stop' }>;

/** `file`: how the lease is called before people. */
export function newKeeper(
  store: LeaseStore,
  file: string,
  timings: LeaseTimings,
  ports: KeeperPorts,
): Keeper {
  const { clock, boot } = ports;
  const lookEveryMs = Math.min(LONGEST_LOOK_MS, timings.renewEveryMs / 2);
  let lease: Lease = newLease();
  let cancelWake: Cancel = () => undefined;
  /** Who waits for the answer to the last asking. */
  let waiting: ((answer: LockAnswer) => void) | null = null;
  let holder: LockHolder | null = null;
  let token = '';
  let deadlines: Deadlines | null = null;
  let feed: Duplex | null = null;
  let lost: ((loss: LockLoss) => void) | null = null;
  /** When others may have it, by the boot clock, unless it is renewed; null: it is not held. */
  let expiresAt: number | null = null;
  /** Lost between the grant and the start of the process. */
  let early: StopOrder | null = null;
  let releasing: Promise<void> | null = null;

  const post = (event: LeaseEvent): void => {
    const next = step(lease, event, boot(), timings);
    lease = next.lease;
    for (const order of next.orders) act(order);
    // Nothing is due any more, and a timer would keep the supervisor from ending.
    if (!('tenure' in lease)) cancelWake();
  };
  const answer = (given: LockAnswer): void => {
    const tell = waiting;
    waiting = null;
    tell?.(given);
  };

  const act = (order: LeaseOrder): void => {
    switch (order.do) {
      case 'acquire':
        return void acquire(order.token);
      case 'renew':
        return void renew(order.token);
      case 'release':
        releasing = release(order.token, order.fence);
        return undefined;
      case 'wake':
        return wake(order.at);
      case 'grant':
        deadlines = order;
        expiresAt = endOf(order);
        return answer({ kind: 'acquired', grip: grip(order) });
      case 'delay': {
        const leftMs = Math.max(0, order.until - boot());
        return answer({
          kind: 'held',
          hindrance: { kind: 'lock-delay', file, fence: order.fence, leftMs },
          againMs: Math.min(leftMs, lookEveryMs),
        });
      }
      case 'yield':
        return answer({
          kind: 'held',
          hindrance: { kind: 'lock', holder: holder ?? nobody(file) },
          againMs: lookEveryMs,
        });
      case 'extend':
        if (deadlines !== null) deadlines = { ...deadlines, ...order };
        expiresAt = endOf(order);
        return tellDeadlines();
      case 'stop': {
        const stop = lost;
        lost = null;
        if (deadlines !== null) deadlines = stopped(deadlines, order.killAt, boot());
        // One that was not renewed is on the server still, as far as anybody knows.
        if (order.why === 'taken') expiresAt = null;
        tellDeadlines();
        if (stop === null) early = order;
        return stop?.(lossOf(order));
      }
      default:
        return unreachable(order);
    }
  };

  const endOf = ({ stopAt }: { readonly stopAt: number }): number =>
    stopAt - timings.renewDeadlineMs + timings.ttlMs;
  const lossOf = ({ why, killAt }: StopOrder): LockLoss => ({
    file,
    why,
    graceMs: Math.max(0, killAt - boot()),
  });

  const acquire = async (mine: string): Promise<void> => {
    token = mine;
    const sentAt = boot();
    try {
      const { reply, holder: other } = await store.acquire(mine, timings.ttlMs, ports.note(null));
      holder = other;
      post({ type: 'answered', sentAt, reply });
    } catch (error) {
      post({ type: 'failed', command: 'acquire', sentAt });
      answer(refusal(error, file));
    }
  };

  const renew = async (mine: string): Promise<void> => {
    const sentAt = boot();
    const renewed = await store.renew(mine, timings.ttlMs).catch(() => null);
    if (renewed === null) post({ type: 'failed', command: 'renew', sentAt });
    else if (renewed) post({ type: 'renewed', sentAt, token: mine });
    else post({ type: 'refused', token: mine });
  };

  /** Where it cannot be given back it runs out: then others wait for that. */
  const release = async (mine: string, fence: number): Promise<void> =>
    store.release(mine, fence).catch(() => undefined);

  const wake = (at: number): void => {
    cancelWake();
    const left = at - boot();
    cancelWake =
      left <= 0
        ? clock.after(0, () => post({ type: 'woke' }))
        : clock.after(Math.min(left, LONGEST_WAIT_MS), () => wake(at));
  };

  const tellDeadlines = (): void => {
    if (deadlines !== null && feed?.writable === true) feed.write(`${lineOf(deadlines)}\n`);
  };

  const grip = (granted: Deadlines): Grip => {
    let over = false;
    return {
      fd: null,
      env: { PRODSERVER_LEASE: lineOf(granted) },
      feeds: true,
      spawned(pid, socket, onLost) {
        feed = socket;
        // Its reader is gone with the process, whose end is told elsewhere.
        socket?.on('error', () => socket.destroy());
        if (early === null) lost = onLost;
        else onLost(lossOf(early));
        tellDeadlines();
        void store.tell(token, ports.note(pid)).catch(() => undefined); // for people who wait; the lease holds without it
      },
      // The dead-man goes by the same clock, and may have been the first to look at it.
      exited: () => post({ type: 'woke' }),
      ended() {
        if (over) return null;
        over = true;
        lost = null;
        early = null;
        feed = null;
        deadlines = null;
        expiresAt = null;
        releasing = null;
        post({ type: 'ended' });
        return releasing;
      },
    };
  };

  return {
    take: async () =>
      new Promise((done) => {
        waiting = done;
        post({ type: 'asked', token: randomBytes(16).toString('hex') });
      }),
    abandon() {
      post({ type: 'abandoned' });
      // Whoever still waits for what was asked hears no more of it from the lease.
      answer({ kind: 'held', hindrance: { kind: 'lock', holder: holder ?? nobody(file) } });
    },
    holding: () =>
      deadlines === null || expiresAt === null
        ? null
        : { fence: deadlines.fence, expiresInMs: Math.max(0, expiresAt - boot()) },
  };
}

/** After a sleep of the machine it may be past both: to stop is never later than to kill. */
const stopped = ({ fence, stopAt }: Deadlines, killAt: number, now: number): Deadlines => ({
  fence,
  stopAt: Math.min(stopAt, now, killAt),
  killAt,
});

/** As python/prodserver_deadman.py reads it: seconds of the boot clock. */
const lineOf = ({ fence, stopAt, killAt }: Deadlines): string =>
  JSON.stringify({ v: 1, fence, stop: stopAt / 1000, kill: killAt / 1000 });

const nobody = (file: string): LockHolder => ({
  host: null,
  pid: null,
  supervisorPid: null,
  since: null,
  manifest: null,
  file,
  fence: null,
  expiresInMs: null,
});

function refusal(error: unknown, file: string): LockAnswer {
  if (error instanceof EvictingError) {
    return {
      kind: 'failed',
      failure: failure('lock-evicted', { file, policy: error.message }),
      permanent: false,
    };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { kind: 'held', hindrance: { kind: 'lock-store', file, error: text } };
}

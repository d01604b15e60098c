/** What `top` sees of its supervisors: their status now and then, their events as they come, and one log. */
import { findSupervisors } from '../control/client.ts';
import type { EventRecord, LineRecord, LiveRecord, LostRecord, StreamAsked } from '../control/records.ts';
import { StreamBroken, subscribeEvents, subscribeLogs, type Stream } from '../control/subscribe.ts';
import type { Cancel } from '../model/clock.ts';
import type { Result } from '../model/failure.ts';
import { isMeant } from '../model/patterns.ts';
import { systemClock as clock } from '../os/clock.ts';
import { KEPT, type Entry, type TopEvent } from '../screen/top.ts';
import type { Found } from './names.ts';

/** From one look at everything to the next; a supervisor that takes long to answer is left alone for many times as long. Milliseconds. */
const PERIOD_MS = 1000;
const REST = 20;
/** After an event, for all that comes with it. Milliseconds. */
const SOON_MS = 100;
/** What is heard within this is told at one time: a process may write a hundred thousand lines a second. Milliseconds. */
const GATHER_MS = 40;

export interface Eyes {
  /** Follows the log of one instance; null: of none. */
  follow(instance: string | null): void;
  /** Looks again at once. */
  look(): void;
  remoteOf(instance: string): Found[number]['remote'] | null;
  close(): void;
}

/** The log that is wanted; `since`: what is older is known. Milliseconds since the epoch. */
interface Followed {
  readonly instance: string;
  since: number | null;
  running: AbortController | null;
  readonly heard: (one: Entry) => void;
}

/** `names`: of processes or instances, or patterns; null: all. `fault`: of our own. */
export function newEyes(
  manifest: string,
  names: readonly string[] | null,
  tell: (event: TopEvent) => void,
  fault: (error: unknown) => void,
): Eyes {
  let found: Found = [];
  let closed = false;
  let looking = false;
  let again = false;
  let cancel: Cancel = () => undefined;
  /** Sockets whose events are listened to. */
  const heard = new Map<string, AbortController>();
  /** The last event of each supervisor, by its pid: what is kept is told again after a break. */
  const last = new Map<number, number>();
  let log: Followed | null = null;

  const happened = gathered((entries) => tell({ type: 'heard', of: 'events', entries }));

  const lookIn = (ms: number): void => {
    cancel();
    if (!closed) cancel = clock.after(ms, () => void look().catch(fault));
  };

  const look = async (): Promise<void> => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    const began = clock.now();
    const answer = await findSupervisors(manifest);
    looking = false;
    if (closed) return;
    if (answer.ok) {
      found = answer.value;
      tell({
        type: 'looked',
        began,
        found: found.map(({ status }) => ({
          ...status,
          processes: status.processes.filter((row) => isMeant(row, names)),
        })),
      });
      for (const { remote } of found) void listen(remote.socket).catch(fault);
      void read().catch(fault);
    } else tell({ type: 'unanswered', failure: answer.error });
    lookIn(again ? SOON_MS : Math.max(PERIOD_MS, (clock.now() - began) * REST));
    again = false;
  };

  const listen = async (socket: string): Promise<void> => {
    if (heard.has(socket)) return;
    const ended = new AbortController();
    heard.set(socket, ended);
    const asked = { count: KEPT, since: null, follow: true, names };
    let live = false;
    await pour(
      subscribeEvents(socket, asked, { signal: ended.signal }),
      (one: EventRecord | LostRecord | LiveRecord) => {
        if ('live' in one) live = true;
        else if ('lost' in one) happened(one);
        else if (one.id > (last.get(one.supervisor_pid) ?? 0)) {
          last.set(one.supervisor_pid, one.id);
          happened(one);
          if (live) lookIn(SOON_MS);
        }
      },
    );
    heard.delete(socket);
    // It has gone, most likely. One that cannot be listened to is asked again when all are looked at.
    if (live) lookIn(SOON_MS);
  };

  /** Follows the log that is wanted, unless it is followed already. */
  const read = async (): Promise<void> => {
    const mine = log;
    const socket = mine === null ? null : remoteOf(mine.instance)?.socket;
    if (mine === null || mine.running !== null || socket === null || socket === undefined) return;
    mine.running = new AbortController();
    const asked: StreamAsked = { count: KEPT, since: mine.since, follow: true, names: [mine.instance] };
    await pour(
      subscribeLogs(socket, asked, { signal: mine.running.signal }),
      (one: LineRecord | LostRecord | LiveRecord) => {
        if ('live' in one || log !== mine) return;
        if ('time' in one) mine.since = Date.parse(one.time) + 1;
        mine.heard(one);
      },
    );
    mine.running = null;
  };

  const remoteOf = (instance: string): Found[number]['remote'] | null =>
    found.find(({ status }) => status.processes.some((row) => row.instance === instance))?.remote ?? null;

  void look().catch(fault);
  return {
    follow(instance) {
      log?.running?.abort();
      const pass = (entries: readonly Entry[]): void => {
        if (log?.heard === heard) tell({ type: 'heard', of: 'logs', entries });
      };
      const heard = gathered(pass);
      log = instance === null ? null : { instance, since: null, running: null, heard };
      void read().catch(fault);
    },
    look: () => lookIn(0),
    remoteOf,
    close() {
      closed = true;
      cancel();
      for (const one of heard.values()) one.abort();
      log?.running?.abort();
    },
  };
}

/** Takes one at a time, and hands on what came within a moment, the newest of it. */
function gathered(hand: (entries: readonly Entry[]) => void): (one: Entry) => void {
  let waiting: Entry[] = [];
  return (one) => {
    if (waiting.length === 0) {
      clock.after(GATHER_MS, () => {
        const all = waiting;
        waiting = [];
        hand(all);
      });
    }
    waiting.push(one);
    if (waiting.length > 2 * KEPT) waiting = waiting.slice(-KEPT);
  };
}

/** Hands on all that comes, until its supervisor ends, hangs up or cannot be reached: the looks tell which. */
async function pour<T>(
  subscribed: Promise<Result<Stream<T>>>,
  take: (one: T | LostRecord | LiveRecord) => void,
): Promise<void> {
  const stream = await subscribed;
  if (!stream.ok) return;
  try {
    for await (const one of stream.value) take(one);
  } catch (error) {
    if (!(error instanceof StreamBroken)) throw error;
  }
}

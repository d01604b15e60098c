/** Watches a process that is starting until it does its work. The Celery link tells by itself: see `link.ts`. */
import type { Cancel, Clock } from '../model/clock.ts';
import type { Address, Readiness } from '../model/spec.ts';
import { reachable } from '../os/listen.ts';

/** What the watch asks of the system; the real one is `os/`. */
export interface Probes {
  /** False for a zombie too. */
  isAlive(pid: number): boolean;
  /** Null where it may not be known. */
  listeningAddresses(pid: number): readonly Address[] | null;
  accepts(address: Address, timeoutMs: number): Promise<boolean>;
  /** The status of a GET; null without an answer. */
  get(url: string, timeoutMs: number): Promise<number | null>;
}

/** Between two looks. Milliseconds: a server that has just become ready is noticed at once, for people's eyes. */
const PERIOD_MS = 100;
const PROBE_TIMEOUT_MS = 2000;

/** Calls `ready` once, as soon as the process `pid` is ready; the returned function ends the watch. */
export function watchReadiness(
  readiness: Readiness,
  pid: number,
  probes: Probes,
  clock: Clock,
  ready: () => void,
): Cancel {
  if (readiness.kind === 'link') return () => undefined;
  let over = false;
  let cancelTimer: Cancel = () => undefined;

  const look = async (): Promise<void> => {
    const result = await isReady(readiness, pid, probes);
    if (over) return;
    if (result) {
      over = true;
      ready();
    } else cancelTimer = clock.after(PERIOD_MS, () => void look());
  };
  cancelTimer = clock.after(readiness.kind === 'alive' ? readiness.afterMs : PERIOD_MS, () => {
    // An exit that is already pending must be seen first, or a dead process would be promoted: the poll phase of
    // the loop, which reaps, runs before an immediate does.
    setImmediate(() => {
      if (!over) void look();
    });
  });
  return () => {
    over = true;
    cancelTimer();
  };
}

async function isReady(
  readiness: Exclude<Readiness, { kind: 'link' }>,
  pid: number,
  probes: Probes,
): Promise<boolean> {
  if (readiness.kind === 'alive') return probes.isAlive(pid);
  const addresses = ownAddresses(readiness.addresses, probes.listeningAddresses(pid));
  if (readiness.kind === 'listen') {
    const accepted = await Promise.all(addresses.map((address) => probes.accepts(address, PROBE_TIMEOUT_MS)));
    return accepted.length > 0 && accepted.every(Boolean);
  }
  const url = readiness.url.startsWith('/') ? urlOn(addresses, readiness.url) : readiness.url;
  const status = url === null ? null : await probes.get(url, PROBE_TIMEOUT_MS);
  return status !== null && status >= 200 && status < 300;
}

/**
 * The addresses to ask: those wanted, once the process itself listens on all of them (another program may have the
 * port); all that it listens on where none is known beforehand; those wanted where the system will not tell.
 */
export function ownAddresses(wanted: readonly Address[], own: readonly Address[] | null): readonly Address[] {
  if (own === null) return wanted;
  if (wanted.length === 0) return tcpFirst(own);
  return wanted.every((address) => own.some((other) => serves(other, address))) ? wanted : [];
}

/** A helper's Unix socket (gunicorn's control socket) says nothing about the server's own. */
function tcpFirst(own: readonly Address[]): readonly Address[] {
  const tcp = own.filter((address) => address.kind === 'tcp');
  return tcp.length > 0 ? tcp : own;
}

function serves(bound: Address, wanted: Address): boolean {
  if (bound.kind === 'unix' || wanted.kind === 'unix') {
    return bound.kind === 'unix' && wanted.kind === 'unix' && bound.path.endsWith(wanted.path);
  }
  // A name such as "localhost" may be bound as either family: the port is what tells.
  return bound.port === wanted.port;
}

function urlOn(addresses: readonly Address[], path: string): string | null {
  const tcp = addresses.find((address) => address.kind === 'tcp');
  if (tcp === undefined) return null;
  const host = reachable(tcp.host);
  return `http://${host.includes(':') ? `[${host}]` : host}:${tcp.port}${path}`;
}

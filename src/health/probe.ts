/** One look at a process from outside, and what it found wrong. */
import type { ProbeTrouble } from '../model/process.ts';
import type { Address, Probe } from '../model/spec.ts';
import { reachable } from '../os/listen.ts';

/** What a look asks of the system; the real one is `os/`. */
export interface Probes {
  /** False for a zombie too. */
  isAlive(pid: number): boolean;
  /** Those of these sockets (inodes) on which the process waits for connections; null where it may not be known. */
  awaited(pid: number, inodes: readonly number[]): readonly number[] | null;
  /** Null where it may not be known. */
  listeningAddresses(pid: number): readonly Address[] | null;
  /** Why an address does not take a connection, as an errno or `no answer`; null where it does. */
  refusal(address: Address, timeoutMs: number): Promise<string | null>;
  /** The status of a GET; null without an answer. */
  get(url: string, timeoutMs: number): Promise<number | null>;
  /** Milliseconds since the epoch when a file was last written; null where there is none. */
  writtenAt(path: string): number | null;
  /** Milliseconds since the epoch. */
  wall(): number;
  /** True where the system lacks what a look needs, so that what it found tells nothing. */
  isShort(): boolean;
}

/** The process that is looked at. */
export interface Subject {
  readonly pid: number;
  /** Milliseconds since the epoch: when it was started. */
  readonly startedAt: number;
  /** All that belongs to it, the main process first: a server may be the child of a script. */
  members(): readonly number[];
  /** The inodes of the sockets that the supervisor holds for it, by name. */
  readonly sockets: ReadonlyMap<string, number>;
  /** Runs a program as the process itself is run; what it came to, null where it ended with 0. */
  run(argv: readonly [string, ...string[]], timeoutMs: number): Promise<string | null>;
}

/** The kernel's clock of files is up to a tick (10 ms at 100 Hz) behind. Milliseconds. */
const FILE_CLOCK_MS = 20;

/** The first thing that is wrong; null where all is well. Bounded by `timeoutMs`, and never rejects. */
export async function look(
  probe: Probe,
  subject: Subject,
  probes: Probes,
  timeoutMs: number,
): Promise<ProbeTrouble | null> {
  switch (probe.kind) {
    case 'listen':
      return lookAtAddresses(ownOf(probe.addresses, subject, probes), probe.addresses, probes, timeoutMs);
    case 'http': {
      const url = probe.url.startsWith('/')
        ? urlOn(ownOf(probe.addresses, subject, probes), probe.url)
        : probe.url;
      if (url === null) return { probe: 'http', target: probe.url, got: 'it listens on no TCP port' };
      return lookAtUrl(url, probes, timeoutMs);
    }
    case 'command': {
      const got = await subject.run(probe.argv, timeoutMs);
      return got === null ? null : { probe: 'command', target: probe.argv[0], got };
    }
    case 'file':
      return lookAtFile(probe.path, probe.maxAgeMs, subject.startedAt, probes);
    case 'awaits':
      return lookAtSockets(probe.names, subject, probes);
    default:
      return probe satisfies never;
  }
}

/** A web server of which nothing can be seen has its application by then, as a rule. Milliseconds. */
const UNSEEN_MS = 5000;

/**
 * That such a socket takes connections tells nothing: the kernel takes them as soon as the supervisor listens, and another
 * process on it may answer. That this one waits for them is what it does last before it serves.
 */
function lookAtSockets(names: readonly string[], subject: Subject, probes: Probes): ProbeTrouble | null {
  const members = [subject.pid, ...subject.members().filter((pid) => pid !== subject.pid)];
  const inodes = names.flatMap((name) => subject.sockets.get(name) ?? []);
  const seen = members.map((pid) => probes.awaited(pid, inodes));
  if (seen.every((found) => found === null)) {
    // Another user's, and no right to look: then that it lives is all that can be known.
    if (probes.wall() - subject.startedAt >= UNSEEN_MS) return null;
    return { probe: 'socket', target: names.join(', '), got: 'what it waits for may not be seen' };
  }
  const missing = names.find((name) => {
    const inode = subject.sockets.get(name);
    return inode === undefined || !seen.some((found) => found?.includes(inode) === true);
  });
  if (missing === undefined) return null;
  return { probe: 'socket', target: missing, got: 'it does not wait for connections' };
}

async function lookAtAddresses(
  own: readonly Address[],
  wanted: readonly Address[],
  probes: Probes,
  timeoutMs: number,
): Promise<ProbeTrouble | null> {
  const [first] = wanted;
  if (own.length === 0) {
    const probe = first?.kind ?? 'tcp';
    return {
      probe,
      target: first === undefined ? 'any port' : addressText(first),
      got: 'it does not listen',
    };
  }
  const found = await Promise.all(own.map((address) => lookAtAddress(address, probes, timeoutMs)));
  return found.find((one) => one !== null) ?? null;
}

export async function lookAtAddress(
  address: Address,
  probes: Pick<Probes, 'refusal'>,
  timeoutMs: number,
): Promise<ProbeTrouble | null> {
  const got = await probes.refusal(address, timeoutMs);
  return got === null ? null : { probe: address.kind, target: addressText(address), got };
}

export async function lookAtUrl(
  url: string,
  probes: Pick<Probes, 'get'>,
  timeoutMs: number,
): Promise<ProbeTrouble | null> {
  const status = await probes.get(url, timeoutMs);
  if (status !== null && status >= 200 && status < 300) return null;
  return { probe: 'http', target: url, got: status === null ? 'no answer' : `status ${status}` };
}

function lookAtFile(
  path: string,
  maxAgeMs: number | null,
  startedAt: number,
  probes: Probes,
): ProbeTrouble | null {
  const trouble = (got: string): ProbeTrouble => ({ probe: 'file', target: path, got });
  const written = probes.writtenAt(path);
  if (written === null) return trouble('there is none');
  if (maxAgeMs === null) return written >= startedAt - FILE_CLOCK_MS ? null : trouble('it is from before');
  const ageMs = probes.wall() - written;
  return ageMs <= maxAgeMs ? null : trouble(`last written ${Math.round(ageMs / 1000)} s ago`);
}

export const addressText = (address: Address): string =>
  address.kind === 'unix' ? address.path : `${hostText(reachable(address.host))}:${address.port}`;

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** What the process or one of its children listens on, of what is wanted; the main process is asked first. */
function ownOf(wanted: readonly Address[], subject: Subject, probes: Probes): readonly Address[] {
  const main = probes.listeningAddresses(subject.pid);
  const found = ownAddresses(wanted, main);
  if (found.length > 0 || main === null) return found;
  const others = subject
    .members()
    .filter((pid) => pid !== subject.pid)
    .flatMap((pid) => probes.listeningAddresses(pid) ?? []);
  return ownAddresses(wanted, [...main, ...others]);
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
  return `http://${hostText(reachable(tcp.host))}:${tcp.port}${path}`;
}

/** Of which addresses the kernel gives two processes both. */
import { resolve } from 'node:path';
import type { Listening } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { Address, ProcessSpec } from '../model/spec.ts';
import type { CompiledInstance } from './compile.ts';
import type { Document } from './document.ts';

interface Bound {
  readonly spec: ProcessSpec;
  readonly app: string | null;
  readonly claim: Listening;
}

/** Two instances on one address: an error where the second ends, told once a pair of entries, at the later one. */
export function addressRules(doc: Document, instances: readonly CompiledInstance[]): Failure[] {
  // Of those that start only by hand one may be meant in the place of another.
  const bound = instances
    .filter(({ spec }) => spec.autostart)
    .flatMap(({ spec, entry: { app }, claims }) =>
      claims.flatMap((claim) =>
        claim.kind === 'listen' && !isAnyPort(claim.address) ? [{ spec, app, claim }] : [],
      ),
    );
  const told = new Set<string>();
  return bound.flatMap((one, position) =>
    bound.slice(0, position).flatMap((earlier) => {
      const pair = `${earlier.spec.name} ${one.spec.name}`;
      if (told.has(pair) || earlier.spec.instance === one.spec.instance) return [];
      const found = judge(doc, earlier, one);
      if (found !== null) told.add(pair);
      return found ?? [];
    }),
  );
}

/** The kernel gives each another one. */
const isAnyPort = (address: Address): boolean => address.kind === 'tcp' && address.port === 0;

function judge(doc: Document, first: Bound, second: Bound): Failure | null {
  const meeting = meet(socketOf(first), socketOf(second));
  if (meeting === 'apart') return null;
  const { spec, claim } = second;
  const isOne = first.spec.name === spec.name;
  if (meeting === 'shared') return isOne || first.app === second.app ? null : shared(doc, first, second);
  const base = ['PRODUCTION_PROCESSES', spec.name];
  const at = isOne ? [...base, 'INSTANCES'] : claim.option === null ? base : [...base, 'ARGS', claim.option];
  const facts = {
    kind: claim.address.kind === 'tcp' ? ('port' as const) : ('socket' as const),
    instances: [first.spec.instance, spec.instance],
    addresses: [show(first.claim.address), show(claim.address)],
    instead: isOne ? claim.instead : null,
  };
  return failure('address-twice', facts, { place: doc.place(at, 'key') });
}

function shared(doc: Document, first: Bound, { spec, app, claim }: Bound): Failure {
  const base = ['PRODUCTION_PROCESSES', spec.name];
  const at = claim.option === null ? base : [...base, 'ARGS', claim.option];
  const facts = {
    instances: [first.spec.instance, spec.instance],
    address: show(claim.address),
    apps: [first.app, app].flatMap((name) => name ?? []),
  };
  return failure('address-shared', facts, { place: doc.place(at, 'key') });
}

/** A socket as the kernel judges it. */
export interface Socket {
  readonly address: Address;
  readonly dualStack: boolean;
  readonly sharesPort: boolean;
  /** SO_REUSEPORT works only among the sockets of one user. */
  readonly user: string | null;
}

const socketOf = ({ spec, claim }: Bound): Socket => ({
  address:
    claim.address.kind === 'unix'
      ? { kind: 'unix', path: resolve(spec.cwd, claim.address.path) }
      : claim.address,
  dualStack: claim.dualStack,
  sharesPort: claim.sharesPort,
  user: spec.identity.user,
});

/** Whether two sockets get in each other's way: `shared`: the kernel deals connections out to both. */
export function meet(one: Socket, other: Socket): 'apart' | 'shared' | 'taken' {
  const [a, b] = [one.address, other.address];
  if (a.kind === 'unix' || b.kind === 'unix')
    return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path ? 'taken' : 'apart';
  if (a.port !== b.port) return 'apart';
  const [first, second] = [reach(a.host, one.dualStack), reach(b.host, other.dualStack)];
  const overlaps = first.some((x) => second.some((y) => covers(x, y) || covers(y, x)));
  if (!overlaps) return 'apart';
  return one.sharesPort && other.sharesPort && one.user === other.user ? 'shared' : 'taken';
}

const ANY_4 = 'any IPv4';
const ANY_6 = 'any IPv6';

/** What a host stands for, as far as that is certain: `localhost` may be ::1 too, and where another name leads is not known. */
function reach(host: string, dualStack: boolean): string[] {
  const plain = host.toLowerCase();
  if (['', '*', '0', '0.0.0.0'].includes(plain)) return [ANY_4];
  if (plain === 'localhost') return ['127.0.0.1'];
  if (!plain.includes(':')) return [plain];
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return reach(mapped, false);
  const text = ipv6(plain);
  return text === '::' ? (dualStack ? [ANY_6, ANY_4] : [ANY_6]) : [text];
}

/** `0:0::1` and `::1` are one. */
function ipv6(host: string): string {
  const url = `http://[${host}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : host;
}

function covers(any: string, host: string): boolean {
  if (any === host) return true;
  if (any === ANY_4) return /^\d+\.\d+\.\d+\.\d+$/.test(host);
  return any === ANY_6 && host.includes(':');
}

/** `0.0.0.0:8000`, `[::]:8000`, `unix:/run/shop.sock`. */
function show(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host === '' ? '0.0.0.0' : address.host;
  return `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

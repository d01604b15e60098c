/** Where a program listens, as a claim: no two of a manifest can have what the kernel gives to one only. */
import type { Address } from '../model/spec.ts';
import type { Entry, Listening } from './backend.ts';

/** How a program opens its sockets; each was seen (test/backends/servers/addresses.test.ts). */
interface Manner {
  /** Its `[::]` is every IPv4 address too: it does not set IPV6_V6ONLY. */
  readonly dualStack: boolean;
  /** Others that do the same may have its port: it sets SO_REUSEPORT. */
  readonly sharesPort: boolean;
  /** What to write in the place of so many INSTANCES. */
  readonly instead: (instances: number) => string;
}

/** `options`: those of ARGS that say where; the first that is given is pointed at. */
export const listening = (
  entry: Entry,
  addresses: readonly Address[],
  options: readonly string[],
  manner: Manner,
): Listening[] =>
  addresses.map((address) => ({
    kind: 'listen',
    address,
    dualStack: manner.dualStack,
    sharesPort: manner.sharesPort,
    instead: manner.instead(entry.instances),
    option: options.find((option) => entry.args.has(option)) ?? null,
  }));

/** Of a server with processes, threads or the like of its own. */
export const grow =
  (option: string) =>
  (instances: number): string =>
    `leave INSTANCES out, and write "${option}: ${instances}" in ARGS`;

/** Of one that cannot grow. */
export const onePerPort = (): string => 'leave INSTANCES out, or write an entry for each port';

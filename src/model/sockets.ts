/** Listening sockets that the supervisor opens and holds, for those that it starts. */
import type { Address } from './spec.ts';

export interface HeldSocket {
  readonly name: string;
  readonly address: Address;
  /** Connections that may wait in it. */
  readonly backlog: number;
  /** Others may bind the address too, if they say so as well. */
  readonly reusePort: boolean;
  /** Of the file of a Unix socket; null: as the supervisor's own mask, user and group say. */
  readonly mode: number | null;
  readonly user: string | null;
  readonly group: string | null;
}

/** In a process the first of its sockets has this number, and the others the next ones. */
export const FIRST_DESCRIPTOR = 3;

/** `[::]:8000`, `unix:/run/app.sock`: also what tells one from another. */
export function socketText({ address }: Pick<HeldSocket, 'address'>): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

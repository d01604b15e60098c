/** Listening sockets that the supervisor opens and holds. */
import type { HeldSocket } from './spec.ts';

export type { HeldSocket } from './spec.ts';

/** In a process the first of its sockets has this number, and the others the next ones. */
export const FIRST_DESCRIPTOR = 3;

/** `[::]:8000`, `unix:/run/app.sock`: also what tells one from another. */
export function socketText({ address }: Pick<HeldSocket, 'address'>): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

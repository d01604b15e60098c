/** SUPERVISOR.http: where the control plane listens, and the rule that no door to the outside is without a token. */
import { resolve } from 'node:path';
import { failure, type Failure } from '../model/failure.ts';
import {
  httpAddressText,
  isLoopback,
  parseHttpAddress,
  type HttpAddress,
  type HttpDoor,
} from '../model/http-door.ts';
import { isHttpTokenGiven } from '../os/http-token.ts';
import type { CompiledInstance } from './compile.ts';
import { meet } from './addresses.ts';
import type { Document } from './document.ts';
import type { Environment } from './interpolate.ts';
import type { SupervisorInput } from './schema.ts';

/** Null: it does not listen. A relative file stands beside the manifest. */
export function httpOf(input: SupervisorInput | null, folder: string): HttpDoor | null {
  const address = input?.http === undefined ? null : parseHttpAddress(input.http);
  if (input === null || address === null) return null;
  const file = input['http-token-file'];
  return {
    ...address,
    tokenFile: file === undefined ? null : resolve(folder, file),
    hosts: input['http-hosts'] ?? [],
  };
}

/** Whoever reaches it could read, and with orders do, as they please. */
const isOpen = ({ host, tokenFile }: HttpDoor, env: Environment): boolean =>
  !isLoopback(host) && tokenFile === null && !isHttpTokenGiven(env);

export function httpRules(
  doc: Document,
  input: SupervisorInput | null,
  { folder, env }: { readonly folder: string; readonly env: Environment },
  compiled: readonly CompiledInstance[],
): Failure[] {
  const door = httpOf(input, folder);
  if (door === null) {
    // One thing is missing, however many want it.
    const key = (['http-token-file', 'http-hosts'] as const).find((one) => input?.[one] !== undefined);
    if (key === undefined || input?.http !== undefined) return [];
    const wanted = { key: 'http', owner: 'SUPERVISOR', example: 'http: 127.0.0.1:9180' };
    return [failure('key-missing', wanted, { place: doc.place(['SUPERVISOR', key], 'key') })];
  }
  const place = doc.place(['SUPERVISOR', 'http'], 'value');
  const address = httpAddressText(door);
  const found = isOpen(door, env) ? [failure('http-open', { address }, { place })] : [];
  const other = takenBy(door, compiled);
  if (other === null) return found;
  const facts = { kind: 'port' as const, instances: [other.instance, 'SUPERVISOR.http'] };
  return [
    ...found,
    failure('address-twice', { ...facts, addresses: [other.address, address], instead: null }, { place }),
  ];
}

/** A process that would listen there. */
function takenBy(
  { host, port }: HttpAddress,
  compiled: readonly CompiledInstance[],
): { instance: string; address: string } | null {
  const ours = {
    address: { kind: 'tcp', host, port } as const,
    dualStack: true,
    sharesPort: false,
    user: null,
  };
  for (const { spec, claims } of compiled) {
    for (const claim of claims) {
      if (claim.kind !== 'listen' || claim.address.kind !== 'tcp' || !spec.autostart) continue;
      const { address, dualStack, sharesPort } = claim;
      if (meet(ours, { address, dualStack, sharesPort, user: spec.identity.user }) === 'apart') continue;
      const shown = { host: address.host === '' ? '0.0.0.0' : address.host, port: address.port };
      return { instance: spec.instance, address: httpAddressText(shown) };
    }
  }
  return null;
}

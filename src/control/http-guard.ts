/** Whether a request over TCP may be answered. Over the Unix socket everything may: its mode lets its owner alone in. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { hostnameOf, isLoopback, type HttpAddress } from '../model/http-door.ts';

export interface GuardedDoor extends HttpAddress {
  readonly hosts: readonly string[];
  readonly token: string | null;
}

export interface Asking {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | string[] | undefined;
    readonly authorization?: string | undefined;
    readonly 'sec-fetch-site'?: string | string[] | undefined;
  };
}

export interface Refusal {
  readonly status: 401 | 403 | 404 | 405 | 421;
  readonly error: string;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Guard = (asking: Asking) => Refusal | null;

/** They say one word, to whoever keeps us alive: a kubelet has no place for a token. */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
/** What can be read; `/v1/plan` is for the owner's own commands. */
const READABLE: ReadonlySet<string> = new Set([
  ...WITHOUT_TOKEN,
  '/metrics',
  '/v1/status',
  '/v1/events',
  '/v1/logs',
]);

const REALM = 'Bearer realm="prodserver"';

export function newGuard(door: GuardedDoor): Guard {
  const isMine = hostsOf(door);
  const wanted = door.token === null ? null : digest(door.token);

  return ({ method, path, headers }) => {
    const host = hostnameOf(headers.host ?? '');
    if (host === null || !isMine(host)) {
      const name = JSON.stringify((headers.host ?? '').slice(0, 200));
      return refusal(421, `this is not ${name}: a name that is meant stands in SUPERVISOR.http-hosts`);
    }
    if (isForeign(headers)) return refusal(403, 'a page of another site may not ask');
    const isOrder = method === 'POST';
    if (!isOrder && !READABLE.has(path)) return refusal(404, `no such page: ${path.slice(0, 200)}`);
    if (!isOrder && method !== 'GET' && method !== 'HEAD')
      return refusal(405, 'GET, or POST for orders', { allow: 'GET, HEAD, POST' });
    if (wanted === null)
      return isOrder ? refusal(403, 'orders need a token: set SUPERVISOR.http-token-file') : null;
    if (!isOrder && WITHOUT_TOKEN.has(path)) return null;
    const given = bearerOf(headers.authorization);
    if (given === null)
      return refusal(401, 'a token is needed: Authorization: Bearer TOKEN', { 'www-authenticate': REALM });
    if (!timingSafeEqual(digest(given), wanted))
      return refusal(401, 'this is not the token', { 'www-authenticate': `${REALM}, error="invalid_token"` });
    return null;
  };
}

/** Both are as long as each other, whatever was given. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

const refusal = (status: Refusal['status'], error: string, headers: Refusal['headers'] = {}): Refusal => ({
  status,
  error,
  headers,
});

const bearerOf = (authorization: string | undefined): string | null =>
  /^bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1] ?? null;

/**
 * Which hosts are ours. A page can have its own name lead to our address (DNS rebinding), but it cannot make an address
 * out of its name: so an address is believed, and a name only where it was told.
 */
function hostsOf({ host, hosts }: GuardedDoor): (asked: string) => boolean {
  const bound = hostnameOf(host.includes(':') ? `[${host}]` : host);
  const names = new Set([...hosts.map((name) => hostnameOf(name)), bound, 'localhost']);
  const near = isLoopback(host);
  return (asked) => {
    if (names.has(asked)) return true;
    const bare = asked.startsWith('[') ? asked.slice(1, -1) : asked;
    const isAddress = asked.startsWith('[') || /^\d+(\.\d+){3}$/.test(asked);
    return isAddress && (!near || isLoopback(bare));
  };
}

/** What a browser says of a page that asks; others say nothing of the kind. */
function isForeign({ host, origin, 'sec-fetch-site': site }: Asking['headers']): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

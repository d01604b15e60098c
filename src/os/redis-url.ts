/** How a URL names a Redis: one server, those that Sentinel knows, or a cluster. */
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';

interface Node {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster';
  /** Servers, or Sentinels; empty for a Unix socket. */
  readonly nodes: readonly Node[];
  /** Of a Unix socket. */
  readonly path: string | null;
  /** What Sentinel calls the set of servers. */
  readonly master: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  /** Null: not encrypted. */
  readonly tls: TlsFiles | null;
}

export interface TlsFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Whether the certificate of the server must be good. */
  readonly verified: boolean;
}

/** What an error says was expected. */
export const REDIS_URL =
  'the URL of a Redis: redis://host:6379/0, rediss://, redis+socket:///path, ' +
  'redis+sentinel://host:26379,host:26379/MASTER/0 or redis+cluster://host:6379,host:6379';

const SCHEME = /^(redis|valkey)(s?)(?:\+(socket|sentinel|cluster))?:\/\/(.*)$/is;

/** Null where it is none. A password with "/", "@", "?" or "#" has to be percent-encoded, as everywhere. */
export function parseRedisUrl(url: string): RedisAddress | null {
  const match = SCHEME.exec(url.trim());
  if (match === null) return null;
  const [, , secure, form = '', rest = ''] = match;
  const [place, query = ''] = splitOnce(rest, '?');
  // Of a password with "?" the rest would stand there.
  if (query.includes('@')) return null;
  const at = place.lastIndexOf('@');
  const [username = '', password] = at < 0 ? [] : splitOnce(place.slice(0, at), ':');
  const [authority = '', ...folders] = place.slice(at + 1).split('/');
  const options = new URLSearchParams(query);
  try {
    const common = {
      username: decodeURIComponent(username) || null,
      password: decodeURIComponent(password ?? options.get('password') ?? '') || null,
      tls: secure === '' ? null : tlsOf(options),
    };
    if (form === 'socket') {
      const db = dbOf(options.get('virtual_host') || options.get('db') || '');
      if (authority !== '' || folders.length === 0 || db === null) return null;
      return { kind: 'server', nodes: [], path: `/${folders.join('/')}`, master: null, db, ...common };
    }
    const kind = form === 'sentinel' || form === 'cluster' ? form : 'server';
    const nodes = authority.split(',').map((text) => nodeOf(text, kind === 'sentinel' ? 26_379 : 6379));
    const known = nodes.filter((node) => node !== null);
    const master = kind === 'sentinel' ? decodeURIComponent(folders.shift() ?? '') : null;
    const db = dbOf(folders.shift() || options.get('db') || '');
    const whole = known.length === nodes.length && folders.every((text) => text === '');
    if (!whole || db === null || master === '') return null;
    if ((kind === 'server' && nodes.length > 1) || (kind === 'cluster' && db > 0)) return null;
    return { kind, nodes: known, path: null, master, db, ...common };
  } catch {
    return null; // not percent-encoded as it should be
  }
}

export const isRedisUrl = (url: string): boolean => parseRedisUrl(url) !== null;

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function nodeOf(text: string, otherwise: number): Node | null {
  const [, host = '', digits] = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::(\d+))?$/i.exec(text) ?? [];
  const port = digits === undefined ? otherwise : Number(digits);
  if (host === '' || port < 1 || port > 65_535) return null;
  return { host: host.replaceAll(/[[\]]/g, ''), port };
}

const dbOf = (text: string): number | null => (/^\d{0,6}$/.test(text) ? Number(text) : null);

/** By the names that kombu and redis-py give them. */
function tlsOf(options: URLSearchParams): TlsFiles {
  const verify = options.get('ssl_cert_reqs') ?? 'required';
  return {
    ca: options.get('ssl_ca_certs'),
    cert: options.get('ssl_certfile'),
    key: options.get('ssl_keyfile'),
    verified: !/none$/i.test(verify),
  };
}

/** Throws where a file cannot be read. */
export const tlsContext = (
  files: TlsFiles,
): SecureContextOptions & { readonly rejectUnauthorized: boolean } => ({
  ...(files.ca === null ? {} : { ca: readFileSync(files.ca) }),
  ...(files.cert === null ? {} : { cert: readFileSync(files.cert) }),
  ...(files.key === null ? {} : { key: readFileSync(files.key) }),
  rejectUnauthorized: files.verified,
});

/** For people: without its password, and without what could hold one. */
export function shownRedis(url: string): string {
  const [, scheme = 'redis', rest = ''] = /^([^:]*):\/\/(.*)$/s.exec(url.trim()) ?? [];
  // Of what cannot be understood nobody knows where its password is.
  if (!isRedisUrl(url)) return `${scheme}://...`;
  const place = splitOnce(rest, '?')[0].replace(/^.*@/s, '');
  return `${scheme}://${place}`;
}

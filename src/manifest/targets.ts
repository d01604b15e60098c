import { resolve } from 'node:path';
import type { Target } from '../model/spec.ts';

/** Where a service listens when its URL has no port (IANA, and what the clients of Celery assume). */
const PORTS: Readonly<Record<string, number>> = {
  redis: 6379,
  rediss: 6379,
  amqp: 5672,
  amqps: 5671,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
};

/**
 * `tcp://HOST:PORT`, a service's URL such as `redis://...` (only its host and port count), `http(s)://...`,
 * `unix:PATH`, `file:PATH`; relative paths start at `folder`. Null for anything else.
 */
export function parseTarget(text: string, folder: string): Target | null {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+]*):(.*)$/s.exec(text) ?? [];
  if (scheme === 'http' || scheme === 'https') return URL.canParse(text) ? { kind: 'http', text } : null;
  if (scheme === 'file' || scheme === 'unix') {
    const path = rest.replace(/^\/\/(?=\/)/, '');
    if (path === '') return null;
    const full = resolve(folder, path);
    return scheme === 'file'
      ? { kind: 'file', text, path: full }
      : { kind: 'address', text, address: { kind: 'unix', path: full } };
  }
  // Of a scheme that it does not know, URL reads no port away.
  const parsed = rest.startsWith('//') && URL.canParse(`tcp:${rest}`) ? new URL(`tcp:${rest}`) : null;
  const port = parsed === null || parsed.port === '' ? PORTS[scheme] : Number(parsed.port);
  if (parsed === null || parsed.hostname === '' || port === undefined) return null;
  const host = parsed.hostname.replaceAll(/[[\]]/g, '');
  return { kind: 'address', text, address: { kind: 'tcp', host, port } };
}

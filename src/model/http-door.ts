/** Where the control plane listens beside its Unix socket, and who may ask there. */

export interface HttpAddress {
  /** As it is bound: `127.0.0.1`, `::1`, `localhost`, `0.0.0.0`. */
  readonly host: string;
  readonly port: number;
}

export interface HttpDoor extends HttpAddress {
  /** The path of the file with the token; null: PRODSERVER_HTTP_TOKEN, or none. */
  readonly tokenFile: string | null;
  /** Names by which it is asked for, beside its address. */
  readonly hosts: readonly string[];
}

/** What a manifest and `--http` take: `127.0.0.1:9180`, `[::1]:9180`, `localhost:9180`. The port is in 1 to 65535. */
export const HTTP_ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):[1-9]\d{0,4}$/;
export const HTTP_EXPECTS = 'HOST:PORT, such as 127.0.0.1:9180';

/** Null: it is none. */
export function parseHttpAddress(text: string): HttpAddress | null {
  if (!HTTP_ADDRESS.test(text)) return null;
  const at = text.lastIndexOf(':');
  const port = Number(text.slice(at + 1));
  const written = text.slice(0, at);
  const host = written.startsWith('[') ? written.slice(1, -1) : written;
  if (port > 65_535 || (host !== written && !URL.canParse(`http://${written}/`))) return null;
  // A slip of the pen in a number would be asked of DNS.
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return null;
  return { host, port };
}

/** `127.0.0.1:9180`, `[::1]:9180` */
export const httpAddressText = ({ host, port }: HttpAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

export const isIPv4 = (host: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(host) && host.split('.').every((part) => Number(part) < 256);

/** Nobody but this machine reaches it. */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' ||
  (isIPv4(host) && host.startsWith('127.')) ||
  (host.includes(':') && /^\[::(1|ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/.test(hostnameOf(`[${host}]`) ?? ''));

/** In one form whatever the spelling, without the port: `localhost`, `[::1]`, `10.0.0.1`; null: it is no host. */
export function hostnameOf(hostAndPort: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(hostAndPort) || !URL.canParse(`http://${hostAndPort}/`)) return null;
  return new URL(`http://${hostAndPort}/`).hostname.replace(/\.$/, '');
}

import type { Address } from '../model/spec.ts';
import { emitArgs, KILL, unfitFor, type Backend, type Entry, type Finding, type Subject } from './backend.ts';
import { contradictions, isOn, otherwise, unwise } from './findings.ts';
import { parseAddress } from './gunicorn.ts';
import { grow, listening } from './listening.ts';
import { flag, integer, pair, refused, repeated, table, text } from './options.ts';
import { appTarget, barredWhere, boundTo, DROPS, webServer } from './web.ts';

/** waitress' own default of --threads. */
const THREADS = 4;
/** waitress gives its threads 5 s, and drops what still waits in its queue. */
const OWN_GRACE_S = 5;

/** `waitress-serve --help` of 3.0, and what it takes without telling. */
const options = table(() => ({
  call: flag(),
  host: text('a host or an address'),
  port: integer({ min: 0, max: 65535 }),
  listen: repeated('an address such as 127.0.0.1:8080, or a list of them'),
  ...pair('ipv4'),
  ...pair('ipv6'),
  'unix-socket': text('a path'),
  'unix-socket-perms': text('octal digits such as "660"'),
  sockets: refused('no descriptor is handed down to it', 'write listen'),
  threads: integer({ min: 1 }),
  'trusted-proxy': text('an address, or "*"'),
  'trusted-proxy-count': integer({ min: 1 }),
  'trusted-proxy-headers': text('headers such as "x-forwarded-for x-forwarded-proto"'),
  ...pair('log-untrusted-proxy-headers'),
  ...pair('clear-untrusted-proxy-headers'),
  'url-scheme': text('http or https'),
  'url-prefix': text('a path'),
  ident: text(),
  'server-name': text('a host name'),
  backlog: integer({ min: 1 }),
  'recv-bytes': integer({ min: 1 }),
  'send-bytes': integer({ min: 1 }),
  'outbuf-overflow': integer({ min: 0 }),
  'outbuf-high-watermark': integer({ min: 0 }),
  'inbuf-overflow': integer({ min: 0 }),
  'connection-limit': integer({ min: 1 }),
  'cleanup-interval': integer({ min: 1 }),
  'channel-timeout': integer({ min: 1 }),
  ...pair('log-socket-errors'),
  'max-request-header-size': integer({ min: 1 }),
  'max-request-body-size': integer({ min: 1 }),
  ...pair('expose-tracebacks'),
  'asyncore-loop-timeout': integer({ min: 1 }),
  ...pair('asyncore-use-poll'),
  'channel-request-lookahead': integer({ min: 0 }),
}));

/** Each `barred` one is a ValueError of waitress' own checks. */
function rules({ args }: Subject): Finding[] {
  const found = contradictions(args);
  const oneOf = 'leave one of them out';
  if (args.has('listen'))
    found.push(...barredWhere(args, ['host', 'port', 'unix-socket'], 'waitress takes it or listen', oneOf));
  else if (args.has('unix-socket'))
    found.push(...barredWhere(args, ['host', 'port'], 'waitress takes it or unix-socket', oneOf));
  if (!args.has('trusted-proxy')) {
    const needs = ['trusted-proxy-count', 'trusted-proxy-headers'];
    found.push(...barredWhere(args, needs, 'waitress takes it only with trusted-proxy', 'add trusted-proxy'));
  } else if (!args.has('trusted-proxy-headers')) {
    const why = 'waitress trusts only X-Forwarded-Proto, and will trust no header in a later version';
    found.push(otherwise('trusted-proxy', why, 'add trusted-proxy-headers'));
  }
  if (isOn(args, 'expose-tracebacks')) {
    found.push(
      unwise('expose-tracebacks', 'every visitor can read them', 'leave it out: they are in the log'),
    );
  }
  return found;
}

export const waitressServer: Backend = {
  name: 'WaitressServer',
  paths: [
    'django_prodserver.backends.waitress.WaitressServer',
    'django_prodserver.backends.servers.waitress.WaitressServer',
  ],
  app: 'wsgi',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules,
  compile(entry) {
    const bound = addresses(entry);
    return webServer({
      argv: [
        entry.python,
        '-m',
        'waitress',
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
        appTarget(entry.app ?? ''),
      ],
      addresses: bound,
      claims: listening(entry, bound, ['listen', 'unix-socket', 'port', 'host'], {
        dualStack: false,
        sharesPort: false,
        instead: (instances) => grow('threads')(instances * THREADS),
      }),
      // TERM would end it at once, with the requests that it is at; at INT it finishes them.
      stop: [
        { signal: 'SIGINT', waitMs: (OWN_GRACE_S + 5) * 1000 },
        { signal: 'SIGTERM', waitMs: 5000 },
        KILL,
      ],
      unfit: unfitFor(DROPS, 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'),
      // `python -m waitress` ends with 0 whatever went wrong.
      permanentExitCodes: [],
    });
  },
};

/** A wildcard is as good as any host; a port of getaddrinfo's ("http") is not looked up here. */
function addresses(entry: Entry): Address[] {
  const listen = entry.args.get('listen') as string[] | undefined;
  if (listen !== undefined) {
    const tokens = listen.flatMap((item) => item.split(/\s+/)).map((item) => item.replace(/^\*/, ''));
    const parsed = tokens.map((item) =>
      item.includes(':') ? parseAddress(item) : parseAddress(`${item}:8080`),
    );
    return parsed.flatMap((address) => (address === null ? [] : [address]));
  }
  return boundTo(entry, {
    socket: 'unix-socket',
    host: 'host',
    port: 'port',
    defaults: { host: '0.0.0.0', port: 8080 },
    env: [],
    tokens: /^--(host|port|listen|unix-socket)/,
  });
}

import {
  emitArgs,
  HUP_RELOADS,
  KILL,
  type Backend,
  type Entry,
  type Finding,
  type Subject,
} from './backend.ts';
import { contradictions, ignored, isOn, unwise } from './findings.ts';
import { grow, listening } from './listening.ts';
import {
  choice,
  decimal,
  flag,
  integer,
  pair,
  refused,
  repeated,
  since,
  table,
  text,
  truth,
  type Options,
} from './options.ts';
import {
  appTarget,
  besides,
  boundTo,
  heldAs,
  openSecret,
  strayDescriptor,
  USAGE_EXIT,
  webServer,
} from './web.ts';

/** uvicorn itself waits for requests without end; as long as gunicorn would. Seconds. */
const GRACE_S = 30;
/** An application that cannot be imported is retried: a database may be away. A port that is taken as well. */
const PERMANENT = [USAGE_EXIT];
const RELOADING = ['reload-dir', 'reload-include', 'reload-exclude', 'reload-delay'];

/** `uvicorn --help` of 0.54. */
const common = (): Options => ({
  host: text('a host or an address'),
  port: integer({ min: 0, max: 65535 }),
  uds: text('the path of a Unix socket'),
  fd: integer({ min: 0 }),
  reload: flag(),
  'reload-dir': repeated('a folder, or a list of them'),
  'reload-include': repeated('a pattern, or a list of them'),
  'reload-exclude': repeated('a pattern, or a list of them'),
  'reload-delay': decimal({ min: 0 }),
  workers: integer({ min: 1 }),
  loop: text('an event loop: auto, asyncio, uvloop, or module:function'),
  http: text('a protocol: auto, h11, httptools, or module:class'),
  http2: since('0.53', flag()),
  ws: text('a protocol: auto, none, websockets, websockets-sansio, wsproto, or module:class'),
  'ws-max-size': integer({ min: 1 }),
  'ws-max-queue': integer({ min: 0 }),
  'ws-ping-interval': decimal({ above: 0 }),
  'ws-ping-timeout': decimal({ above: 0 }),
  'ws-per-message-deflate': truth(),
  lifespan: choice(['auto', 'on', 'off']),
  interface: choice(['auto', 'asgi3', 'asgi2', 'wsgi']),
  'env-file': text('a path'),
  'log-config': text('a path'),
  'log-level': choice(['critical', 'error', 'warning', 'info', 'debug', 'trace']),
  ...pair('access-log'),
  ...pair('use-colors'),
  ...pair('proxy-headers'),
  ...pair('server-header'),
  ...pair('date-header'),
  'forwarded-allow-ips': text('a comma-separated list of addresses'),
  'root-path': text('a path'),
  'limit-concurrency': integer({ min: 1 }),
  backlog: integer({ min: 1 }),
  'limit-max-requests': integer({ min: 1 }),
  'limit-max-requests-jitter': since('0.41', integer({ min: 0 })),
  'timeout-keep-alive': integer({ min: 0 }),
  'timeout-graceful-shutdown': since('0.22', integer({ min: 0 })),
  'timeout-worker-healthcheck': since('0.37', integer({ min: 1 })),
  'ssl-keyfile': text('a path'),
  'ssl-certfile': text('a path'),
  'ssl-keyfile-password': text(),
  'ssl-version': integer({ min: 0 }),
  'ssl-cert-reqs': integer({ min: 0, max: 2 }),
  'ssl-ca-certs': text('a path'),
  'ssl-ciphers': text(),
  header: repeated('Name:Value, or a list of them'),
  version: refused('it shows the version and ends', 'run uvicorn --version by hand'),
  'app-dir': text('a folder'),
  'h11-max-incomplete-event-size': integer({ min: 1 }),
  'reset-contextvars': since('0.45', flag()),
  factory: flag(),
});

function rules({ args, sockets }: Subject): Finding[] {
  const found = [
    ...contradictions(args),
    ...strayDescriptor({ args, sockets }),
    // uvicorn's own order.
    ...besides(args, 'uds', ['host', 'port', 'fd']),
    ...(args.has('uds') ? [] : besides(args, 'fd', ['host', 'port'])),
  ];
  const reload = isOn(args, 'reload');
  if (reload && args.has('workers')) {
    found.push(ignored('workers', 'with reload there is one process', 'leave one of them out'));
  }
  for (const option of RELOADING.filter((name) => args.has(name) && !reload)) {
    found.push(ignored(option, 'it says how to reload, and reload is not given', 'leave it out'));
  }
  const workers = (args.get('workers') as number | undefined) ?? 1;
  if (args.has('limit-max-requests') && workers === 1) {
    const why = 'its only process ends, and nothing answers until it is started again';
    found.push(unwise('limit-max-requests', why, 'give it workers, 2 at least, or use RECYCLE'));
  }
  const instead = 'write ENV: {UVICORN_SSL_KEYFILE_PASSWORD: "${UVICORN_SSL_KEYFILE_PASSWORD}"} instead';
  return [...found, ...openSecret(args, 'ssl-keyfile-password', instead)];
}

const addresses = (entry: Entry) =>
  boundTo(entry, {
    socket: 'uds',
    host: 'host',
    port: 'port',
    defaults: { host: '127.0.0.1', port: 8000 },
    env: ['UVICORN_HOST', 'UVICORN_PORT', 'UVICORN_UDS', 'UVICORN_FD'],
    tokens: /^--(host|port|uds|fd)/,
  });

const held = (entry: Entry) =>
  entry.args.has('uds') ? [] : heldAs(entry, [entry.args.get('fd') as number | undefined]);

const uvicorn = (name: string, app: 'asgi' | 'wsgi', options: () => Options): Backend => ({
  name,
  paths: [`django_prodserver.backends.uvicorn.${name}`, `django_prodserver.backends.servers.uvicorn.${name}`],
  app,
  cmd: 'none',
  singleton: false,
  options,
  package: 'uvicorn',
  rules,
  compile(entry) {
    const grace = (entry.args.get('timeout-graceful-shutdown') as number | undefined) ?? GRACE_S;
    const workers = (entry.args.get('workers') as number | undefined) ?? 1;
    const bound = entry.args.has('fd') && !entry.args.has('uds') ? [] : addresses(entry);
    const term = { signal: 'SIGTERM', waitMs: (grace + 5) * 1000 } as const;
    const served = held(entry);
    // On a shared socket uvicorn would drop what it has accepted and not read yet: see the helper.
    const program = served.length === 0 ? ['-m', 'uvicorn'] : [`${entry.helpers}/prodserver_uvicorn.py`];
    return webServer({
      argv: [
        entry.python,
        ...program,
        appTarget(entry.app ?? ''),
        ...(app === 'wsgi' ? ['--interface=wsgi'] : []),
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
      ],
      addresses: bound,
      held: served,
      claims: listening(entry, bound, ['uds', 'port', 'host'], {
        // asyncio's own sockets bar IPv4; those that uvicorn opens for its children do not.
        dualStack: workers > 1 || isOn(entry.args, 'reload'),
        sharesPort: false,
        instead: grow('workers'),
      }),
      // An INT after TERM drops the connections; with workers the parent no longer listens to it.
      stop: workers > 1 ? [term, KILL] : [term, { signal: 'SIGINT', waitMs: 5000 }, KILL],
      permanentExitCodes: PERMANENT,
      // Only a parent of workers knows it, and with "reload" it has none.
      reload: workers > 1 && !isOn(entry.args, 'reload') ? HUP_RELOADS : null,
    });
  },
});

export const uvicornServer = uvicorn('UvicornServer', 'asgi', table(common));

export const uvicornWsgiServer = uvicorn(
  'UvicornWSGIServer',
  'wsgi',
  table(() => ({
    ...common(),
    interface: refused('the backend says --interface=wsgi itself', 'leave it out, or use UvicornServer'),
  })),
);

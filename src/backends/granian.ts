import { emitArgs, HUP_RELOADS, type Backend, type Entry, type Finding, type Subject } from './backend.ts';
import { barred, contradictions, ignored, isOn, otherwise } from './findings.ts';
import { seconds, worded } from './granian-options.ts';
import { grow, listening } from './listening.ts';
import {
  alias,
  choice,
  decimal,
  integer,
  pair,
  pidfile,
  refused,
  repeated,
  table,
  text,
  type Option,
  type Options,
} from './options.ts';
import { appTarget, barredWhere, besides, boundTo, openSecret, termFor, webServer } from './web.ts';

/** Granian itself waits for requests without end; as long as gunicorn would. Seconds. */
const GRACE_S = 30;
const LEVELS = ['critical', 'error', 'warning', 'warn', 'info', 'debug', 'notset'] as const;

/** What django-prodserver calls them: it starts Granian by keywords of its own, not by Granian's options. */
const ALIASES: Readonly<Record<string, string>> = {
  address: 'host',
  threads: 'blocking-threads',
  websockets: 'ws',
  'log-access': 'access-log',
  'ssl-cert': 'ssl-certificate',
  'ssl-key': 'ssl-keyfile',
};

/** `granian --help` of 2.8. */
const own = (): Options => ({
  host: text('a host or an address'),
  port: integer({ min: 0, max: 65535 }),
  uds: text('the path of a Unix socket'),
  'uds-permissions': text('octal digits such as "0660"'),
  interface: refused('the backend says it itself', 'leave it out: it is that of the backend'),
  http: choice(['auto', '1', '2']),
  ...worded('ws'),
  workers: integer({ min: 1 }),
  'blocking-threads': integer({ min: 1 }),
  'blocking-threads-idle-timeout': seconds({ min: 5, max: 600 }),
  'runtime-threads': integer({ min: 1 }),
  'runtime-blocking-threads': integer({ min: 1 }),
  'runtime-mode': choice(['auto', 'mt', 'st']),
  loop: choice(['auto', 'asyncio', 'rloop', 'uvloop', 'winloop']),
  'task-impl': choice(['asyncio', 'rust']),
  backlog: integer({ min: 128 }),
  backpressure: integer({ min: 1 }),
  'http1-buffer-size': integer({ min: 8192 }),
  'http1-header-read-timeout': integer({ min: 1, max: 60_000 }),
  ...pair('http1-keep-alive'),
  ...pair('http1-pipeline-flush'),
  ...pair('http2-adaptive-window'),
  'http2-initial-connection-window-size': integer({ min: 1024 }),
  'http2-initial-stream-window-size': integer({ min: 1024 }),
  'http2-keep-alive-interval': integer({ min: 1, max: 60_000 }),
  'http2-keep-alive-timeout': seconds({ min: 1 }),
  'http2-max-concurrent-streams': integer({ min: 10 }),
  'http2-max-frame-size': integer({ min: 1024 }),
  'http2-max-headers-size': integer({ min: 1 }),
  'http2-max-send-buffer-size': integer({ min: 1024 }),
  ...pair('log'),
  'log-level': choice(LEVELS),
  'log-config': text('a path'),
  ...worded('access-log'),
  'access-log-fmt': text(),
  'ssl-certificate': text('a path'),
  'ssl-keyfile': text('a path'),
  'ssl-keyfile-password': text(),
  'ssl-protocol-min': choice(['tls1.2', 'tls1.3']),
  'ssl-ca': text('a path'),
  'ssl-crl': repeated('a path, or a list of them'),
  ...pair('ssl-client-verify'),
  'url-path-prefix': text('a path'),
  ...pair('respawn-failed-workers'),
  'respawn-interval': decimal({ min: 0 }),
  'rss-sample-interval': seconds({ min: 1, max: 300 }),
  'rss-samples': integer({ min: 1 }),
  'workers-lifetime': seconds({ min: 60 }),
  'workers-max-rss': integer({ min: 1 }),
  'workers-kill-timeout': seconds({ min: 1, max: 1800 }),
  ...pair('factory'),
  'working-dir': text('a folder'),
  'env-files': repeated('a path, or a list of them'),
  'static-path-route': repeated('a route, or a list of them'),
  'static-path-mount': repeated('a folder, or a list of them'),
  'static-path-dir-to-file': text('the name of a file'),
  'static-path-expires': seconds({ min: 0 }),
  ...pair('metrics'),
  'metrics-scrape-interval': seconds({ min: 1, max: 60 }),
  'metrics-address': text('a host or an address'),
  'metrics-port': integer({ min: 0, max: 65535 }),
  ...worded('reload'),
  'reload-paths': repeated('a path, or a list of them'),
  'reload-ignore-dirs': repeated('the name of a folder, or a list of them'),
  'reload-ignore-patterns': repeated('a pattern, or a list of them'),
  'reload-ignore-paths': repeated('a path, or a list of them'),
  'reload-tick': integer({ min: 50, max: 5000 }),
  ...pair('reload-ignore-worker-failure'),
  'process-name': text('a name'),
  'pid-file': pidfile(),
  version: refused('it shows the version and ends', 'run granian --version by hand'),
});

const options = table(() => {
  const known = own();
  const also = Object.entries(ALIASES).flatMap(([name, meant]): [string, Option][] => {
    const option = known[meant];
    return option === undefined ? [] : [[name, alias(meant, option)]];
  });
  return { ...known, ...Object.fromEntries(also) };
});

const rules =
  (app: 'asgi' | 'wsgi') =>
  ({ args }: Subject): Finding[] => {
    const found = [...contradictions(args), ...besides(args, 'uds', ['host', 'port'])];
    const host = args.get('host') as string | undefined;
    if (host !== undefined && !/^\d+(\.\d+){3}$|:/.test(host)) {
      const why = 'Granian takes an IP address only, and ends';
      found.push(barred('host', why, `write ${host === 'localhost' ? '127.0.0.1' : 'the address'}`));
    }
    if (app === 'asgi' && Number(args.get('blocking-threads') ?? 1) > 1) {
      const why = 'Granian takes 1 at most for ASGI, and ends';
      found.push(...barredWhere(args, ['blocking-threads'], why, 'leave it out, or use runtime-threads'));
    }
    if (app === 'wsgi' && args.has('ws')) {
      found.push(ignored('ws', 'WSGI knows no websockets', 'leave it out, or use GranianASGIServer'));
    }
    if (isOn(args, 'reload') && args.has('workers-lifetime')) {
      found.push(ignored('workers-lifetime', 'with reload it is not kept', 'leave one of them out'));
    }
    if (args.has('ssl-certificate') !== args.has('ssl-keyfile')) {
      const option = args.has('ssl-keyfile') ? 'ssl-keyfile' : 'ssl-certificate';
      const other = option === 'ssl-keyfile' ? 'ssl-certificate' : 'ssl-keyfile';
      found.push(otherwise(option, `without ${other} Granian speaks plain HTTP`, `add ${other}`));
    }
    const instead = 'write ENV: {GRANIAN_SSL_KEYFILE_PASSWORD: "${GRANIAN_SSL_KEYFILE_PASSWORD}"} instead';
    return [...found, ...openSecret(args, 'ssl-keyfile-password', instead)];
  };

const addresses = (entry: Entry) =>
  boundTo(entry, {
    socket: 'uds',
    host: 'host',
    port: 'port',
    defaults: { host: '127.0.0.1', port: 8000 },
    env: ['GRANIAN_HOST', 'GRANIAN_PORT', 'GRANIAN_UDS'],
    tokens: /^--(host|port|uds)(=|$)/,
  });

/** `workers-kill-timeout` in seconds; a duration in words is left to Granian, and to STOP.timeout. */
const graceOf = ({ args }: Entry): number => {
  const given = Number(args.get('workers-kill-timeout') ?? GRACE_S);
  return Number.isFinite(given) ? given : GRACE_S;
};

const granian = (name: string, app: 'asgi' | 'wsgi'): Backend => ({
  name,
  paths: [`django_prodserver.backends.granian.${name}`, `django_prodserver.backends.servers.granian.${name}`],
  app,
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules: rules(app),
  compile(entry) {
    const bound = addresses(entry);
    return webServer({
      argv: [
        entry.python,
        '-m',
        'granian',
        appTarget(entry.app ?? ''),
        `--interface=${app}`,
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
      ],
      addresses: bound,
      claims: listening(entry, bound, ['uds', 'port', 'host'], {
        dualStack: true,
        sharesPort: true,
        instead: grow('workers'),
      }),
      // The main process kills workers itself only where workers-kill-timeout says when.
      stop: termFor(graceOf(entry) + 5),
      // The old worker ends `respawn-interval` after the new one was started, whether that listens by then or not.
      reload: HUP_RELOADS,
    });
  },
});

export const granianAsgiServer = granian('GranianASGIServer', 'asgi');
export const granianWsgiServer = granian('GranianWSGIServer', 'wsgi');

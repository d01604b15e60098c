import { failure } from '../model/failure.ts';
import type { Address } from '../model/spec.ts';
import {
  emitArgs,
  HUP_RELOADS,
  KILL,
  PYTHON_ENV,
  type Backend,
  type Entry,
  type Finding,
  type Subject,
  type Unfit,
} from './backend.ts';
import { isOn } from './findings.ts';
import { grow, listening } from './listening.ts';
import {
  choice,
  flag,
  flagOr,
  integer,
  pidfile,
  refused,
  repeated,
  text,
  type Option,
  table,
} from './options.ts';
import { DROPS, heldByUrl, servingOn } from './web.ts';

/** gunicorn's own default of --graceful-timeout, seconds. */
const GRACEFUL_TIMEOUT_S = 30;
const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;

const typo = (instead: string): Option => refused('gunicorn has no such option', `write ${instead}`);

/** `gunicorn --help` of 27.0; the refused ones are what django-prodserver's documentation says by mistake. */
const options = table(() => ({
  bind: repeated('an address such as 127.0.0.1:8000 or unix:/run/app.sock, or a list of them'),
  backlog: integer({ min: 1 }),
  workers: integer({ min: 1 }),
  'worker-class': text('a worker class such as sync, gthread, gevent, uvicorn.workers.UvicornWorker'),
  threads: integer({ min: 1 }),
  'worker-connections': integer({ min: 1 }),
  'max-requests': integer({ min: 0 }),
  'max-requests-jitter': integer({ min: 0 }),
  timeout: integer({ min: 0 }),
  'graceful-timeout': integer({ min: 0 }),
  'keep-alive': integer({ min: 0 }),
  'limit-request-line': integer({ min: 0 }),
  'limit-request-fields': integer({ min: 1 }),
  'limit-request-field_size': integer({ min: 0 }),
  config: text('a path of a Python file, or python:MODULE'),
  'print-config': refused('it prints and ends', 'run gunicorn --print-config by hand'),
  'check-config': refused('it checks and ends', 'run gunicorn --check-config by hand'),
  reload: flag(),
  'reload-engine': choice(['auto', 'poll', 'inotify']),
  'reload-extra-file': repeated('a path, or a list of them'),
  spew: flag(),
  preload: flag(),
  'no-sendfile': flag(),
  'reuse-port': flag(),
  chdir: text('a folder'),
  daemon: refused('a daemon leaves its supervisor', 'leave it out'),
  env: repeated('NAME=VALUE, or a list of them'),
  pid: pidfile(),
  'worker-tmp-dir': text('a folder'),
  user: text('a user'),
  group: text('a group'),
  umask: text('an octal mask'),
  initgroups: flag(),
  'access-logfile': text('a path, or "-" for stdout'),
  'disable-redirect-access-to-syslog': flag(),
  'access-logformat': text(),
  'error-logfile': text('a path, or "-" for stderr'),
  'log-file': text('a path, or "-" for stderr'),
  'log-level': choice(LEVELS),
  'capture-output': flag(),
  'logger-class': text('a dotted path'),
  'log-config': text('a path'),
  'log-config-json': text('a path'),
  'log-syslog-to': text('an address'),
  'log-syslog': flag(),
  'log-syslog-prefix': text(),
  'log-syslog-facility': text(),
  'enable-stdio-inheritance': flag(),
  'statsd-host': text('HOST:PORT'),
  'dogstatsd-tags': text(),
  'statsd-prefix': text(),
  name: text('a process name'),
  pythonpath: text('a comma-separated list of folders'),
  paste: text('a path'),
  'proxy-protocol': flagOr(['off', 'v1', 'v2', 'auto']),
  'proxy-allow-from': text('a comma-separated list of addresses'),
  'forwarded-allow-ips': text('a comma-separated list of addresses'),
  keyfile: text('a path'),
  certfile: text('a path'),
  'ssl-version': text(),
  'cert-reqs': integer({ min: 0, max: 2 }),
  'ca-certs': text('a path'),
  'suppress-ragged-eofs': flag(),
  'do-handshake-on-connect': flag(),
  ciphers: text(),
  paster: text('a path'),
  'paste-global': repeated('NAME=VALUE, or a list of them'),
  'permit-obsolete-folding': flag(),
  'strip-header-spaces': flag(),
  'permit-unconventional-http-method': flag(),
  'permit-unconventional-http-version': flag(),
  'casefold-http-method': flag(),
  'forwarder-headers': text('a comma-separated list of headers'),
  'header-map': choice(['drop', 'refuse', 'dangerous']),
  'enable-backlog-metric': flag(),
  protocol: text('a protocol'),
  'uwsgi-allow-from': text('a comma-separated list of addresses'),
  'http-protocols': text('a comma-separated list, such as h2,h1'),
  'http2-cleartext': text('a mode, such as both'),
  'http2-max-concurrent-streams': integer({ min: 1 }),
  'http2-initial-window-size': integer({ min: 1 }),
  'http2-max-frame-size': integer({ min: 16384 }),
  'http2-max-header-list-size': integer({ min: 1 }),
  'asgi-loop': text('an event loop, such as auto, asyncio or uvloop'),
  'asgi-lifespan': text('auto, on or off'),
  'asgi-disconnect-grace-period': integer({ min: 0 }),
  'websocket-max-message-size': integer({ min: 1 }),
  'http-parser': text('a parser'),
  'root-path': text('a path'),
  'dirty-app': repeated('an application, or a list of them'),
  'dirty-workers': integer({ min: 0 }),
  'dirty-timeout': integer({ min: 0 }),
  'dirty-threads': integer({ min: 1 }),
  'dirty-graceful-timeout': integer({ min: 0 }),
  'control-socket': text('a path'),
  'control-socket-mode': text('an octal mode'),
  'no-control-socket': flag(),
  loglevel: typo('log-level'),
  accesslog: typo('access-logfile'),
  errorlog: typo('error-logfile'),
  keepalive: typo('keep-alive'),
}));

const UNFIT: Unfit = {
  SIGINT: DROPS,
  SIGQUIT: DROPS,
  SIGHUP: 'it starts new workers and goes on',
  SIGUSR1: 'it opens its log files anew and goes on',
  SIGUSR2: 'it starts a second gunicorn beside itself and goes on',
};

/** gunicorn/arbiter.py 27.0, `stop`: it removes the file of each Unix socket that it did not get from systemd. */
function rules({ args, sockets }: Subject): Finding[] {
  const why =
    'gunicorn removes the file of a Unix socket when it ends, and its successor would be out of reach';
  return heldByUrl({ sockets }, args.get('bind'))
    .filter(({ address }) => address.kind === 'unix')
    .map(({ name }) => ({
      failure: failure('socket-unfit', { name, backend: 'GunicornServer', why }),
      option: 'bind',
    }));
}

/** Then the application is in the main process, where HUP does not load it again. */
const isPreloaded = ({ args, extraArgs }: Entry): boolean =>
  isOn(args, 'preload') || extraArgs.includes('--preload');

export const gunicornServer: Backend = {
  name: 'GunicornServer',
  paths: [
    'django_prodserver.backends.gunicorn.GunicornServer',
    'django_prodserver.backends.servers.gunicorn.GunicornServer',
  ],
  app: 'wsgi',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules,
  compile(entry) {
    const held = heldByUrl(entry, entry.args.get('bind'));
    const graceful = (entry.args.get('graceful-timeout') as number | undefined) ?? GRACEFUL_TIMEOUT_S;
    return {
      argv: [
        entry.python,
        '-m',
        'gunicorn',
        wsgiTarget(entry.app ?? ''),
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
      ],
      added: [],
      env: PYTHON_ENV,
      readiness: servingOn(held, boundAddresses(entry)),
      link: false,
      linkLoop: null,
      // TERM waits graceful-timeout for requests, then gunicorn itself kills its workers; QUIT is its quick stop.
      stop: [{ signal: 'SIGTERM', waitMs: (graceful + 5) * 1000 }, { signal: 'SIGQUIT', waitMs: 5000 }, KILL],
      startTimeoutMs: 60_000,
      permanentExitCodes: [],
      stackDump: null,
      reload: isPreloaded(entry) ? null : HUP_RELOADS,
      unfit: UNFIT,
      // A second one with the same pidfile does not start.
      overlap: held.length === 0 || entry.args.has('pid') ? null : 'alike',
      singleton: null,
      claims: listening(entry, claimedAddresses(entry), ['bind'], {
        dualStack: true,
        sharesPort: isOn(entry.args, 'reuse-port') || entry.extraArgs.includes('--reuse-port'),
        instead: (instances) => `${grow('workers')(instances)}; or add "reuse-port: true"`,
      }),
    };
  },
};

/** Django writes `project.wsgi.application`; gunicorn wants a colon before the attribute. */
export function wsgiTarget(app: string): string {
  if (app.includes(':')) return app;
  return app.replace(/\.(application|app)$/, ':$1');
}

/** What may bind elsewhere, or with SO_REUSEPORT: gunicorn.conf.py is loaded by itself. */
const elsewhere = (entry: Entry): boolean =>
  entry.args.has('config') ||
  entry.env['GUNICORN_CMD_ARGS'] !== undefined ||
  entry.hasFile('gunicorn.conf.py') ||
  entry.extraArgs.some((token) => /^(-b|--bind|-c|--config)/.test(token));

/** What it has for itself as far as nothing but the manifest can say it; without a word on it gunicorn's default. */
function claimedAddresses(entry: Entry): Address[] {
  if (elsewhere(entry)) return [];
  const bound = boundAddresses(entry);
  const unknown = entry.args.has('bind') || entry.env['PORT'] !== undefined;
  return bound.length > 0 || unknown ? bound : [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }];
}

/** What gunicorn will bind, as far as the manifest tells; empty where a config file decides. */
function boundAddresses(entry: Entry): Address[] {
  const bind = entry.args.get('bind') as string[] | undefined;
  if (bind !== undefined) return bind.flatMap((item) => parseAddress(item) ?? []);
  const port = entry.env['PORT'];
  // Elsewhere: then it is whatever it listens on.
  if (elsewhere(entry) || port === undefined || !/^\d+$/.test(port)) return [];
  return [{ kind: 'tcp', host: '', port: Number(port) }];
}

/** gunicorn's forms: HOST, HOST:PORT, [V6]:PORT, :PORT, unix:PATH; null for fd:// and what it does not know. */
export function parseAddress(bind: string): Address | null {
  if (bind.startsWith('fd://')) return null;
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(bind);
  if (unix?.[1] !== undefined) return { kind: 'unix', path: unix[1] };
  const match = /^(?:tcp:\/\/)?(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(bind);
  if (match === null) return null;
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port: Number(match[3] ?? 8000) };
}

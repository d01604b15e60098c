import type { Address, Overlap } from '../model/spec.ts';
import { emitArgs, type Backend, type Entry, type Finding, type Subject } from './backend.ts';
import { ignored, isOn, otherwise } from './findings.ts';
import { parseAddress } from './gunicorn.ts';
import { grow, listening } from './listening.ts';
import { alias, choice, flag, integer, refused, repeated, table, text } from './options.ts';
import { appTarget, barredWhere, heldByUrl, openSecret, termFor, webServer } from './web.ts';

/** Hypercorn's own default of --graceful-timeout, seconds. */
const GRACEFUL_TIMEOUT_S = 3;
const BINDS = 'an address such as 127.0.0.1:8000 or unix:/run/app.sock, or a list of them';

/** `hypercorn --help` of 0.18. */
const options = table(() => {
  const accessLog = text('a path, or "-" for stdout');
  const errorLog = text('a path, or "-" for stderr');
  return {
    'access-log': alias('access-logfile', accessLog),
    'access-logfile': accessLog,
    'access-logformat': text(),
    backlog: integer({ min: 1 }),
    bind: repeated(BINDS),
    'ca-certs': text('a path'),
    certfile: text('a path'),
    'cert-reqs': integer({ min: 0, max: 2 }),
    ciphers: text(),
    config: text('a path of a TOML file, file:PATH of a Python file, or python:MODULE'),
    daemon: flag(),
    debug: flag(),
    'error-log': alias('error-logfile', errorLog),
    'error-logfile': errorLog,
    'log-file': alias('error-logfile', errorLog),
    'graceful-timeout': integer({ min: 0 }),
    'read-timeout': integer({ min: 0 }),
    'max-requests': integer({ min: 1 }),
    'max-requests-jitter': integer({ min: 0 }),
    group: integer({ min: 0 }),
    'worker-class': choice(['asyncio', 'uvloop', 'trio']),
    'keep-alive': integer({ min: 0 }),
    keyfile: text('a path'),
    'keyfile-password': text(),
    'insecure-bind': repeated(BINDS),
    'log-config': text('a path, with json: or toml: before it for such a file'),
    'log-level': choice(['debug', 'info', 'warning', 'error', 'critical']),
    pid: refused(
      'Hypercorn never removes it: after its end it names no process, or another',
      'leave it out: prodserver knows the pid, and "prodserver status --json" tells it',
    ),
    'quic-bind': repeated('an address, or a list of them'),
    reload: flag(),
    'root-path': text('a path'),
    'server-name': repeated('a host name, or a list of them'),
    'statsd-host': text('HOST:PORT'),
    'statsd-prefix': text(),
    umask: integer({ min: 0, max: 511 }),
    user: integer({ min: 0 }),
    'verify-mode': choice(['CERT_NONE', 'CERT_OPTIONAL', 'CERT_REQUIRED']),
    'websocket-ping-interval': integer({ min: 1 }),
    workers: integer({ min: 0 }),
  };
});

function rules({ args }: Subject): Finding[] {
  const found: Finding[] = [];
  if (isOn(args, 'daemon')) found.push(ignored('daemon', 'its workers always are', 'leave it out'));
  if (args.has('max-requests-jitter')) {
    const option = 'max-requests-jitter';
    const instead = 'leave it out, or set max_requests_jitter in a file for config';
    // hypercorn/__main__.py 0.18: `config.max_requests_jitter = args.max_requests`.
    found.push(
      args.has('max-requests')
        ? otherwise(option, 'Hypercorn takes the number of max-requests for it', instead)
        : ignored(option, 'it belongs to max-requests, which is not given', 'leave it out'),
    );
  }
  if (isOn(args, 'reload') && args.get('workers') === 0) {
    found.push(...barredWhere(args, ['reload'], 'Hypercorn ends of it with 0 workers', 'leave workers out'));
  }
  const umask = args.get('umask') as number | undefined;
  if (umask !== undefined && umask > 7 && /^[0-7]+$/.test(String(umask))) {
    const why = `Hypercorn reads a decimal number: ${umask} is the mask 0${umask.toString(8)}`;
    found.push(otherwise('umask', why, `write ${Number.parseInt(String(umask), 8)} for 0${umask}`));
  }
  return [...found, ...openSecret(args, 'keyfile-password', 'set keyfile_password in a file for config')];
}

export const hypercornServer: Backend = {
  name: 'HypercornServer',
  paths: [],
  app: 'asgi',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules,
  compile(entry) {
    const bound = addresses(entry);
    const grace = (entry.args.get('graceful-timeout') as number | undefined) ?? GRACEFUL_TIMEOUT_S;
    return webServer({
      argv: [
        entry.python,
        '-m',
        'hypercorn',
        appTarget(entry.app ?? ''),
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
      ],
      addresses: bound,
      held: heldByUrl(entry, entry.args.get('bind')),
      overlap: overlapOf(entry),
      claims: listening(entry, bound, ['bind'], {
        dualStack: true,
        // hypercorn/config.py 0.18: `if self.workers > 1: ... SO_REUSEPORT`.
        sharesPort:
          Number(entry.args.get('workers') ?? 1) > 1 ||
          entry.extraArgs.some((token) => /^(-w|--workers)/.test(token)),
        instead: grow('workers'),
      }),
      // After the requests the application's own end (lifespan) may take its time.
      stop: termFor(grace + 10),
      // It waits for all workers to end before it starts new ones; with 0 workers there is nobody to hear it.
      reload: entry.args.get('workers') === 0 ? null : { signal: 'SIGHUP', order: 'old-first' },
    });
  },
};

/** With an address of its own there can be only one. */
const overlapOf = ({ args }: Entry): Overlap | null => {
  const binds = (args.get('bind') as string[] | undefined) ?? [''];
  const own = ['insecure-bind', 'quic-bind'].some((option) => args.has(option));
  return own || !binds.every((bind) => bind.startsWith('fd://')) ? null : 'alike';
};

/** What Hypercorn will bind, as far as the manifest tells; empty where a config file decides. */
function addresses(entry: Entry): Address[] {
  const elsewhere =
    entry.args.has('config') || entry.extraArgs.some((token) => /^(-b|--bind|-c|--config)/.test(token));
  if (elsewhere) return [];
  const bind = (entry.args.get('bind') as string[] | undefined) ?? ['127.0.0.1:8000'];
  return bind.flatMap((item) => parseAddress(item) ?? []);
}

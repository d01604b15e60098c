import { emitArgs, type Backend, type Entry, type Finding, type Subject } from './backend.ts';
import { contradictions, isOn, unwise } from './findings.ts';
import { listening, onePerPort } from './listening.ts';
import { flag, integer, repeated, table, text } from './options.ts';
import { appTarget, barredWhere, boundTo, heldAs, strayDescriptor, termFor, webServer } from './web.ts';

const PROXY = ['proxy-headers-host', 'proxy-headers-port'];
const OWN = ['port', 'bind', 'unix-socket', 'endpoint'];
const UNBOUNDED = ['websocket-max-message-size', 'websocket-max-frame-size'];

/** `daphne --help` of 4.2; two of its options have underscores. */
const options = table(() => ({
  port: integer({ min: 0, max: 65535 }),
  bind: text('a host or an address'),
  websocket_timeout: integer({ min: -1 }),
  websocket_connect_timeout: integer({ min: -1 }),
  'unix-socket': text('a path'),
  fd: integer({ min: 0 }),
  endpoint: repeated('an endpoint of Twisted such as "ssl:443:privateKey=key.pem", or a list of them'),
  verbosity: integer({ min: 0, max: 3 }),
  'http-timeout': integer({ min: 0 }),
  'access-log': text('a path, or "-" for stdout'),
  'log-fmt': text(),
  'ping-interval': integer({ min: 0 }),
  'ping-timeout': integer({ min: 0 }),
  'websocket-max-message-size': integer({ min: 0 }),
  'websocket-max-frame-size': integer({ min: 0 }),
  'application-close-timeout': integer({ min: 0 }),
  'root-path': text('a path'),
  'proxy-headers': flag(),
  'proxy-headers-host': text('a header such as X-Real-IP'),
  'proxy-headers-port': text('a header'),
  'server-name': text(),
  'no-server-name': flag(),
}));

function rules({ args, sockets }: Subject): Finding[] {
  const found = [...contradictions(args), ...strayDescriptor({ args, sockets })];
  if (!isOn(args, 'proxy-headers')) {
    const why = 'Daphne takes it only with proxy-headers';
    found.push(...barredWhere(args, PROXY, why, 'add "proxy-headers: true"'));
  }
  for (const option of UNBOUNDED.filter((name) => args.get(name) === 0)) {
    found.push(unwise(option, 'without a limit a stranger can fill the memory', 'write a number of bytes'));
  }
  return found;
}

export const daphneServer: Backend = {
  name: 'DaphneServer',
  paths: [],
  app: 'asgi',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules,
  compile(entry) {
    const own = OWN.some((option) => entry.args.has(option));
    const held = heldAs(entry, [entry.args.get('fd') as number | undefined]);
    const bound = entry.args.has('endpoint') || (held.length > 0 && !own) ? [] : addresses(entry);
    return webServer({
      argv: [
        entry.python,
        '-m',
        'daphne',
        ...emitArgs(options(), entry.args),
        ...entry.extraArgs,
        appTarget(entry.app ?? ''),
      ],
      addresses: bound,
      held,
      // It would listen there beside the socket.
      overlap: own || held.length === 0 ? null : 'alike',
      claims: listening(entry, bound, ['unix-socket', 'port', 'bind'], {
        dualStack: true,
        sharesPort: false,
        instead: onePerPort,
      }),
      // Daphne drops the requests that it is at, whatever signal ends it.
      stop: termFor(10),
    });
  },
};

const addresses = (entry: Entry) =>
  boundTo(entry, {
    socket: 'unix-socket',
    host: 'bind',
    port: 'port',
    defaults: { host: '127.0.0.1', port: 8000 },
    env: [],
    tokens: /^(-p|--port|-b|--bind|-u|--unix-socket|-e|--endpoint|--fd)/,
  });

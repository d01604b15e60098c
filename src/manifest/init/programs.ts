/** Command lines of the programs that have a BACKEND. */
import type { Backend } from '../../backends/backend.ts';
import { text, type Options } from '../../backends/options.ts';
import { OURS } from '../../backends/registry.ts';
import type { NoteFact, Unfit } from './note.ts';
import { parseOptions, type Parsed, type Shorts } from './options.ts';
import type { Word } from './shell.ts';

/** What an entry says, less the keys that every entry has. */
export interface Fitted {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly facts: readonly NoteFact[];
}

export type Fit = Fitted | Unfit;
export const isUnfit = (fit: object): fit is Unfit => 'kind' in fit;

const SERVERS: Readonly<Record<string, { readonly backend: string; readonly shorts: Shorts }>> = {
  gunicorn: {
    backend: 'GunicornServer',
    shorts: {
      b: 'bind',
      c: 'config',
      D: 'daemon',
      e: 'env',
      g: 'group',
      k: 'worker-class',
      m: 'umask',
      n: 'name',
      p: 'pid',
      R: 'enable-stdio-inheritance',
      t: 'timeout',
      u: 'user',
      w: 'workers',
    },
  },
  uvicorn: { backend: 'UvicornServer', shorts: {} },
  daphne: {
    backend: 'DaphneServer',
    shorts: {
      b: 'bind',
      e: 'endpoint',
      p: 'port',
      s: 'server-name',
      t: 'http-timeout',
      u: 'unix-socket',
      v: 'verbosity',
    },
  },
  hypercorn: {
    backend: 'HypercornServer',
    shorts: {
      b: 'bind',
      c: 'config',
      D: 'daemon',
      g: 'group',
      k: 'worker-class',
      m: 'umask',
      p: 'pid',
      u: 'user',
      w: 'workers',
    },
  },
  waitress: { backend: 'WaitressServer', shorts: {} },
};

const WORKER: Shorts = {
  A: 'app',
  b: 'broker',
  B: 'beat',
  c: 'concurrency',
  C: 'no-color',
  D: 'detach',
  E: 'task-events',
  f: 'logfile',
  I: 'include',
  l: 'loglevel',
  n: 'hostname',
  O: 'optimization',
  P: 'pool',
  q: 'quiet',
  Q: 'queues',
  s: 'schedule',
  S: 'statedb',
  X: 'exclude-queues',
};
const BEAT: Shorts = {
  A: 'app',
  C: 'no-color',
  f: 'logfile',
  l: 'loglevel',
  n: 'hostname',
  q: 'quiet',
  s: 'schedule',
  S: 'scheduler',
};
const VERBS: Readonly<Record<string, { readonly backend: string; readonly shorts: Shorts }>> = {
  worker: { backend: 'CeleryWorker', shorts: WORKER },
  beat: { backend: 'CeleryBeat', shorts: BEAT },
  flower: { backend: 'CeleryFlower', shorts: { A: 'app' } },
};

const COMMANDS: Readonly<Record<string, string>> = {
  runserver: 'DjangoRunserver',
  runserver_plus: 'WerkzeugRunserver',
  qcluster: 'DjangoQ2Worker',
  db_worker: 'DjangoTasksWorker',
};

/** Programs by the name of their file, or of their module. */
export const PROGRAMS: ReadonlySet<string> = new Set([
  ...Object.keys(SERVERS),
  'waitress-serve',
  'granian',
  'celery',
]);

/** `words` without the program. */
export function fitProgram(program: string, words: readonly Word[]): Fit {
  if (program === 'celery') return fitCelery(words);
  if (program === 'granian') return fitGranian(words);
  const server = SERVERS[program === 'waitress-serve' ? 'waitress' : program];
  return server === undefined
    ? { kind: 'verb', verb: program }
    : fitServer(server.backend, server.shorts, words);
}

function fitServer(name: string, shorts: Shorts, words: readonly Word[]): Fit {
  const backend = backendOf(name);
  const parsed = parseOptions(words, { backend: name, options: backend.options(), shorts });
  if (isUnfit(parsed)) return parsed;
  const [app, ...rest] = parsed.positionals;
  if (app === undefined) return { kind: 'app' };
  if (app.splits || rest.length > 0) return { kind: 'words' };
  return entryOf(name, app.text, parsed);
}

/** Its interface decides which of the two it is. */
function fitGranian(words: readonly Word[]): Fit {
  const at = words.findIndex(({ text: word }) => /^--interface(=|$)/.test(word));
  const inline = words[at]?.text.includes('=') === true;
  const given = inline ? words[at]?.text.split('=')[1] : words[at + 1]?.text;
  const kind = at === -1 ? undefined : given;
  if (kind !== 'asgi' && kind !== 'wsgi') return { kind: 'interface' };
  const rest = words.toSpliced(at, inline ? 1 : 2);
  return fitServer(kind === 'asgi' ? 'GranianASGIServer' : 'GranianWSGIServer', {}, rest);
}

/** Options of `celery` itself, of which only these have a place in an entry, or need none. */
const GLOBAL: Options = { app: text(), workdir: text() };
const QUIET = /^(-q|--quiet|-C|--no-color)$/;

function fitCelery(words: readonly Word[]): Fit {
  const before: Word[] = [];
  let index = 0;
  for (; index < words.length; index += 1) {
    const word = words[index];
    const token = word?.text ?? '';
    if (word === undefined || !token.startsWith('-')) break;
    if (QUIET.test(token)) continue;
    const [, name = ''] = /^(-A|--app|--workdir)(?==|$)/.exec(token.replace(/^-A(?=.)/, '-A=')) ?? [];
    if (name === '') return { kind: 'global', option: token.split('=')[0] ?? token };
    before.push(word);
    const value = words[index + 1];
    if (token === name && value !== undefined) {
      before.push(value);
      index += 1;
    }
  }
  const verb = words[index]?.text ?? '';
  const known = VERBS[verb];
  if (known === undefined) return { kind: 'verb', verb: `celery ${verb}`.trim() };
  const rest = words.slice(index + 1).filter(({ text: token }) => !QUIET.test(token));
  const options = { ...backendOf(known.backend).options(), ...GLOBAL };
  const parsed = parseOptions([...before, ...rest], { ...known, options });
  if (isUnfit(parsed)) return parsed;
  const { app, workdir, pidfile, ...args } = parsed.args;
  if (typeof app !== 'string') return { kind: 'app' };
  if (parsed.positionals.length > 0) return { kind: 'words' };
  const left: NoteFact[] = [];
  if (pidfile !== undefined) {
    const why = 'one that is left behind keeps the next start from succeeding';
    left.push({ kind: 'option-left', option: '--pidfile', why, instead: 'prodserver knows the pid' });
  }
  const fitted = entryOf(known.backend, app, { ...parsed, args, facts: [...parsed.facts, ...left] });
  return workdir === undefined ? fitted : { ...fitted, entry: { ...fitted.entry, CWD: workdir } };
}

/** `words` begin with the management command. */
export function fitManage(words: readonly Word[]): Fit {
  const [verb, ...rest] = words;
  if (verb === undefined || verb.text.startsWith('-')) return { kind: 'verb', verb: 'manage.py' };
  const name = COMMANDS[verb.text];
  const fitted = name === undefined ? null : fitCommand(name, rest);
  if (fitted !== null && !isUnfit(fitted)) return fitted;
  if (words.some((word) => word.splits)) return { kind: 'words' };
  const facts: NoteFact[] = fitted === null ? [] : [{ kind: 'plain-command', why: fitted }];
  return { entry: { BACKEND: 'DjangoCommand', CMD: words.map((word) => word.text) }, facts };
}

function fitCommand(name: string, words: readonly Word[]): Fit {
  const options = backendOf(name).options();
  const shorts = { v: 'verbosity', ...(options['ipv6'] === undefined ? {} : { 6: 'ipv6' }) };
  const parsed = parseOptions(words, { backend: name, options, shorts });
  if (isUnfit(parsed)) return parsed;
  const [address, ...rest] = parsed.positionals;
  if (address === undefined) return entryOf(name, null, parsed);
  if (address.splits || rest.length > 0 || options['addrport'] === undefined) return { kind: 'words' };
  return entryOf(name, null, { ...parsed, args: { addrport: address.text, ...parsed.args } });
}

function entryOf(backend: string, app: string | null, { args, extra, facts }: Parsed): Fitted {
  return {
    entry: {
      BACKEND: backend,
      ...(app === null ? {} : { APP: app }),
      ...(Object.keys(args).length === 0 ? {} : { ARGS: args }),
      ...(extra.length === 0 ? {} : { EXTRA_ARGS: extra }),
    },
    facts,
  };
}

function backendOf(name: string): Backend {
  const backend = OURS.find(name);
  if (backend === null) throw new Error(`no backend ${name}`);
  return backend;
}

/** The signal by which a backend begins to stop its program. */
export function stopSignalOf(name: string): string {
  const entry = {
    name: 'x',
    index: 1,
    instances: 1,
    app: 'x',
    args: new Map(),
    extraArgs: [],
    cmd: ['x'] as [string],
    python: 'python3',
    helpers: '',
    env: {},
    hasFile: () => false,
    installed: () => null,
    sockets: [],
  };
  return backendOf(name).compile(entry).stop[0].signal.replace(/^SIG/, '');
}

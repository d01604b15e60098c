/** What the management commands of Django share. */
import type { Address, Readiness } from '../model/spec.ts';
import { emitArgs, unfitFor, type Backend, type Entry, type Finding } from './backend.ts';
import { conflict, isOn } from './findings.ts';
import { listening, onePerPort } from './listening.ts';
import { flag, integer, option, text, type Option, type Options } from './options.ts';
import { compiled, termFor } from './web.ts';

/** How long a plain command must live to count as started: supervisord's startsecs. Milliseconds. */
export const ALIVE: Readiness = { kind: 'alive', afterMs: 1000 };

/** The options that every management command has; `--version` shows and ends. */
export const everyCommand = (): Options => ({
  settings: text('a dotted path such as myproject.settings'),
  pythonpath: text('a folder'),
  verbosity: integer({ min: 0, max: 3 }),
  traceback: flag(),
  'no-color': flag(),
  'force-color': flag(),
});

/** And those that run Django's system checks first. */
export const skipChecks = (): Options => ({ 'skip-checks': flag() });

/** CommandError of Django's own. */
export function colourRules(args: Entry['args']): Finding[] {
  if (!isOn(args, 'no-color') || !isOn(args, 'force-color')) return [];
  return [conflict('force-color', 'no-color', 'Django ends of both')];
}

/** Where there is no manage.py, DJANGO_SETTINGS_MODULE (or `settings`) must say which project it is. */
export const manage = (entry: Entry, ...words: readonly string[]): [string, ...string[]] => [
  entry.python,
  ...(entry.hasFile('manage.py') ? ['manage.py'] : ['-m', 'django']),
  ...words,
];

/** A worker: it says nothing by which it could be known that it is ready. */
export const worker = (entry: Entry, command: string, options: Options, graceS: number) =>
  compiled(ALIVE, {
    argv: manage(entry, command, ...emitArgs(options, entry.args), ...entry.extraArgs),
    stop: termFor(graceS),
    unfit: unfitFor('it ends at once, and the task that it is at with it', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'),
  });

/** The one argument of the development servers that is no option. */
export const addrport = (): Option => {
  const base = text('a port, or an address such as 127.0.0.1:8000');
  return option(
    () => base.schema,
    (_, value) => [String(value)],
  );
};

interface DevServer {
  readonly name: string;
  readonly paths: readonly string[];
  readonly command: string;
  readonly options: () => Options;
  readonly rules: Backend['rules'];
}

/** A development server: Django's settings name the application. */
export const devServer = ({ name, paths, command, options, rules }: DevServer): Backend => ({
  name,
  paths,
  app: 'none',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules: (subject) => [...colourRules(subject.args), ...rules(subject)],
  compile(entry) {
    const bound = devAddresses(entry);
    const taken = entry.args.has('addrport') || isElsewhere(entry) ? bound : [defaultAddress(entry)];
    return compiled(
      { kind: 'listen', addresses: bound },
      {
        claims: listening(entry, taken, ['addrport'], {
          dualStack: true,
          sharesPort: false,
          instead: onePerPort,
        }),
        argv: manage(entry, command, ...emitArgs(options(), entry.args), ...entry.extraArgs),
        stop: termFor(10),
      },
    );
  },
});

/** Django's forms: PORT, HOST:PORT, [V6]:PORT; empty where the project, EXTRA_ARGS or the kernel (port 0) decide. */
export function devAddresses(entry: Entry): Address[] {
  if (isElsewhere(entry)) return [];
  const given = (entry.args.get('addrport') as string | undefined) ?? '';
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d+)$/.exec(given);
  const port = Number(match?.[3]);
  if (match === null || port === 0) return [];
  const fallback = defaultAddress(entry);
  return [{ ...fallback, host: (match[1] ?? match[2] ?? '') || fallback.host, port }];
}

/** A second address, or its family, says more than ARGS. */
const isElsewhere = ({ extraArgs }: Entry): boolean =>
  extraArgs.some((token) => !token.startsWith('-') || token === '-6' || token === '--ipv6');

/** Django's, where the project has no command of its own by that name. */
const defaultAddress = ({ args }: Entry): Extract<Address, { kind: 'tcp' }> => ({
  kind: 'tcp',
  host: isOn(args, 'ipv6') ? '::1' : '127.0.0.1',
  port: 8000,
});

/** What the web servers share; Django's commands build on it too. */
import { FIRST_DESCRIPTOR, type HeldSocket } from '../model/sockets.ts';
import type { Address, Overlap, Readiness, Reload, Rung } from '../model/spec.ts';
import {
  KILL,
  PYTHON_ENV,
  unfitFor,
  type Claim,
  type Compiled,
  type Entry,
  type Finding,
  type Subject,
  type Unfit,
} from './backend.ts';
import { barred, ignored, unwise } from './findings.ts';

/** click and argparse end with this for a command line that they do not understand. */
export const USAGE_EXIT = 2;

interface Shape {
  readonly argv: [string, ...string[]];
  readonly addresses: readonly Address[];
  readonly stop: readonly [Rung, ...Rung[]];
  readonly permanentExitCodes?: readonly number[];
  readonly claims?: readonly Claim[];
  readonly reload?: Reload | null;
  readonly unfit?: Unfit;
  readonly overlap?: Overlap | null;
}

export const DROPS = 'it ends at once, and drops the requests that it is at';

/** What Python does where a program says nothing else. */
const HARSH = unfitFor(DROPS, 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2');

/** `held`: the sockets of the supervisor that it serves. Others may serve them too, so its successor may stand beside it. */
export const webServer = (shape: Shape & { readonly held?: readonly HeldSocket[] }): Compiled => {
  const { held = [] } = shape;
  const overlap = held.length > 0 ? 'alike' : null;
  return compiled(servingOn(held, shape.addresses), { unfit: HARSH, overlap, ...shape });
};

/** That somebody accepts on a held socket tells nothing of this process. */
export const servingOn = (held: readonly HeldSocket[], addresses: readonly Address[]): Readiness =>
  held.length === 0 ? { kind: 'listen', addresses } : { kind: 'awaits', names: held.map(({ name }) => name) };

/** Of an entry the sockets with these numbers in it. */
export const heldAs = (
  { sockets }: Pick<Entry, 'sockets'>,
  descriptors: readonly (number | undefined)[],
): HeldSocket[] =>
  descriptors.flatMap((fd) => (fd === undefined ? [] : (sockets[fd - FIRST_DESCRIPTOR] ?? [])));

/** `fd://3`, as gunicorn and Hypercorn write it. */
export const heldByUrl = (entry: Pick<Entry, 'sockets'>, binds: unknown): HeldSocket[] =>
  heldAs(
    entry,
    ((binds as readonly string[] | undefined) ?? []).map((bind) => Number(/^fd:\/\/(\d+)$/.exec(bind)?.[1])),
  );

/** Also of what is no server: a program of which nothing is known but that it runs. */
export const compiled = (readiness: Readiness, shape: Omit<Shape, 'addresses'>): Compiled => ({
  argv: shape.argv,
  added: [],
  env: PYTHON_ENV,
  readiness,
  link: false,
  linkLoop: null,
  stop: shape.stop,
  startTimeoutMs: 60_000,
  permanentExitCodes: shape.permanentExitCodes ?? [USAGE_EXIT],
  stackDump: null,
  reload: shape.reload ?? null,
  unfit: shape.unfit ?? {},
  overlap: shape.overlap ?? null,
  singleton: null,
  claims: shape.claims ?? [],
});

/** TERM with so many seconds, then KILL. */
export const termFor = (seconds: number): [Rung, ...Rung[]] => [
  { signal: 'SIGTERM', waitMs: seconds * 1000 },
  KILL,
];

/**
 * Django writes `project.asgi.application`; these servers want a colon before the attribute, and unlike gunicorn they
 * want the attribute: `project.asgi` is the `application` in it.
 */
export function appTarget(app: string): string {
  if (app.includes(':')) return app;
  return /\.(application|app)$/.test(app) ? app.replace(/\.(\w+)$/, ':$1') : `${app}:application`;
}

/** Options of ARGS by which a server is told where to listen, and what takes their place. */
interface Binding {
  readonly socket: string;
  readonly host: string;
  readonly port: string;
  readonly defaults: { readonly host: string; readonly port: number };
  /** Environment variables of the same effect. */
  readonly env: readonly string[];
  /** Tokens of EXTRA_ARGS of the same effect. */
  readonly tokens: RegExp;
}

/** What a server will bind, as far as the manifest tells; empty where something else decides, or the kernel (port 0). */
export function boundTo(entry: Entry, binding: Binding): Address[] {
  const elsewhere =
    binding.env.some((name) => entry.env[name] !== undefined) ||
    entry.extraArgs.some((token) => binding.tokens.test(token));
  if (elsewhere) return [];
  const path = entry.args.get(binding.socket) as string | undefined;
  if (path !== undefined) return [{ kind: 'unix', path }];
  const port = (entry.args.get(binding.port) as number | undefined) ?? binding.defaults.port;
  if (port === 0) return [];
  return [
    {
      kind: 'tcp',
      host: (entry.args.get(binding.host) as string | undefined) ?? binding.defaults.host,
      port,
    },
  ];
}

/** A descriptor that nobody hands down to it. */
export const strayDescriptor = ({ args, sockets }: Pick<Subject, 'args' | 'sockets'>): Finding[] =>
  args.has('fd') && heldAs({ sockets }, [args.get('fd') as number]).length === 0
    ? [
        barred(
          'fd',
          'no such descriptor is handed down to it',
          'write fd: "${socket:NAME}", with NAME in SOCKETS',
        ),
      ]
    : [];

/** Options that say nothing where another one is given. */
export const besides = (args: Entry['args'], winner: string, losers: readonly string[]): Finding[] =>
  args.has(winner)
    ? losers
        .filter((option) => args.has(option))
        .map((option) => ignored(option, `"${winner}" wins`, 'leave one of them out'))
    : [];

/** Options that end the program where another one is not given, or is. */
export const barredWhere = (
  args: Entry['args'],
  options: readonly string[],
  why: string,
  instead: string,
): Finding[] => options.filter((option) => args.has(option)).map((option) => barred(option, why, instead));

/** A secret in the list of processes. */
export const openSecret = (args: Entry['args'], option: string, instead: string): Finding[] =>
  args.has(option)
    ? [unwise(option, 'every user of the machine can read it in the list of processes', instead)]
    : [];

/** What Celery's three programs share. */
import type { Readiness, Rung, SingletonKey } from '../model/spec.ts';
import { PYTHON_ENV, type Claim, type Compiled, type Entry, type Finding, type Unfit } from './backend.ts';
import { ignored } from './findings.ts';

export const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'FATAL'] as const;
/** Celery's usage error: an unknown option, or an APP that is not found. The same command line fails again. */
const USAGE_EXIT = 2;

/** The argv of Celery's launcher, which behaves as `python -m celery` and carries the link. */
export const celeryArgv = (entry: Entry, verb: string, tokens: readonly string[]): [string, ...string[]] => [
  entry.python,
  `${entry.helpers}/prodserver_celery.py`,
  '-A',
  entry.app ?? '',
  verb,
  ...tokens,
  ...entry.extraArgs,
];

interface Shape {
  readonly argv: [string, ...string[]];
  readonly added?: readonly string[];
  readonly readiness: Readiness;
  readonly stop: readonly [Rung, ...Rung[]];
  readonly singleton?: SingletonKey | null;
  readonly claims?: readonly Claim[];
  readonly stackDump?: Compiled['stackDump'];
  readonly unfit?: Unfit;
  readonly overlap?: Compiled['overlap'];
  readonly linkLoop?: Compiled['linkLoop'];
}

export const common = (shape: Shape): Compiled => ({
  argv: shape.argv,
  added: shape.added ?? [],
  env: PYTHON_ENV,
  readiness: shape.readiness,
  link: shape.readiness.kind === 'link',
  linkLoop: shape.linkLoop ?? null,
  stop: shape.stop,
  startTimeoutMs: 120_000,
  permanentExitCodes: [USAGE_EXIT],
  stackDump: shape.stackDump ?? null,
  // A worker starts itself anew at HUP, which takes it out of our hands; a successor beside it does better.
  reload: null,
  unfit: shape.unfit ?? {},
  overlap: shape.overlap ?? null,
  singleton: shape.singleton ?? null,
  claims: shape.claims ?? [],
});

/** The lock of whatever sends an application's periodic tasks. */
export const beatLock = (entry: Entry): SingletonKey => {
  const app = entry.app ?? '';
  return { kind: 'application', app, ask: [entry.python, `${entry.helpers}/prodserver_probe.py`, app] };
};

/**
 * One text for what Celery finds to be one application (`find_app` and `symbol_by_name`): `shop.celery.app`,
 * `shop.celery:app`, `shop.celery` and `shop`.
 */
export const sameApp = (app: string): string =>
  app
    .replace(':', '.')
    .replace(/\.app$/, '')
    .replace(/\.celery$/, '');

/** Worker and beat have these, and act on them in the same way. */
export function processRules(args: ReadonlyMap<string, unknown>): Finding[] {
  const found: Finding[] = [];
  for (const option of ['umask', 'executable']) {
    if (!args.has(option)) continue;
    const instead = option === 'umask' ? 'leave it out' : 'use SUPERVISOR.python';
    found.push(ignored(option, 'Celery acts on it only with --detach', instead));
  }
  return found;
}

/** A path as Celery expands it: %n is the node's name, %p the whole of it. */
export const expandNode = (path: string, node: string): string =>
  path.replaceAll(/%[np]/g, (mark) => (mark === '%p' ? node : (node.split('@')[0] ?? node)));

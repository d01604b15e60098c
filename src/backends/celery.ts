/** What Celery's three programs share. */
import type { Readiness, Rung } from '../model/spec.ts';
import { PYTHON_ENV, type Compiled, type Entry } from './backend.ts';
import { refused, type Option } from './options.ts';

export const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'FATAL'] as const;
/** Celery's usage error: an unknown option, or an APP that is not found. The same command line fails again. */
const USAGE_EXIT = 2;

/** An option that would do what the supervisor does. */
export const supervisors = (instead: string): Option =>
  refused('it is the supervisor that does this', instead);

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

export const common = (
  argv: [string, ...string[]],
  added: string[],
  readiness: Readiness,
  stop: [Rung, ...Rung[]],
): Compiled => ({
  argv,
  added,
  env: PYTHON_ENV,
  readiness,
  link: readiness.kind === 'link',
  stop,
  startTimeoutMs: 120_000,
  permanentExitCodes: [USAGE_EXIT],
  singleton: null,
});

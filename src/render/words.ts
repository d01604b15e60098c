/** The form of an entry in the tables of words; the only sentences of the program stand in these tables. */
import type { Code, FactsByCode } from '../model/failure.ts';
import type { Exit, ProbeTrouble } from '../model/process.ts';

export interface Words<C extends Code> {
  /** Exit code of the command that ends with this failure. */
  readonly exit: number;
  /** What it means, for docs/errors.md. */
  readonly about: string;
  /** What happened: one line. */
  message(facts: FactsByCode[C]): string;
  /** What to do about it; null where the message says it. */
  hint(facts: FactsByCode[C]): string | null;
}

export type WordsFor<C extends Code> = { readonly [K in C]: Words<K> };

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  someDown: 3,
  unknown: 4,
  lockHeld: 75,
  manifest: 78,
} as const;

/** `a`, `a and b`, `a, b and c`. */
export function andList(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

export const meant = (near: string | null): string => (near === null ? '' : `; did you mean "${near}"?`);

export const exitText = ({ code, signal, oom }: Exit): string => {
  if (signal === null) return `exit code ${code ?? 'unknown'}`;
  return oom === true ? `ended by ${signal}: out of memory` : `ended by ${signal}`;
};

/** `GET http://127.0.0.1:8000/healthz: status 500` */
export const troubleText = ({ probe, target, got }: ProbeTrouble): string =>
  `${probe === 'http' ? 'GET ' : ''}${target}: ${got}`;

/** `PRODUCTION_PROCESSES.web.ARGS.bind[0]` */
export const dottedPath = (path: readonly (string | number)[]): string =>
  path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`))
    .join('');

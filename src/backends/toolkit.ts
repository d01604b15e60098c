/** What a file of SUPERVISOR.backends is handed to build its backends with. Its types for authors: types/index.d.ts. */
import { emitArgs, PYTHON_ENV } from './backend.ts';
import { barred, conflict, ignored, isOn, otherwise, unwise } from './findings.ts';
import * as build from './options.ts';
import type { Option, Options } from './options.ts';
import { appTarget, termFor } from './web.ts';

/** Options that the toolkit made: their schemas throw nothing. */
const MADE = new WeakSet<object>();

export const isMade = (value: unknown): value is Option => typeof value === 'object' && MADE.has(value ?? {});

const making =
  <A extends readonly unknown[]>(make: (...args: A) => Option) =>
  (...args: A): Option => {
    const made = make(...args);
    MADE.add(made);
    return made;
  };

function pair(key: string): Options {
  const made = build.pair(key);
  for (const option of Object.values(made)) MADE.add(option);
  return made;
}

export const TOOLKIT = {
  integer: making(build.integer),
  decimal: making(build.decimal),
  text: making(build.text),
  flag: making(build.flag),
  truth: making(build.truth),
  choice: making(build.choice),
  list: making(build.list),
  repeated: making(build.repeated),
  since: making(build.since),
  alias: making(build.alias),
  refused: making(build.refused),
  pair,
  emitArgs,
  ignored,
  otherwise,
  unwise,
  barred,
  conflict,
  isOn,
  appTarget,
  termFor,
  PYTHON_ENV,
} as const;

export type Toolkit = typeof TOOLKIT;

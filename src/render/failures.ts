import { severityOf, type Code, type Failure } from '../model/failure.ts';
import { acrossWords } from './words-across.ts';
import { backendWords } from './words-backends.ts';
import { httpWords } from './words-http.ts';
import { initWords } from './words-init.ts';
import { deepWords } from './words-deep.ts';
import { lockWords } from './words-locks.ts';
import { manifestWords } from './words-manifest.ts';
import { processWords } from './words-process.ts';
import { runtimeWords } from './words-runtime.ts';
import { settingsWords } from './words-settings.ts';
import { socketWords } from './words-sockets.ts';
import { spawnWords } from './words-spawn.ts';
import type { Words, WordsFor } from './words.ts';

/** Every code with its words, exit code and meaning; docs/errors.md and the exit codes come from here. */
export const TABLE: WordsFor<Code> = {
  ...manifestWords,
  ...acrossWords,
  ...backendWords,
  ...settingsWords,
  ...initWords,
  ...runtimeWords,
  ...httpWords,
  ...lockWords,
  ...processWords,
  ...spawnWords,
  ...deepWords,
  ...socketWords,
};

/** The table's types tie each code to its facts, which a Failure carries together; TypeScript cannot see the pair. */
const wordsOf = (failure: Failure): Words<Code> => TABLE[failure.code];

export const exitCodeOf = (failure: Failure): number => wordsOf(failure).exit;

export const messageOf = (failure: Failure): string => wordsOf(failure).message(failure.facts);

export const hintOf = (failure: Failure): string | null => wordsOf(failure).hint(failure.facts);

/** `error: MESSAGE` and, on a line of its own, the remedy. */
export function renderFailure(failure: Failure): string {
  const hint = hintOf(failure);
  const first = `${severityOf(failure.code)}: ${messageOf(failure)} [${failure.code}]`;
  return hint === null ? first : `${first}\n  ${hint}`;
}

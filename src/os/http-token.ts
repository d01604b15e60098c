/** The token of the HTTP listener: from a file or the environment, never from the manifest or a command line. */
import { readFileSync } from 'node:fs';
import { failure, type Result } from '../model/failure.ts';

const VARIABLE = 'PRODSERVER_HTTP_TOKEN';

/** A token that can be guessed is none. Characters. */
const SHORTEST = 16;
/** Headers are limited to 16 KiB. Characters. */
const LONGEST = 4096;

let taken: string | null | undefined;

/**
 * Reads the variable and takes it out of the environment, once: what is started must not have it. Must be called before
 * anything of the project runs.
 */
export function takeHttpToken(env: NodeJS.ProcessEnv = process.env): string | null {
  if (taken === undefined) {
    const value = env[VARIABLE] ?? '';
    taken = value === '' ? null : value;
    delete env[VARIABLE];
  }
  return taken;
}

/** Whether the environment has one, or had one that was taken out of it. */
export const isHttpTokenGiven = (env: Readonly<Record<string, string | undefined>>): boolean =>
  (taken ?? null) !== null || (env[VARIABLE] ?? '') !== '';

/** Of the file, where one is named, else `given`; null: there is none. Blanks around it are left out. */
export function httpToken(file: string | null, given: string | null): Result<string | null> {
  let text = given;
  if (file !== null) {
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return {
        ok: false,
        error: failure('http-token', { file, problem: 'unreadable', detail: code ?? message }),
      };
    }
  }
  if (text === null) return { ok: true, value: null };
  const token = text.trim();
  const problem = problemOf(token);
  if (problem === null) return { ok: true, value: token };
  return { ok: false, error: failure('http-token', { file, problem, detail: String(SHORTEST) }) };
}

function problemOf(token: string): 'empty' | 'short' | 'characters' | null {
  if (token === '') return 'empty';
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > LONGEST) return 'characters';
  return token.length < SHORTEST ? 'short' : null;
}

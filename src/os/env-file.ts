/** Files of environment variables, read strictly: what two other readers would take differently is an error here. */
import { readFileSync, statSync } from 'node:fs';
import { failure, type Failure, type Result } from '../model/failure.ts';

/** The kernel takes 128 KiB for one variable; a file past this is something else. Bytes. */
const LIMIT = 1024 * 1024;

export type Variables = Readonly<Record<string, string>>;

/** What is wrong in a text, and on which of its lines (from 1). Never with a part of the text: it may be a secret. */
export interface EnvProblem {
  readonly line: number;
  readonly detail: string;
}

/** The variables of files, later ones on top; the first that cannot be read or understood is the error. */
export function readEnvFiles(paths: readonly string[]): Result<Variables> {
  const all: Record<string, string> = {};
  for (const path of paths) {
    const read = readEnvFile(path);
    if (!read.ok) return read;
    Object.assign(all, read.value);
  }
  return { ok: true, value: all };
}

export function readEnvFile(path: string): Result<Variables> {
  const refused = (line: number | null, detail: string, cause?: unknown): { ok: false; error: Failure } => ({
    ok: false,
    error: failure('env-file', { path, line, detail }, { cause }),
  });
  let bytes: Buffer;
  try {
    const stat = statSync(path);
    // A pipe would hold up everything until somebody writes into it.
    if (!stat.isFile()) return refused(null, 'is not a file');
    if (stat.size > LIMIT) return refused(null, 'is larger than 1 MiB');
    bytes = readFileSync(path);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return refused(null, errno === 'ENOENT' ? 'does not exist' : `cannot be read: ${errno}`, error);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    return refused(null, 'is not UTF-8', error);
  }
  const parsed = parseEnv(text);
  return parsed.ok ? parsed : refused(parsed.error.line, parsed.error.detail);
}

/** What stands between the quotes, which may span lines, and nothing but a comment behind them. */
const SINGLE = /'([^']*)'[ \t]*(?:[ \t]#[^\n]*)?(?=\n|$)/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"[ \t]*(?:[ \t]#[^\n]*)?(?=\n|$)/y;
const SINGLE_ALONE = /'[^']*'/y;
const DOUBLE_ALONE = /"(?:[^"\\]|\\[^])*"/y;
const HEAD = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=/y;
const BLANK = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
const REST = /[^\n]*/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
for (const self of ['\\', '"', '$', '`']) Object.assign(ESCAPES, { [self]: self });

/**
 * `NAME=value` lines, with an optional `export`; comments and blank lines. A value is bare, 'literal', or "with \n, \t,
 * \r, \", \\ and \$"; variables are not put in. What shells, docker and systemd read in different ways is refused.
 */
export function parseEnv(source: string): Result<Variables, EnvProblem> {
  const text = source.replaceAll('\r\n', '\n');
  const values: Record<string, string> = {};
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (; at <= text.length; at += 1) {
    if (take(BLANK) !== null) continue;
    const start = at;
    const head = take(HEAD);
    const problem = (detail: string): Result<Variables, EnvProblem> => ({
      ok: false,
      error: { line: text.slice(0, start).split('\n').length, detail },
    });
    if (head === null) return problem(oddHead(take(REST)?.[0] ?? ''));
    const name = head[1] ?? '';
    const quote = text[at];
    let value: string | null;
    if (quote === "'" || quote === '"') {
      const body = take(quote === '"' ? DOUBLE : SINGLE)?.[1];
      if (body === undefined) {
        return problem(
          take(quote === '"' ? DOUBLE_ALONE : SINGLE_ALONE) !== null
            ? `something stands behind the closing quote of ${name}`
            : `the quote of ${name} is never closed`,
        );
      }
      value = quote === '"' ? unescape(body) : body;
      if (value === null)
        return problem(`${name} has an unknown escape: in double quotes a backslash is \\\\`);
    } else {
      value = (take(REST)?.[0] ?? '').trimEnd();
      if (/["'`\\]/.test(value))
        return problem(`${name} holds a quote or a backslash: put it in single quotes`);
      if (/^[ \t]/.test(value))
        return problem(`${name} has a space behind "=": remove it, or put the value in quotes`);
      if (/(^|[ \t])#/.test(value))
        return problem(`${name} holds a "#": put the value in quotes, and a comment behind them`);
    }
    if (value.includes('\0')) return problem(`${name} holds a NUL`);
    values[name] = value;
  }
  return { ok: true, value: values };
}

/** Why a line does not begin as one should. */
function oddHead(line: string): string {
  if (!line.includes('=')) return 'there is no "=": write NAME=value';
  if (/^[ \t]*(export[ \t]+)?\w+[ \t]+=/.test(line)) return 'a space stands before "="';
  return 'what stands before "=" is no name of a variable';
}

/** Null where a backslash stands before something that it does not escape. */
function unescape(body: string): string | null {
  let odd = false;
  const plain = body.replaceAll(/\\([^])/g, (_, char: string) => {
    const meant = ESCAPES[char];
    odd ||= meant === undefined;
    return meant ?? '';
  });
  return odd ? null : plain;
}

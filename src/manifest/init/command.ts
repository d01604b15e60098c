/** A command as an entry: that of a BACKEND where the program has one, else its CMD. */
import type { NoteFact, Unfit } from './note.ts';
import { fitManage, fitProgram, isUnfit, PROGRAMS, type Fit } from './programs.ts';
import { splitShell, type Word } from './shell.ts';

export interface CommandContext {
  /** Where it runs, as the entry will say it; null: in the manifest's folder. */
  readonly cwd: string | null;
  /** The interpreter that a program's first line names; null where it cannot be seen. */
  readonly interpreterOf: (program: string) => string | null;
}

/** What a command comes to. */
export interface Made {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly facts: readonly NoteFact[];
  /** The interpreter that a BACKEND's entry must have; `any` where the command did not say, null where there is none. */
  readonly python: { readonly path: string; readonly program: string } | 'any' | null;
  /** The same as a Command. */
  readonly plain: Readonly<Record<string, unknown>>;
}

/** A line that was given to a shell. */
export function fromShell(line: string, context: CommandContext): Made {
  // `cd folder && command` needs no shell for it.
  const moved = /^cd[ \t]+((?:[^\s|&;<>()'"$`\\*?~]|\\.)+)[ \t]*&&[ \t]*(.+)$/s.exec(line);
  if (moved !== null) {
    const folder = moved[1] ?? '';
    const rest = fromShell(moved[2] ?? '', { ...context, cwd: folder });
    const cwd = rest.entry['CWD'] === undefined ? { CWD: folder } : {};
    if (!isShell(rest)) {
      const facts = [{ kind: 'folder-changed', folder } as const, ...rest.facts];
      return { ...rest, entry: { ...rest.entry, ...cwd }, plain: { ...rest.plain, ...cwd }, facts };
    }
  }
  const split = splitShell(line);
  if (split.kind === 'shell') return shell(line, split.reason);
  const { env, words } = withoutAssignments(split.words);
  const rest = words[0]?.text === 'exec' ? words.slice(1) : words;
  if (rest.length === 0) return shell(line, 'keyword');
  const made = fromWords(rest, context);
  // Of a variable in a place of its own nobody knows how many words it is.
  if (made.entry['BACKEND'] === 'Command' && rest.some((word) => word.splits)) return shell(line, 'variable');
  const withEnv = (entry: Made['entry']): Made['entry'] => (env === null ? entry : { ...entry, ENV: env });
  return { ...made, entry: withEnv(made.entry), plain: withEnv(made.plain) };
}

const shell = (line: string, reason: Extract<NoteFact, { kind: 'shell' }>['reason']): Made => {
  const entry = { BACKEND: 'Command', CMD: ['sh', '-c', line] };
  return { entry, facts: [{ kind: 'shell', reason }], python: null, plain: entry };
};

const isShell = ({ facts }: Made): boolean => facts.some((fact) => fact.kind === 'shell');

/** `NAME=value command`, and `env NAME=value command`. */
function withoutAssignments(words: readonly Word[]): {
  env: Record<string, string> | null;
  words: readonly Word[];
} {
  const env: Record<string, string> = {};
  let index = 0;
  let named = false;
  for (; index < words.length; index += 1) {
    const token = words[index]?.text ?? '';
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(token);
    if (match?.[1] !== undefined) env[match[1]] = match[2] ?? '';
    else if (
      /^(\/usr)?(\/bin\/)?env$/.test(token) &&
      !named &&
      words[index + 1]?.text.startsWith('-') === false
    )
      named = true;
    else break;
  }
  return { env: Object.keys(env).length === 0 ? null : env, words: words.slice(index) };
}

/** Words that are given to the program as they are. */
export function fromWords(given: readonly Word[], context: CommandContext): Made {
  const { env, words } = /^(\/usr)?(\/bin\/)?env$/.test(given[0]?.text ?? '')
    ? withoutAssignments(given)
    : { env: null, words: given };
  const withEnv = env === null ? {} : { ENV: env };
  const plain = { BACKEND: 'Command', CMD: words.map((word) => word.text), ...withEnv };
  const found = recognise(words, context);
  if (found === null) return { entry: plain, facts: [], python: null, plain };
  if (isUnfit(found.fit)) return unfit(plain, found.fit);
  const { entry, facts } = found.fit;
  return { entry: { ...entry, ...withEnv }, facts, python: found.python, plain };
}

export const unfit = (plain: Made['plain'], why: Unfit): Made => ({
  entry: plain,
  facts: [{ kind: 'plain-command', why }],
  python: null,
  plain,
});

interface Recognised {
  readonly fit: Fit;
  readonly python: NonNullable<Made['python']>;
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Null: a program of which nothing is known. */
function recognise([first, ...rest]: readonly Word[], context: CommandContext): Recognised | null {
  if (first === undefined) return null;
  const base = baseOf(first.text);
  if (/^python[\d.]*$/.test(base)) return underPython(first.text, rest, context);
  if (base === 'manage.py') return { fit: atManage(first.text, rest, context), python: 'any' };
  const program = base === 'django-admin' || PROGRAMS.has(base) ? base : null;
  if (program === null) return null;
  const fit = program === 'django-admin' ? fitManage(rest) : fitProgram(program, rest);
  if (!first.text.includes('/')) return { fit, python: 'any' };
  const path = context.interpreterOf(first.text) ?? `${folderOf(first.text)}/python`;
  return { fit, python: { path, program: first.text } };
}

function underPython(python: string, words: readonly Word[], context: CommandContext): Recognised | null {
  // Our environment says the same as -u.
  const [first, ...rest] = words[0]?.text === '-u' ? words.slice(1) : words;
  // `python` and `python3` are whichever is first on PATH; a path or a version is a decision.
  const named = /^python3?$/.test(python) ? 'any' : { path: python, program: python };
  if (first === undefined) return null;
  if (baseOf(first.text) === 'manage.py') return { fit: atManage(first.text, rest, context), python: named };
  const [module, ...args] = rest;
  if (first.text !== '-m' || module === undefined) return null;
  if (module.text === 'django') return { fit: fitManage(args), python: named };
  return PROGRAMS.has(module.text) ? { fit: fitProgram(module.text, args), python: named } : null;
}

/** Our own manage.py is that of the folder where it runs. */
function atManage(path: string, words: readonly Word[], { cwd }: CommandContext): Fit {
  const folder = folderOf(path);
  const here = folder === '' || folder === '.' || (cwd !== null && folder === cwd.replace(/(?<=.)\/$/, ''));
  return here ? fitManage(words) : { kind: 'manage', path };
}

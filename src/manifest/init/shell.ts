/** The words of a command line, by the rules of POSIX. Nothing is run, and nothing is looked up. */
import { variable } from './text.ts';

export interface Word {
  readonly text: string;
  /** A variable outside of quotes is all of it: a shell would split its value into words. */
  readonly splits: boolean;
}

/** Why a text is not just words: it needs a shell, or it is none. */
export type ShellReason =
  | 'operator'
  | 'substitution'
  | 'pattern'
  | 'variable'
  | 'comment'
  | 'keyword'
  | 'unclosed';

export type Split =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  | { readonly kind: 'shell'; readonly reason: ShellReason };

const BLANK = /[ \t\r\n]/;
const OPERATOR = /[|&;<>()\n]/;
const PATTERN = /[*?[\]{}]/;
/** Words that begin a compound command, and builtins that no file of that name stands for. */
const KEYWORDS = new Set(
  'if then else elif fi for while until do done case esac { } ! [[ function select source . eval export set unset trap ulimit umask wait read'.split(
    ' ',
  ),
);
/** What a manifest can write: `$NAME`, `${NAME}`, and `${NAME:-plain words}`. */
const NAME = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(:-[^}$`"'\\]*)?\})/y;

/** As a shell reads a simple command; what only a shell can do is told apart. */
export function splitShell(source: string): Split {
  const words: Word[] = [];
  const at = (index: number): string => source[index] ?? '';
  let text: string | null = null;
  let bare = true;
  let parts = 0;
  const end = (): void => {
    if (text !== null) words.push({ text, splits: bare && parts === 1 && text.startsWith('\uE000') });
    text = null;
    bare = true;
    parts = 0;
  };
  const add = (piece: string): void => {
    text = (text ?? '') + piece;
    parts += 1;
  };
  const shell = (reason: ShellReason): Split => ({ kind: 'shell', reason });
  for (let index = 0; index < source.length;) {
    const char = at(index);
    if (char === '\\') {
      if (index + 1 === source.length) return shell('unclosed');
      if (at(index + 1) !== '\n') add(at(index + 1));
      index += 2;
    } else if (char === "'") {
      const close = source.indexOf("'", index + 1);
      if (close === -1) return shell('unclosed');
      add(source.slice(index + 1, close));
      bare = false;
      index = close + 1;
    } else if (char === '"') {
      const quoted = doubleQuoted(source, index + 1);
      if (typeof quoted === 'string') return shell(quoted);
      add(quoted.text);
      bare = false;
      index = quoted.next;
    } else if (char === '$') {
      const found = dollar(source, index);
      if (typeof found === 'string') return shell(found);
      add(found.text);
      index = found.next;
    } else if (char === '`') return shell('substitution');
    else if (OPERATOR.test(char)) return shell('operator');
    else if (BLANK.test(char)) {
      end();
      index += 1;
    } else if (char === '#' && text === null) return shell('comment');
    else if ((PATTERN.test(char) && !isValue(text, char)) || (char === '~' && text === null))
      return shell('pattern');
    else {
      add(char);
      index += 1;
    }
  }
  end();
  if (KEYWORDS.has(words[0]?.text ?? '')) return shell('keyword');
  return { kind: 'words', words };
}

/** `--listen=*:80`: no file has such a name, so a shell leaves it as it is. */
const isValue = (text: string | null, char: string): boolean =>
  text !== null && /^--?[A-Za-z][\w-]*=/.test(text) && !'{}'.includes(char);

type Piece = { readonly text: string; readonly next: number };

function doubleQuoted(source: string, start: number): Piece | ShellReason {
  let text = '';
  for (let index = start; index < source.length;) {
    const char = source[index] ?? '';
    const next = source[index + 1] ?? '';
    if (char === '"') return { text, next: index + 1 };
    if (char === '`') return 'substitution';
    if (char === '$') {
      const found = dollar(source, index);
      if (typeof found === 'string') return found;
      text += found.text;
      index = found.next;
    } else if (char === '\\' && '$`"\\\n'.includes(next) && next !== '') {
      text += next === '\n' ? '' : next;
      index += 2;
    } else {
      text += char;
      index += 1;
    }
  }
  return 'unclosed';
}

function dollar(source: string, index: number): Piece | ShellReason {
  NAME.lastIndex = index;
  const match = NAME.exec(source);
  if (match !== null) {
    return { text: variable((match[1] ?? match[2] ?? '') + (match[3] ?? '')), next: NAME.lastIndex };
  }
  const next = source[index + 1] ?? '';
  if (next === '(') return 'substitution';
  // `$$`, `$1`, `$?`, `$'...'` and forms of ${...} that a manifest does not have.
  if (/[{\w?$!#@*'"-]/.test(next)) return 'variable';
  return { text: '$', next: index + 1 };
}

/** Python's shlex.split, by which supervisord reads a command: quotes and backslashes, and no shell. Null: never closed. */
export function splitPlain(source: string): Word[] | null {
  const words: Word[] = [];
  let text: string | null = null;
  for (let index = 0; index < source.length; index += 1) {
    const char = source[index] ?? '';
    if (BLANK.test(char)) {
      if (text !== null) words.push({ text, splits: false });
      text = null;
    } else if (char === '\\') {
      if (index + 1 === source.length) return null;
      index += 1;
      text = (text ?? '') + (source[index] ?? '');
    } else if (char === "'" || char === '"') {
      text ??= '';
      for (index += 1; source[index] !== char; index += 1) {
        if (index >= source.length) return null;
        const next = source[index + 1];
        // Within double quotes a backslash is one, unless it stands before a quote or another.
        if (char === '"' && source[index] === '\\' && (next === '"' || next === '\\')) index += 1;
        text += source[index] ?? '';
      }
    } else text = (text ?? '') + char;
  }
  if (text !== null) words.push({ text, splits: false });
  return words;
}

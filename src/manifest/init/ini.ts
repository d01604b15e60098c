/** Python's configparser, as supervisord sets it up: sections, `key = value`, values that go on below, comments. */
import { failure, type Failure, type Result } from '../../model/failure.ts';

export interface IniValue {
  readonly value: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Keys in lower case. */
  readonly values: Map<string, IniValue>;
}

/** A section, or a key of one, that comes twice is one: the last value wins. `into`: those of files before. */
export function readIni(
  file: string,
  text: string,
  into: Map<string, IniSection>,
): Result<Map<string, IniSection>> {
  let section: IniSection | null = null;
  let key: string | null = null;
  let keyIndent = 0;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = index + 1;
    const bad = (detail: string): { ok: false; error: Failure } => ({
      ok: false,
      error: malformed(file, line, raw, detail),
    });
    const bare = withoutComment(raw);
    if (bare === '') {
      // An indented comment ends nothing; an empty line neither.
      continue;
    }
    const indent = raw.length - raw.trimStart().length;
    const before = key === null ? undefined : section?.values.get(key);
    if (section !== null && key !== null && before !== undefined && indent > keyIndent) {
      section.values.set(key, { ...before, value: `${before.value}\n${bare}` });
      continue;
    }
    keyIndent = indent;
    const header = /^\[(.+)\]/.exec(bare)?.[1];
    if (header !== undefined) {
      section = into.get(header) ?? { name: header, file, line, values: new Map() };
      into.set(header, section);
      key = null;
      continue;
    }
    if (section === null) return bad('a key stands before the first [section]');
    const pair = /^(.*?)\s*[=:]\s*(.*)$/s.exec(bare);
    if (pair === null || pair[1] === '') return bad('this is neither [section] nor "key = value"');
    key = (pair[1] ?? '').toLowerCase();
    section.values.set(key, { value: pair[2] ?? '', file, line });
  }
  return { ok: true, value: into };
}

/** Of a whole line, or behind a space; the text is trimmed. */
function withoutComment(line: string): string {
  if (/^\s*[;#]/.test(line)) return '';
  const at = line.search(/(?<=\s)[;#]/);
  return (at === -1 ? line : line.slice(0, at)).trim();
}

/** Why supervisord would not take the file, and where. */
export function malformed(file: string, line: number, excerpt: string, detail: string): Failure {
  const column = excerpt.length - excerpt.trimStart().length + 1;
  const place = {
    file,
    line,
    column,
    endLine: line,
    endColumn: Math.max(column + 1, excerpt.trimEnd().length + 1),
    excerpt,
    path: [],
  };
  return failure('init-source', { detail }, { place });
}

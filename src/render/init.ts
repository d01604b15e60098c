/** A new manifest as text, with what is to be known about it at its top. */
import { Document, isMap, isScalar, isSeq, visit, type Node } from 'yaml';
import type { Note, Proposal } from '../manifest/init/note.ts';
import type { Gathered, Source } from '../manifest/init/gather.ts';
import { noteText } from './init-words.ts';

/** Columns of a comment, and of a list on one line. */
const WIDTH = 100;
/** Keys whose few values stand on one line. */
const FLOW = new Set(['CMD', 'EXTRA_ARGS', 'STOP', 'RESTART', 'LOG']);

export function manifestText(source: Source, proposal: Proposal): string {
  const { drafts, notes, python } = proposal;
  const processes = Object.fromEntries(drafts.map(({ name, entry }) => [name, entry]));
  const doc = new Document(
    { PRODUCTION_PROCESSES: processes, ...(python === null ? {} : { SUPERVISOR: { python } }) },
    { aliasDuplicateObjects: false },
  );
  const entries: unknown = doc.get('PRODUCTION_PROCESSES');
  if (isMap(entries)) {
    for (const [index, pair] of entries.items.entries()) {
      const where = drafts[index]?.where;
      if (isScalar(pair.key) && where !== undefined) pair.key.commentBefore = ` ${placeText(where)}`;
    }
  }
  visit(doc, {
    Pair(_, { key, value }) {
      const name = isScalar(key) ? String(key.value) : '';
      if (FLOW.has(name) && (isSeq(value) || isMap(value)) && isShort(value)) value.flow = true;
    },
  });
  const body = doc.toString({ lineWidth: 0, flowCollectionPadding: false, singleQuote: true });
  return `${comment([`Written by prodserver init from ${source.shown}.`, ...noteLines(notes)])}${body}`;
}

const isShort = (node: Node): boolean => JSON.stringify(node.toJSON()).length < WIDTH - 10;

const placeText = ({ file, line }: Note['where']): string =>
  printable(line === null ? file : `${file}:${line}`);

/** Nothing that was read may end a comment. */
const printable = (text: string): string => text.replaceAll(/[^\P{C}\u00AD]|\u2028|\u2029/gu, '\uFFFD');

function noteLines(notes: readonly Note[]): string[] {
  if (notes.length === 0) return [];
  const ordered = notes.toSorted((a, b) => Number(a.process !== null) - Number(b.process !== null));
  const lines = ordered.map(({ where, process, fact }) => {
    const owner = process === null ? '' : `${process}: `;
    return `- ${placeText(where)}: ${owner}${printable(noteText(fact))}`;
  });
  return ['', 'What was decided, or could not be carried over:', ...new Set(lines)];
}

const comment = (lines: readonly string[]): string =>
  lines
    .flatMap((line) => wrapped(line))
    .map((line) => `# ${line}`.trimEnd() + '\n')
    .join('') + '\n';

/** Words that do not fit go on below, under the text of their item. */
function wrapped(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  const indent = line.startsWith('- ') ? '  ' : '';
  while (rest.length > WIDTH) {
    const at = rest.lastIndexOf(' ', WIDTH);
    if (at <= indent.length + 2) break;
    lines.push(rest.slice(0, at));
    rest = indent + rest.slice(at + 1);
  }
  return [...lines, rest];
}

const FROM = { django: 'Django settings', procfile: 'Procfile', supervisord: 'supervisord.conf' } as const;

/** What was found, what was taken, and how to take the rest. */
export function foundText({ source, others }: Gathered): string[] {
  const named = ({ from, shown }: Source): string =>
    from === 'django' ? `the Django settings ${shown}` : shown;
  return others.map(
    (other) =>
      `found ${named(other)} too, and took ${named(source)}; for ${FROM[other.from]}: prodserver init --from ${other.from}`,
  );
}

/** `prodserver.yaml: web, worker, beat from supervisord.conf; 12 notes at its top` */
export function writtenText(path: string, { source, proposal }: Gathered): string {
  const { drafts, notes } = proposal;
  const names = drafts.map(({ name }) => name).join(', ');
  const told = notes.length === 0 ? '' : `; its first lines tell what was decided, and what was left out`;
  return `${path}: ${names}, from ${source.shown}${told}`;
}

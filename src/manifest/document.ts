import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { failure, type Failure, type Place, type Result } from '../model/failure.ts';

/** A nest of aliases may not blow up to more than this many copies ("billion laughs"). */
const ALIAS_LIMIT = 100;

export type Path = readonly (string | number)[];

/** A parsed manifest that still knows where everything stands. */
export interface Document {
  readonly file: string;
  /** Plain data; null for an empty file. */
  readonly value: unknown;
  /** Where the value at `path` stands, or its key; the nearest enclosing thing where there is none. */
  place(path: Path, target: 'key' | 'value'): Place;
}

/** YAML 1.2 with merge keys; JSON is a part of it. All syntax errors at once. */
export function parseManifest(file: string, text: string): Result<Document, Failure[]> {
  const lines = new LineCounter();
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    strict: true,
    merge: true,
  });
  const source = text.split('\n');

  const placeOf = (start: number, end: number, path: Path): Place => {
    const from = lines.linePos(start);
    const excerpt = (source[from.line - 1] ?? '').replace(/\r$/, '');
    // What spans several lines is underlined to the end of its first.
    const to = lines.linePos(Math.max(end, start));
    const oneLine = to.line === from.line;
    const endColumn = oneLine ? Math.max(to.col, from.col + 1) : Math.max(excerpt.length + 1, from.col + 1);
    return { file, line: from.line, column: from.col, endLine: from.line, endColumn, excerpt, path };
  };

  if (doc.errors.length > 0) {
    const errors = doc.errors.map((error) => {
      const place = placeOf(error.pos[0], error.pos[1], []);
      return failure('manifest-syntax', { detail: error.message }, { place });
    });
    return { ok: false, error: errors };
  }

  const place = (path: Path, target: 'key' | 'value'): Place => {
    let node: Node | null = doc.contents;
    let range = rangeOf(node);
    for (const [depth, step] of path.entries()) {
      const here: unknown = isAlias(node) ? node.resolve(doc) : node;
      const last = depth === path.length - 1;
      if (isMap(here)) {
        const pair = here.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        if (pair === undefined || !isPair(pair)) break;
        const key = rangeOf(isNode(pair.key) ? pair.key : null);
        node = isNode(pair.value) ? pair.value : null;
        range = last && target === 'key' ? key : (rangeOf(node) ?? key);
        // An empty value has no extent of its own: its key is the thing to point at.
        if (range !== null && range[0] === range[1]) range = key;
      } else if (isSeq(here)) {
        const item: unknown = here.items[Number(step)];
        if (!isNode(item)) break;
        node = item;
        range = rangeOf(node);
      } else break;
    }
    return placeOf(range?.[0] ?? 0, range?.[1] ?? 0, path);
  };

  try {
    return { ok: true, value: { file, value: doc.toJS({ maxAliasCount: ALIAS_LIMIT }) as unknown, place } };
  } catch (error) {
    const facts = { limit: ALIAS_LIMIT };
    return {
      ok: false,
      error: [failure('manifest-aliases', facts, { place: place([], 'value'), cause: error })],
    };
  }
}

const rangeOf = (node: Node | null): readonly [number, number] | null =>
  node?.range === null || node?.range === undefined ? null : [node.range[0], node.range[1]];

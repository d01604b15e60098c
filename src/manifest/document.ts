import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document as YamlDocument,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { failure, type FactsByCode, type Failure, type Place, type Result } from '../model/failure.ts';

/** What comes after so many syntax errors is a consequence of them. */
const ERROR_LIMIT = 20;

/** A manifest has ten. */
const DEPTH_LIMIT = 100;

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
  // A byte order mark is no part of the first line.
  const clean = text.replace(/^\uFEFF/, '');
  const doc = parseDocument(clean, {
    prettyErrors: false,
    // What it would warn of on stderr (a mapping as a key) is an unknown key here.
    logLevel: 'error',
    uniqueKeys: true,
    strict: true,
    merge: true,
  });
  const source = clean.split('\n');
  const posOf = linePositions(source);

  const placeOf = (start: number, end: number, path: Path): Place => {
    const { line, col } = posOf(start);
    const excerpt = (source[line - 1] ?? '').replace(/\r$/, '');
    // Between the two characters that end a line is no place that could be shown.
    const from = { line, col: Math.min(col, excerpt.length + 1) };
    // What spans several lines is underlined to the end of its first.
    const to = posOf(Math.max(end, start));
    const oneLine = to.line === from.line;
    const endColumn = oneLine ? Math.max(to.col, from.col + 1) : Math.max(excerpt.length + 1, from.col + 1);
    return { file, line: from.line, column: from.col, endLine: from.line, endColumn, excerpt, path };
  };

  if (doc.errors.length > 0) {
    const errors = doc.errors.slice(0, ERROR_LIMIT).map((error) => {
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
        const pair = findPair(here, step, doc);
        if (pair === null) break;
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

  const nest = nestIn(doc);
  if (nest !== null) {
    const [start, end] = rangeOf(nest.node) ?? [0, 0];
    const facts = { what: nest.what, limit: DEPTH_LIMIT };
    return { ok: false, error: [failure('manifest-nest', facts, { place: placeOf(start, end, []) })] };
  }
  keepAsWritten(doc);
  try {
    return { ok: true, value: { file, value: doc.toJS({ maxAliasCount: ALIAS_LIMIT }) as unknown, place } };
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('Excessive alias count')) {
      return {
        ok: false,
        error: [failure('manifest-syntax', { detail: message }, { place: place([], 'value') })],
      };
    }
    const facts = { limit: ALIAS_LIMIT };
    return {
      ok: false,
      error: [failure('manifest-aliases', facts, { place: place([], 'value'), cause: error })],
    };
  }
}

/** Line and column of an offset, both from 1; yaml's own counter misses lines that it has skipped after an error. */
function linePositions(source: readonly string[]): (offset: number) => { line: number; col: number } {
  const starts: number[] = [];
  let at = 0;
  for (const line of source) {
    starts.push(at);
    at += line.length + 1;
  }
  return (offset) => {
    const inside = Math.max(0, Math.min(offset, at - 1));
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, col: inside - (starts[low] ?? 0) + 1 };
  };
}

/** yaml reads a merge key as a symbol of that name. */
const MERGE_KEYS = new Set(['<<', 'Symbol(<<)']);

/** The entry of a map; one that a merge key brings stands where its anchor does. */
function findPair(map: YAMLMap, step: string | number, doc: YamlDocument): Pair | null {
  const own = map.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
  if (own !== undefined) return own;
  for (const item of map.items) {
    if (!isScalar(item.key) || !MERGE_KEYS.has(String(item.key.value))) continue;
    for (const source of isSeq(item.value) ? item.value.items : [item.value]) {
      const merged: unknown = isAlias(source) ? source.resolve(doc) : source;
      const found = isMap(merged) ? findPair(merged, step, doc) : null;
      if (found !== null) return found;
    }
  }
  return null;
}

interface Nest {
  readonly what: FactsByCode['manifest-nest']['what'];
  readonly node: Node;
}

/** What yaml would take minutes for, or the whole stack: keys that are collections, of collections; circles; and depth. */
function nestIn(doc: YamlDocument): Nest | null {
  const found: Nest[] = [];
  const tell = (what: Nest['what'], node: Node): symbol => {
    found.push({ what, node });
    return visit.BREAK;
  };
  visit(doc, {
    Alias(_, node, path) {
      const source = node.resolve(doc);
      return path.some((one) => one === source) ? tell('self', node) : undefined;
    },
    Collection(key, node, path) {
      if (key === 'key') return tell('key', node);
      const depth = path.filter((one) => isMap(one) || isSeq(one)).length;
      return depth >= DEPTH_LIMIT ? tell('depth', node) : undefined;
    },
  });
  return found[0] ?? null;
}

/** `022` and `1.10` lose their look as numbers; as the texts that they are written as, options and ENV keep it. */
function keepAsWritten(doc: YamlDocument): void {
  visit(doc, {
    Scalar(_, node) {
      const { value, source } = node;
      const decimal = source !== undefined && /^[\d.]+$/.test(source);
      if (typeof value === 'number' && decimal && String(value) !== source) node.value = source;
    },
  });
}

const rangeOf = (node: Node | null): readonly [number, number] | null =>
  node?.range === null || node?.range === undefined ? null : [node.range[0], node.range[1]];

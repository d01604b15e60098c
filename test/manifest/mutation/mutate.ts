/** Every place of a manifest, changed one at a time: its text stays as it is around the change, so that positions stay too. */
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Path } from '../../../src/manifest/document.ts';

export type Kind =
  /** A slip of the pen in a key; another word for it. */
  | 'typo'
  | 'rename'
  /** The key stays and says nothing; key and value go; the key stands twice. */
  | 'empty'
  | 'drop'
  | 'twice'
  /** A value of another type. */
  | 'mapping'
  | 'list'
  | 'text'
  | 'truth'
  | 'number';

export interface Mutation {
  readonly kind: Kind;
  /** What was changed, by the names of the unchanged manifest. */
  readonly path: Path;
  /** By which it is known now; what is gone is known by the mapping that had it. */
  readonly at: Path;
  /** Where that stands now: its key, or the item of a list. Lines count from 1. */
  readonly line: number;
  /** The last line of its value. */
  readonly endLine: number;
  readonly text: string;
}

/** No word of any manifest. */
export const UNHEARD = 'unheard-of';

/** A value of each type, written so that it may stand in a block, in a flow and in JSON. */
const VALUES: readonly (readonly [Kind, string])[] = [
  ['mapping', `{"${UNHEARD}": {}}`],
  ['list', `[["${UNHEARD}"]]`],
  ['text', `"${UNHEARD} "`],
  ['truth', 'true'],
  ['number', '-7.25'],
];

interface Spot {
  readonly path: Path;
  readonly start: number;
  readonly end: number;
}

type Replace = (start: number, end: number, by: string) => string;

export function mutations(text: string): Mutation[] {
  const doc = parseDocument(text);
  const found: Mutation[] = [];
  const lineAt = (whole: string, offset: number): number => whole.slice(0, offset).split('\n').length;
  const replace: Replace = (start, end, by) => text.slice(0, start) + by + text.slice(end);
  const add = (kind: Kind, path: Path, at: Path, changed: string, start: number, length: number): void => {
    const line = lineAt(changed, start);
    found.push({ kind, path, at, line, endLine: lineAt(changed, start + length), text: changed });
  };

  const values = (node: Node, path: Path, keyStart: number): void => {
    const [start, end] = rangeOf(node, text);
    for (const [kind, by] of VALUES) {
      if (kind !== kindOf(node))
        add(kind, path, path, replace(start, end, by), keyStart, start + by.length - keyStart);
    }
  };

  const inMap = (map: YAMLMap, path: Path, owner: Spot): void => {
    for (const [index, pair] of map.items.entries()) {
      if (!isScalar(pair.key) || pair.key.range == null) continue;
      const name = String(pair.key.value);
      const here = [...path, name];
      const [start, keyEnd] = pair.key.range;
      const value = pair.value as Node | null;
      const [from, to] = value?.range == null ? [keyEnd, keyEnd] : rangeOf(value, text);
      const quote = /["']/.exec(text[start] ?? '')?.[0] ?? '';
      for (const [kind, renamed] of [
        ['typo', slip(name)],
        ['rename', UNHEARD],
      ] as const) {
        const by = `${quote}${renamed}${quote}`;
        const changed = replace(start, keyEnd, by);
        add(kind, here, [...path, renamed], changed, start, to - start + by.length - (keyEnd - start));
      }
      if (value !== null && value.range != null && from !== to) {
        add('empty', here, here, replace(from, to, isJson(text) ? 'null' : ''), start, keyEnd - start);
        values(value, here, start);
      }
      const [cutStart, cutEnd] = cut(map, index, text);
      const dropped = map.items.length === 1 ? null : replace(cutStart, cutEnd, '');
      if (dropped !== null) {
        const removed = cutEnd - cutStart;
        const length = owner.end - owner.start - removed;
        add('drop', here, path, dropped, owner.start, Math.max(0, length));
      }
      add('twice', here, here, ...doubled(map, index, text));
      walk(value, here, { path: here, start, end: to });
    }
  };

  const inSeq = (seq: YAMLSeq, path: Path): void => {
    for (const [index, item] of (seq.items as Node[]).entries()) {
      if (item.range == null) continue;
      const here = [...path, index];
      values(item, here, item.range[0]);
      walk(item, here, { path: here, start: item.range[0], end: item.range[1] });
    }
  };

  const walk = (node: Node | null, path: Path, owner: Spot): void => {
    if (isMap(node)) inMap(node, path, owner);
    else if (isSeq(node)) inSeq(node, path);
  };

  const root = doc.contents;
  if (root !== null) {
    values(root, [], root.range?.[0] ?? 0);
    walk(root, [], { path: [], start: root.range?.[0] ?? 0, end: root.range?.[1] ?? 0 });
  }
  return found;
}

const isJson = (text: string): boolean => text.trimStart().startsWith('{');

/** Without the line ends and comments behind it, which belong to a block's range. */
function rangeOf(node: Node, text: string): readonly [number, number] {
  const [start = 0, end = 0] = node.range ?? [];
  const last = lastOf(node);
  const real = last === node ? end : rangeOf(last, text)[1];
  const closing = isInFlow(node) ? end : real;
  const trailing = /\s*$/.exec(text.slice(start, closing))?.[0].length ?? 0;
  return [start, closing - trailing];
}

const isInFlow = (node: Node): boolean => (isMap(node) || isSeq(node)) && node.flow === true;

function lastOf(node: Node): Node {
  if (isInFlow(node)) return node;
  if (isMap(node)) {
    const pair = node.items.at(-1) as Pair<Node, Node | null> | undefined;
    return pair === undefined ? node : (pair.value ?? pair.key);
  }
  return isSeq(node) ? ((node.items.at(-1) as Node | undefined) ?? node) : node;
}

function kindOf(node: Node): Kind | null {
  if (isMap(node)) return 'mapping';
  if (isSeq(node)) return 'list';
  if (!isScalar(node)) return null;
  const kinds: Readonly<Record<string, Kind>> = { string: 'text', number: 'number', boolean: 'truth' };
  return kinds[typeof node.value] ?? null;
}

/** One letter too many in the middle. */
function slip(name: string): string {
  const middle = Math.ceil(name.length / 2);
  return `${name.slice(0, middle)}q${name.slice(middle)}`;
}

const startOf = (pair: Pair): number => (pair.key as Node).range?.[0] ?? 0;
function endOf(pair: Pair, text: string): number {
  const node = (pair.value ?? pair.key) as Node;
  return rangeOf(node, text)[1];
}

/** From where to where a pair goes, with what parts it from the next. */
function cut(map: YAMLMap, index: number, text: string): readonly [number, number] {
  const pair = map.items[index] as Pair;
  const next = map.items[index + 1];
  const before = map.items[index - 1];
  if (next !== undefined) return [startOf(pair), startOf(next)];
  if (before !== undefined) return [endOf(before, text), endOf(pair, text)];
  return [startOf(pair), endOf(pair, text)];
}

/** The pair once more behind itself: the text, where the second one begins, and its length. */
function doubled(map: YAMLMap, index: number, text: string): [text: string, start: number, length: number] {
  const pair = map.items[index] as Pair;
  const [start, end] = [startOf(pair), endOf(pair, text)];
  const written = text.slice(start, end);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const between = map.flow === true ? ', ' : `\n${' '.repeat(start - lineStart)}`;
  // A comment behind it would swallow what follows.
  const rest = text.slice(end);
  const comment = map.flow === true ? '' : (/^[^\n]*/.exec(rest)?.[0] ?? '');
  const at = end + comment.length;
  return [text.slice(0, at) + between + written + text.slice(at), at + between.length, written.length];
}

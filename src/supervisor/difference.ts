/** What is different between two specs of one instance: the one comparison, for a change and for a look at it. Pure. */
import { MASK } from '../model/mask.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Sealed } from './seal.ts';

/** Of a list of texts or of names; `changed` are those of which only a secret part differs. */
export interface ListChange {
  readonly removed: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
}

export interface FieldChange {
  /** Its path in the spec: `recycle.maxTasks`. */
  readonly field: string;
  /** Undefined: it is not there. Equal ones differ in a secret part. */
  readonly from: unknown;
  readonly to: unknown;
}

/** Between two specs of one instance, masked. */
export interface Difference {
  readonly instance: string;
  readonly from: ProcessSpec;
  readonly to: ProcessSpec;
  readonly argv: ListChange;
  /** Names of variables. */
  readonly env: ListChange;
  /** All the rest. */
  readonly fields: readonly FieldChange[];
}

/** `added` follows from `argv`; the others are the same for one instance. */
const ELSEWHERE = new Set(['argv', 'env', 'added', 'name', 'instance', 'index']);

/** Both sealed with one salt. Null: they are the same. */
export function differenceOf(running: Sealed, wanted: Sealed): Difference | null {
  const { instance } = wanted.spec;
  const argv = listChange(tokensOf(running), tokensOf(wanted));
  const env = listChange(variablesOf(running), variablesOf(wanted));
  const [before, after] = [leavesOf(running), leavesOf(wanted)];
  const fields = [...new Set([...before.keys(), ...after.keys()])].flatMap((field): FieldChange[] => {
    const [from, to] = [before.get(field), after.get(field)];
    return keyOf(from) === keyOf(to) ? [] : [{ field, from: from?.value, to: to?.value }];
  });
  const found: Difference = { instance, from: running.spec, to: wanted.spec, argv, env, fields };
  return isNothing(found) ? null : found;
}

export const isNothing = ({ argv, env, fields }: Pick<Difference, 'argv' | 'env' | 'fields'>): boolean =>
  isEmpty(argv) && isEmpty(env) && fields.length === 0;

/** The parts of a spec that differ. */
export const partsOf = ({ argv, env, fields }: Difference): ReadonlySet<string> =>
  new Set([
    ...(isEmpty(argv) ? [] : ['argv']),
    ...(isEmpty(env) ? [] : ['env']),
    ...fields.map(({ field }) => topOf(field)),
  ]);

/** `recycle.maxTasks` is of `recycle`. */
export const topOf = (field: string): string => field.split('.')[0] ?? field;

export const isEmpty = ({ removed, added, changed }: ListChange): boolean =>
  removed.length + added.length + changed.length === 0;

/** Something to compare: as it is shown, and the digest of what is not. */
interface Leaf {
  readonly value: unknown;
  /** How it is shown without its neighbours. */
  readonly alone?: string;
  readonly digest: string;
}

const keyOf = (leaf: Leaf | undefined): string | undefined =>
  leaf === undefined ? undefined : `${JSON.stringify(leaf.value)} ${leaf.digest}`;

/** A token that is masked as a whole is told by the option before it. */
const tokensOf = ({ spec: { argv }, digests }: Sealed): Leaf[] =>
  argv.map((token, index) => ({
    value: token,
    ...(token === MASK ? { alone: `${argv[index - 1]} ${token}` } : {}),
    digest: digests[`argv.${index}`] ?? '',
  }));

/** By name; of the value the mask alone would say nothing. */
const variablesOf = ({ spec, digests }: Sealed): Leaf[] =>
  Object.entries(spec.env)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ value: name, digest: digests[`env.${name}`] ?? value }));

function listChange(before: readonly Leaf[], after: readonly Leaf[]): ListChange {
  const shown = (leaves: readonly Leaf[]): string[] => leaves.map(({ value }) => String(value));
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length + come.length === 0) {
    const moved = before.some((leaf, index) => keyOf(leaf) !== keyOf(after[index]));
    return moved
      ? { removed: shown(before), added: shown(after), changed: [] }
      : { removed: [], added: [], changed: [] };
  }
  const alone = (leaves: readonly Leaf[]): string[] => leaves.map((leaf) => leaf.alone ?? String(leaf.value));
  const [removed, added] = [alone(gone), alone(come)];
  return {
    removed: removed.filter((text) => !added.includes(text)),
    added: added.filter((text) => !removed.includes(text)),
    changed: removed.filter((text) => added.includes(text)),
  };
}

/** Those of `leaves` that `others` have not, each as often as it is missing. */
function without(leaves: readonly Leaf[], others: readonly Leaf[]): Leaf[] {
  const left = others.map(keyOf);
  return leaves.filter((leaf) => {
    const at = left.indexOf(keyOf(leaf));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

/** The values at the ends of a spec, by their paths. */
function leavesOf({ spec, digests }: Sealed): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const walk = (node: unknown, path: string): void => {
    if (typeof node === 'object' && node !== null && Object.keys(node).length > 0) {
      for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`);
    } else leaves.set(path, { value: node, digest: digests[path] ?? '' });
  };
  for (const [key, value] of Object.entries(spec)) if (!ELSEWHERE.has(key)) walk(value, key);
  return leaves;
}

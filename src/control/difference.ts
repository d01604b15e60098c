/** What would change if what runs became what the manifest says. Both sides are sealed with one salt. */
import { httpAddressText } from '../model/http-door.ts';
import { MASK } from '../model/mask.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import type { PlanAnswer } from './protocol.ts';
import { seal, sealedIn, type Sealed } from './seal.ts';

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

export interface Change {
  readonly instance: string;
  readonly from: ProcessSpec;
  readonly to: ProcessSpec;
  readonly argv: ListChange;
  /** Names of variables. */
  readonly env: ListChange;
  /** All the rest. */
  readonly fields: readonly FieldChange[];
}

export interface PlanDiff {
  readonly manifest: string;
  /** Masked, as all specs here. */
  readonly added: readonly ProcessSpec[];
  readonly removed: readonly ProcessSpec[];
  readonly changed: readonly Change[];
  /** Of the section SUPERVISOR. */
  readonly supervisor: readonly FieldChange[];
  /** Names of the manifest that no supervisor was asked to run: no difference. */
  readonly elsewhere: readonly string[];
}

export const isDifferent = ({ added, removed, changed, supervisor }: PlanDiff): boolean =>
  added.length + removed.length + changed.length + supervisor.length > 0;

/** Between what all supervisors of a manifest run and what it says by now, of `names` (empty: of all). */
export function planDiff(answers: readonly PlanAnswer[], plan: Plan, names: readonly string[]): PlanDiff {
  const meant = ({ name }: ProcessSpec): boolean => names.length === 0 || names.includes(name);
  const running = new Map(
    answers.flatMap((answer) =>
      sealedIn(answer).map((sealed): [string, { sealed: Sealed; salt: string }] => [
        sealed.spec.instance,
        { sealed, salt: answer.plan.salt },
      ]),
    ),
  );
  const runNames = new Set([...running.values()].map(({ sealed }) => sealed.spec.name));
  const anyAll = answers.some((answer) => answer.plan.all);
  const wanted = plan.processes.filter(meant);
  const missing = wanted.filter(({ instance }) => !running.has(instance));
  // More instances of what it runs are a supervisor's to start; a new name only where it was to run all.
  const added = missing.filter(({ name }) => anyAll || runNames.has(name));
  const known = new Set(plan.processes.map(({ instance }) => instance));
  return {
    manifest: plan.manifest,
    added: added.map((spec) => seal(spec, '').spec),
    removed: [...running.values()]
      .map(({ sealed }) => sealed.spec)
      .filter((spec) => meant(spec) && !known.has(spec.instance)),
    changed: wanted.flatMap((spec) => {
      const there = running.get(spec.instance);
      return there === undefined ? [] : (changeOf(there.sealed, seal(spec, there.salt)) ?? []);
    }),
    supervisor: names.length === 0 ? sectionChanges(answers, plan) : [],
    elsewhere: [...new Set(missing.filter((spec) => !added.includes(spec)).map(({ name }) => name))],
  };
}

function sectionChanges(answers: readonly PlanAnswer[], plan: Plan): FieldChange[] {
  const wanted = sectionOf(plan);
  return Object.entries(wanted).flatMap(([field, to]) => {
    const running = answers.map((answer) => sectionOf(answer.plan)[field]);
    const other = running.find((from) => JSON.stringify(from) !== JSON.stringify(to));
    return other === undefined ? [] : [{ field, from: other, to }];
  });
}

/** By the keys of the manifest. */
function sectionOf({
  onFatal,
  startRate,
  http,
}: PlanAnswer['plan'] | Plan): Readonly<Record<string, unknown>> {
  return {
    'on-fatal': onFatal,
    'start-rate': startRate,
    http: http === null ? null : httpAddressText(http),
    'http-token-file': http?.tokenFile ?? null,
    'http-hosts': http === null || http.hosts.length === 0 ? null : http.hosts,
  };
}

/** `added` follows from `argv`; the others are the same for one instance. */
const ELSEWHERE = new Set(['argv', 'env', 'added', 'name', 'instance', 'index']);

/** Null: nothing would change. */
function changeOf(running: Sealed, wanted: Sealed): Change | null {
  const { instance } = wanted.spec;
  const argv = listChange(tokensOf(running), tokensOf(wanted));
  const env = listChange(variablesOf(running), variablesOf(wanted));
  const [before, after] = [leavesOf(running), leavesOf(wanted)];
  const fields = [...new Set([...before.keys(), ...after.keys()])].flatMap((field): FieldChange[] => {
    const [from, to] = [before.get(field), after.get(field)];
    // Named outright, a process was started although the manifest says AUTOSTART: false.
    if (keyOf(from) === keyOf(to) || (field === 'autostart' && to?.value === false)) return [];
    return [{ field, from: from?.value, to: to?.value }];
  });
  const same = [argv, env].every((list) => isEmpty(list)) && fields.length === 0;
  return same ? null : { instance, from: running.spec, to: wanted.spec, argv, env, fields };
}

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
  Object.entries(spec.env).map(([name, value]) => ({ value: name, digest: digests[`env.${name}`] ?? value }));

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

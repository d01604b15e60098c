/** What would change if what runs became what the manifest says. Both sides are sealed with one salt. */
import { httpAddressText } from '../model/http-door.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import type { PlanAnswer } from './protocol.ts';
import { differenceOf, isNothing, type Difference, type FieldChange } from '../supervisor/difference.ts';
import { seal, type Sealed } from '../supervisor/seal.ts';
import { sealedIn } from './seal.ts';

export interface PlanDiff {
  readonly manifest: string;
  /** Masked, as all specs here. */
  readonly added: readonly ProcessSpec[];
  readonly removed: readonly ProcessSpec[];
  readonly changed: readonly Difference[];
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
      return there === undefined ? [] : startedAnyway(differenceOf(there.sealed, seal(spec, there.salt)));
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

/** Named outright, a process was started although the manifest says AUTOSTART: false. */
function startedAnyway(found: Difference | null): Difference[] {
  if (found === null) return [];
  const fields = found.fields.filter(({ field, to }) => field !== 'autostart' || to !== false);
  const left = { ...found, fields };
  return isNothing(left) ? [] : [left];
}

import { findSupervisors } from '../control/client.ts';
import { sourceId } from '../manifest/source.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { isMeant, isPattern, matches } from '../model/patterns.ts';
import { nearest } from '../model/units.ts';
import { sourceOf } from './source.ts';
import type { Flags } from './verb.ts';

export type Found = Extract<Awaited<ReturnType<typeof findSupervisors>>, { ok: true }>['value'];

/** The running supervisors of the manifest that the flags name; a failure where there is none, or not all `names`. */
export async function findRunning(flags: Flags, names: readonly string[]): Promise<Result<Found>> {
  const source = sourceOf(flags);
  if (!source.ok) return source;
  const manifest = sourceId(source.value, process.cwd());
  const found = await findSupervisors(manifest);
  if (!found.ok) return found;
  if (found.value.length === 0) {
    return { ok: false, error: failure('supervisor-missing', { manifest }) };
  }
  const rows = found.value.flatMap(({ status }) => status.processes);
  const known = [...new Set(rows.map((row) => row.name))];
  const spelled = new Set([...known, ...rows.map((row) => row.instance)]);
  const unknown = names.find((name) => !matchesAny(meaningOf(name, spelled), spelled));
  if (unknown !== undefined) {
    const facts = { name: unknown, near: nearest(unknown, spelled), names: known };
    return { ok: false, error: failure('process-not-running-here', facts) };
  }
  return found;
}

/** What to say of the first of `names` that is none of `spelled`; null where each is one. `known`: to choose from. */
export function unknownOf(
  names: readonly string[],
  known: readonly string[],
  spelled: readonly string[] = known,
): Failure | null {
  const name = names.find((one) => !spelled.includes(one));
  return name === undefined
    ? null
    : failure('process-unknown', { name, near: nearest(name, spelled), names: known });
}

const matchesAny = (name: string, spelled: ReadonlySet<string>): boolean =>
  isPattern(name) ? [...spelled].some((one) => matches(name, one)) : spelled.has(name);

/** `all` stands for every name, as for supervisorctl, where no process is called so. */
export const isAll = (name: string, known: Iterable<string>): boolean =>
  name === 'all' && ![...known].includes('all');

const meaningOf = (name: string, known: Iterable<string>): string => (isAll(name, known) ? '*' : name);

/** Every instance that one of `names` means: its own name, that of its process, or a pattern of either; null: all. */
export function instancesOf(
  rows: readonly { readonly name: string; readonly instance: string }[],
  names: readonly string[] | null,
): string[] {
  const spelled = rows.flatMap((row) => [row.name, row.instance]);
  const meant = names?.map((name) => meaningOf(name, spelled)) ?? null;
  return rows.filter((row) => isMeant(row, meant)).map(({ instance }) => instance);
}

import { findSupervisors } from '../control/client.ts';
import { sourceId } from '../manifest/source.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
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
  const unknown = names.find((name) => !matchesAny(name, spelled));
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

const isPattern = (name: string): boolean => /[*?]/.test(name);

/** `work*` stands for any text, `worker.?` for any one character. */
const patternOf = (name: string): RegExp =>
  new RegExp(
    `^${name
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

function matchesAny(name: string, spelled: ReadonlySet<string>): boolean {
  if (!isPattern(name)) return spelled.has(name);
  const pattern = patternOf(name);
  return [...spelled].some((one) => pattern.test(one));
}

/** Every instance that one of `names` means: its own name, that of its process, or a pattern of either; null: all. */
export function instancesOf(
  rows: readonly { readonly name: string; readonly instance: string }[],
  names: readonly string[] | null,
): string[] {
  const patterns = names?.map((name) => (isPattern(name) ? patternOf(name) : name)) ?? null;
  const means = (pattern: RegExp | string, text: string): boolean =>
    typeof pattern === 'string' ? pattern === text : pattern.test(text);
  return rows
    .filter(
      ({ name, instance }) =>
        patterns === null || patterns.some((one) => means(one, name) || means(one, instance)),
    )
    .map(({ instance }) => instance);
}

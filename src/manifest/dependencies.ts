/** Rules of DEPENDS_ON: everything named is there, nothing waits for itself, and what must complete can. */
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { nearest } from '../model/units.ts';
import type { Document, Path } from './document.ts';

/** `names` are those of the manifest, of entries with mistakes too. */
export function dependencyRules(
  doc: Document,
  processes: readonly ProcessSpec[],
  names: readonly string[],
): Failure[] {
  const specs = processes.filter(({ index }) => index === 1);
  const found = specs.flatMap((spec) =>
    spec.dependsOn.flatMap(({ name, needs }, position): Failure[] => {
      const place = placeOf(doc, spec.name, name, position);
      if (!names.includes(name)) {
        const facts = { owner: spec.name, name, near: nearest(name, names), names };
        return [failure('dependency-unknown', facts, { place })];
      }
      const target = specs.find((one) => one.name === name);
      const endless = needs === 'completed' && target?.restart.policy === 'always';
      return endless ? [failure('dependency-endless', { owner: spec.name, name }, { place })] : [];
    }),
  );
  return [...found, ...cycles(doc, specs)];
}

/** The place of one name in either form of DEPENDS_ON. */
function placeOf(
  doc: Document,
  owner: string,
  name: string,
  position: number,
): NonNullable<Failure['place']> {
  const base: Path = ['PRODUCTION_PROCESSES', owner, 'DEPENDS_ON'];
  const written = base.reduce<unknown>(
    (node, step) => (node as Record<string, unknown> | null)?.[step],
    doc.value,
  );
  return Array.isArray(written) ? doc.place([...base, position], 'value') : doc.place([...base, name], 'key');
}

/** Each circle once, told at the entry of it that stands first. */
function cycles(doc: Document, specs: readonly ProcessSpec[]): Failure[] {
  const found: Failure[] = [];
  const done = new Set<string>();
  const walk = (name: string, way: readonly string[]): void => {
    const start = way.indexOf(name);
    if (start !== -1) {
      const circle = way.slice(start);
      const place = doc.place(['PRODUCTION_PROCESSES', circle[0] ?? name, 'DEPENDS_ON'], 'key');
      found.push(failure('dependency-cycle', { names: [...circle, name] }, { place }));
      return;
    }
    if (done.has(name)) return;
    for (const next of specs.find((one) => one.name === name)?.dependsOn ?? [])
      walk(next.name, [...way, name]);
    done.add(name);
  };
  for (const { name } of specs) walk(name, []);
  return found;
}

/** Rules across the entries of a manifest. */
import { sameApp } from '../backends/celery.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { AvailableMemory } from '../os/available-memory.ts';
import { addressRules } from './addresses.ts';
import { claimRules } from './claims.ts';
import type { CompiledInstance } from './compile.ts';
import { dependencyRules } from './dependencies.ts';
import type { Document } from './document.ts';
import { memoryRule } from './memory.ts';
import { stopRule } from './stop-time.ts';

/** `names` are those of the manifest, of entries with mistakes too. */
export function acrossRules(
  doc: Document,
  compiled: readonly CompiledInstance[],
  names: readonly string[],
): Failure[] {
  const specs = compiled.map(({ spec }) => spec);
  return [
    ...beatRules(doc, specs),
    ...claimRules(doc, compiled),
    ...addressRules(doc, compiled),
    ...dependencyRules(doc, specs, names),
  ];
}

/** What all entries come to together, where each is as it is meant; `machine` is asked only where it matters. */
export const sumRules = (
  doc: Document,
  specs: readonly ProcessSpec[],
  machine: () => AvailableMemory | null,
): Failure[] => [...stopRule(doc, specs), ...memoryRule(doc, specs, machine)];

/** Two beats on one application would wait for each other for ever: the second never starts. */
function beatRules(doc: Document, processes: readonly ProcessSpec[]): Failure[] {
  const beats = processes.filter(
    ({ singleton, backend, index }) =>
      index === 1 && (singleton?.kind === 'application' || backend === 'CeleryBeat'),
  );
  return beats.flatMap((spec, position) => {
    const key = lockOf(spec);
    const earlier = beats.slice(0, position).find((other) => lockOf(other) === key);
    if (earlier === undefined) return [];
    const app = spec.singleton?.kind === 'application' ? spec.singleton.app : (spec.singleton?.name ?? '');
    const place = doc.place(['PRODUCTION_PROCESSES', spec.name], 'key');
    return [failure('beat-twice', { names: [earlier.name, spec.name], app }, { place })];
  });
}

/** How the application is asked for says nothing: one application may be written in several ways. */
const lockOf = ({ singleton }: ProcessSpec): string =>
  singleton?.kind === 'application' ? `application ${sameApp(singleton.app)}` : JSON.stringify(singleton);

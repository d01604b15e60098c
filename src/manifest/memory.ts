/** What the entries may grow to, against what there is. */
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { AvailableMemory } from '../os/available-memory.ts';
import type { Document } from './document.ts';

/** Told at the first RECYCLE with a limit. */
export function memoryRule(
  doc: Document,
  specs: readonly ProcessSpec[],
  machine: () => AvailableMemory | null,
): Failure[] {
  const limited = specs.filter((spec) => limitOf(spec) !== null);
  const [first] = limited;
  if (first === undefined) return [];
  const has = machine();
  // While an instance is replaced by one that runs beside it, there is one more.
  const beside = limited.filter(({ index, overlap }) => index === 1 && overlap !== null);
  const bytes = [...limited, ...beside].reduce((sum, spec) => sum + (limitOf(spec) ?? 0), 0);
  if (has === null || bytes <= has.bytes) return [];
  const names = [...new Set(limited.map(({ name }) => name))];
  const facts = { bytes, has: has.bytes, of: has.of, names, successors: beside.map(({ name }) => name) };
  const place = doc.place(['PRODUCTION_PROCESSES', first.name, 'RECYCLE'], 'key');
  return [failure('memory-exceeded', facts, { place })];
}

/** Of one instance with all that it starts; null: none. Bytes. */
const limitOf = ({ recycle }: ProcessSpec): number | null =>
  recycle?.maxMemory ?? recycle?.maxMemoryHard ?? null;

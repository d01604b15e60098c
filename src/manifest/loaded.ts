/** What a manifest comes to. */
import type { Entry } from '../backends/backend.ts';
import type { Registry } from '../backends/registry.ts';
import { isInText, type Failure, type Place, type TextPlace } from '../model/failure.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import type { Document } from './document.ts';

/** By name: so many instances, whatever INSTANCES says. */
export type Scales = ReadonlyMap<string, number>;

export interface Loaded {
  /** Null where there are errors. */
  readonly plan: Plan | null;
  /** Errors and warnings, in the order of the text. */
  readonly findings: readonly Failure[];
  /** What is left to check before the plan is used. */
  readonly schedules: readonly Schedule[];
  /** Set where the manifest brings backends along that are not loaded yet: before that nothing can be told of it. */
  readonly pending?: Pending;
  /** What the plan was made of, for those who ask more than a plan tells. */
  readonly origin?: Origin;
  /** Of settings: the files of the project that they were read from. */
  readonly read?: readonly string[];
}

export interface Pending {
  readonly files: readonly BackendFile[];
  resume(custom: Custom): Loaded;
}

/** A file of SUPERVISOR.backends. */
export interface BackendFile {
  readonly path: string;
  readonly place: Place;
}

/** What those files came to. */
export interface Custom {
  readonly registry: Registry;
  readonly findings: readonly Failure[];
}

export interface Origin {
  readonly doc: Document;
  readonly instances: readonly Made[];
}

/** A process, and the entry that it was made of. */
export interface Made {
  readonly spec: ProcessSpec;
  readonly entry: Entry;
}

export interface Schedule {
  readonly pattern: string;
  /** What to say where it is none. */
  readonly wrong: Failure;
}

/** In the order of the text; of several files, one after the other. */
export function byPlace(a: Failure, b: Failure): number {
  const [one, other] = [placeOf(a), placeOf(b)];
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}

const NOWHERE = { file: '', line: 0, column: 0 };

const placeOf = ({ place }: Failure): Pick<TextPlace, 'file' | 'line' | 'column'> =>
  isInText(place) ? place : NOWHERE;

/** Apart from the rest, and by a function that is handed in: its library is loaded only for manifests with a schedule. */
export function checkSchedules(loaded: Loaded, isPattern: (text: string) => boolean): Loaded {
  const wrong = loaded.schedules.filter(({ pattern }) => !isPattern(pattern)).map((one) => one.wrong);
  const findings = [...loaded.findings, ...wrong].toSorted(byPlace);
  return { ...loaded, plan: wrong.length === 0 ? loaded.plan : null, findings, schedules: [] };
}

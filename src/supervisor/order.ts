/** Who waits for whom: at the start for what it depends on, at the stop for those that depend on it. Pure. */
import type { Hindrance, Needs } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { Machine, State } from './state.ts';

/** An instance, as far as the order goes. */
export interface Member {
  readonly spec: Pick<ProcessSpec, 'name' | 'instance' | 'dependsOn'>;
  machine(): Machine;
}

/** The first instance that `spec` still has to wait for; one that is not among `all` is not waited for. */
export function dependencyOf(spec: Member['spec'], all: readonly Member[]): Hindrance | null {
  for (const { name, needs } of spec.dependsOn) {
    const late = all.find((one) => one.spec.name === name && !meets(one.machine(), needs));
    if (late === undefined) continue;
    const { instance } = late.spec;
    return { kind: 'dependency', instance, needs, state: late.machine().state.id };
  }
  return null;
}

function meets({ state }: Machine, needs: Needs): boolean {
  const completed = state.id === 'EXITED' && state.exit.code === 0;
  switch (needs) {
    case 'completed':
      return completed;
    case 'ready':
      return state.id === 'RUNNING' || completed;
    case 'started':
      return state.id === 'RUNNING' || completed || (state.id === 'STARTING' && state.pid !== null);
    default:
      return needs satisfies never;
  }
}

/** Those that others depend on first; else as they stand. */
export function inOrder<T extends Member>(all: readonly T[]): readonly T[] {
  const placed = new Set<string>();
  const ordered: T[] = [];
  for (let rest = all; rest.length > 0;) {
    const names = new Set(rest.map(({ spec }) => spec.name));
    const next = rest.filter(({ spec }) =>
      spec.dependsOn.every(({ name }) => placed.has(name) || !names.has(name)),
    );
    // A circle cannot come from a manifest that was checked; it must not be a loop without an end here.
    if (next.length === 0) return [...ordered, ...rest];
    ordered.push(...next);
    for (const { spec } of next) placed.add(spec.name);
    rest = rest.filter((one) => !next.includes(one));
  }
  return ordered;
}

/** It ends here, unless it is ordered to start. */
export const isOver = (state: State): boolean =>
  state.id === 'STOPPED' || state.id === 'EXITED' || state.id === 'FATAL';

/** Nobody who depends on it still runs. */
export const maySleep = (member: Member, all: readonly Member[]): boolean =>
  all.every(
    (other) =>
      isOver(other.machine().state) || !other.spec.dependsOn.some(({ name }) => name === member.spec.name),
  );

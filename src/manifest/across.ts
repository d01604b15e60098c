/** Rules across the entries of a manifest. */
import type { Claim } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { CompiledInstance } from './compile.ts';
import type { Document } from './document.ts';

/** Two beats on one application would wait for each other for ever: the second never starts. */
export function beatRules(doc: Document, processes: readonly ProcessSpec[]): Failure[] {
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

const lockOf = ({ singleton }: ProcessSpec): string => JSON.stringify(singleton);

const KINDS: Readonly<Record<Claim['kind'], { readonly said: string; readonly below: 'ARGS' | 'LOG' }>> = {
  node: { said: 'node name', below: 'ARGS' },
  worker: { said: 'worker id', below: 'ARGS' },
  statedb: { said: 'statedb', below: 'ARGS' },
  schedule: { said: 'schedule', below: 'ARGS' },
  pidfile: { said: 'pidfile', below: 'ARGS' },
  log: { said: 'log file', below: 'LOG' },
};

/** No path that is relative to the folder. */
const ANYWHERE: readonly Claim['kind'][] = ['node', 'worker', 'log'];

/** What two instances claim, told once an entry, at the later one. */
export function claimRules(doc: Document, instances: readonly CompiledInstance[]): Failure[] {
  const owners = new Map<string, ProcessSpec>();
  const told = new Set<string>();
  const found: Failure[] = [];
  for (const { spec, claims } of instances) {
    for (const claim of claims) {
      const key = `${claim.kind} ${ANYWHERE.includes(claim.kind) ? '' : spec.cwd} ${claim.value}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, spec);
      else if (!told.has(`${spec.name} ${claim.kind}`)) {
        told.add(`${spec.name} ${claim.kind}`);
        found.push(claimedTwice(doc, owner, spec, claim));
      }
    }
  }
  return found;
}

function claimedTwice(doc: Document, owner: ProcessSpec, spec: ProcessSpec, claim: Claim): Failure {
  const { said, below } = KINDS[claim.kind];
  const place = doc.place(['PRODUCTION_PROCESSES', spec.name, below, claim.option], 'key');
  const facts = {
    option: claim.option,
    kind: said,
    value: claim.value,
    instances: [owner.instance, spec.instance],
  };
  return failure('claimed-twice', facts, { place });
}

/** What two processes of a manifest must not both have: a name, or a file that they write. */
import type { NamedClaim } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { CompiledInstance } from './compile.ts';
import type { Document } from './document.ts';

const KINDS: Readonly<Record<NamedClaim['kind'], { readonly said: string; readonly below: 'ARGS' | 'LOG' }>> =
  {
    node: { said: 'node name', below: 'ARGS' },
    worker: { said: 'worker id', below: 'ARGS' },
    statedb: { said: 'statedb', below: 'ARGS' },
    schedule: { said: 'schedule', below: 'ARGS' },
    pidfile: { said: 'pidfile', below: 'ARGS' },
    log: { said: 'log file', below: 'LOG' },
  };

/** No path that is relative to the folder. */
const ANYWHERE: readonly NamedClaim['kind'][] = ['node', 'worker', 'log'];

/** What two instances claim, told once an entry, at the later one. */
export function claimRules(doc: Document, instances: readonly CompiledInstance[]): Failure[] {
  const owners = new Map<string, ProcessSpec>();
  const told = new Set<string>();
  const found: Failure[] = [];
  for (const { spec, claims } of instances) {
    for (const claim of claims) {
      if (claim.kind === 'listen') continue;
      const same = claim.same ?? claim.value;
      const key = `${claim.kind} ${ANYWHERE.includes(claim.kind) ? '' : spec.cwd} ${same}`;
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

function claimedTwice(doc: Document, owner: ProcessSpec, spec: ProcessSpec, claim: NamedClaim): Failure {
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

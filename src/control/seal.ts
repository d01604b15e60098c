/** The specs that a supervisor has sent, sealed. */
import type { ProcessSpec } from '../model/spec.ts';
import type { Sealed } from '../supervisor/seal.ts';
import type { PlanAnswer } from './protocol.ts';

/** Those of a supervisor of this protocol, which has made them from specs. */
export const sealedIn = ({ plan }: PlanAnswer): readonly Sealed[] =>
  plan.processes as unknown as readonly Sealed[];

export const specsIn = (answer: PlanAnswer): readonly ProcessSpec[] =>
  sealedIn(answer).map(({ spec }) => spec);

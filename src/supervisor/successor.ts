/** What a successor is, and when it is fit to take over. Pure. */
import type { ProcessSpec } from '../model/spec.ts';
import type { Vitals } from '../model/vitals.ts';
import { failure } from '../model/failure.ts';
import type { BackoffCause, FatalCause, State } from './state.ts';

/** Why a successor did not get to take over. */
export type Unfit = BackoffCause | FatalCause;

/** How long a successor that is ready may take to prove that it works. Milliseconds. */
export const PROOF_MS = 30_000;

/** The spec of the `generation`th run that stands beside another; the first is as the manifest says. */
export function successorSpec(spec: ProcessSpec, generation: number): ProcessSpec {
  const { overlap, argv } = spec;
  if (generation === 1 || overlap === null || overlap === 'alike') return spec;
  const token = argv[overlap.token] ?? '';
  const named = `${token.slice(0, overlap.at)}.g${generation}${token.slice(overlap.at)}`;
  return { ...spec, argv: argv.with(overlap.token, named) as [string, ...string[]] };
}

/**
 * Whether one that has been ready for `readyMs` works, as its own reports tell. Its broker may be what keeps the proof
 * back, so after half a minute it is enough that it reports.
 */
export function proofOf(
  { linkLiveness }: Pick<ProcessSpec, 'linkLiveness'>,
  vitals: Vitals | null,
  readyMs: number,
): 'proven' | 'open' | Unfit {
  const late = readyMs >= PROOF_MS;
  if (vitals === null) {
    if (linkLiveness === null) return 'proven';
    return late ? { kind: 'failure', failure: failure('successor-silent', { ms: PROOF_MS }) } : 'open';
  }
  // One that is full from its first moment on sends no canary; what it has received is proof enough.
  const answered =
    vitals.kind === 'beat' || vitals.canaries === null || vitals.canaries > 0 || vitals.counts.received > 0;
  return answered || late ? 'proven' : 'open';
}

/** Why one in this state will not take over; null while it may. */
export function unfitness(state: State): Unfit | null {
  switch (state.id) {
    case 'BACKOFF':
      // One that waits for its turn has not failed.
      return state.cause.kind === 'failure' && state.cause.failure.code === 'start-rate' ? null : state.cause;
    case 'FATAL':
      return state.cause;
    case 'EXITED':
      return { kind: 'crash', exit: state.exit };
    case 'STOPPING':
      // Once its exit is known; the first crash of one that had been ready never gets to BACKOFF.
      if (state.phase.kind !== 'sweeping') return null;
      if (state.next.kind === 'leave') return { kind: 'crash', exit: state.next.exit };
      return state.next.kind === 'backoff' || state.next.kind === 'give-up' ? state.next.cause : null;
    default:
      return null;
  }
}

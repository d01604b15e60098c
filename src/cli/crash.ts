import { failure, FailureError } from '../model/failure.ts';
import { sourceStack } from '../render/stack.ts';
import { complain, fail } from './output.ts';

/** What nobody caught: a known failure in its words, a bug with its stack. Gives the exit code. */
export function reportCrash(error: unknown): number {
  if (error instanceof FailureError) return fail(error.failure);
  complain(sourceStack(error));
  return fail(failure('internal', { detail: error instanceof Error ? error.message : String(error) }));
}

import type { Failure } from '../model/failure.ts';
import { diagnosticText } from '../render/diagnostics.ts';
import { exitCodeOf, renderFailure } from '../render/failures.ts';
import { newPaint, wantsColour } from '../render/paint.ts';

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const complain = (text: string): void => void process.stderr.write(`${text}\n`);

export const errorPaint = () => newPaint(wantsColour(process.stderr.isTTY, process.env));
export const outputPaint = () => newPaint(wantsColour(process.stdout.isTTY, process.env));

/** Says what went wrong, with its place where it has one; gives the exit code. */
export function fail(failure: Failure): number {
  complain(failure.place === undefined ? renderFailure(failure) : diagnosticText(failure, errorPaint()));
  return exitCodeOf(failure);
}
